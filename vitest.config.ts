import { configDefaults, defineConfig } from 'vitest/config';

/** The tests of `npm test`: everything that guards each commit. CONTRIBUTING.md describes the three tiers. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.all.test.ts'],
    // Most suites wait for sockets and programs: one worker for each core, not one less.
    maxWorkers: '100%',
    testTimeout: 40_000,
    hookTimeout: 60_000,
    // One line per file; a test has a line of its own only where it fails or takes this many milliseconds.
    slowTestThreshold: 5000,
    expect: { poll: { timeout: 15_000 } },
    reporters: [
      ['default', { summary: false }],
      ['json', { outputFile: 'test-results.json' }],
    ],
    provide: { hasServers: true },
  },
});
