import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';

/**
 * Runs the contracts of calls on the newest grpc-js that the registry has, in place of the one that is installed.
 *
 * `npm run canary -- 1.15.0-beta.1` takes another version or tag. Run it on a schedule: a private member of grpc-js that is
 * renamed shows here before a user meets it.
 */
const [wanted = 'latest', ...filters] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-canary-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `@grpc/grpc-js@${wanted}`], {
  stdio: 'inherit',
  timeout: 120_000,
});
const newest = join(folder, 'node_modules/@grpc/grpc-js');
const versionOf = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).version;
console.log(`grpc-js ${versionOf(newest)}; installed here is ${versionOf('node_modules/@grpc/grpc-js')}`);

const contracts = ['test/endings', 'test/client-endings', 'test/grpc-js'];
await startVitest(
  'test',
  filters.length > 0 ? filters : contracts,
  { watch: false },
  {
    resolve: { alias: [{ find: /^@grpc\/grpc-js$/, replacement: newest }] },
  },
);
