import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Most suites wait for sockets and programs: one worker for each core, not one less.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 5000 } },
    reporters: ['default', ['json', { outputFile: 'test-results.json' }]],
  },
});
