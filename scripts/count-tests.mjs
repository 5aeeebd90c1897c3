import { readFileSync } from 'node:fs';

/** Prints what vitest's JSON report counted as one plain line; fails where nothing was run. */
const [report = 'test-results.json'] = process.argv.slice(2);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
process.exitCode = numPassedTests === 0 || numFailedTests > 0 ? 1 : 0;
