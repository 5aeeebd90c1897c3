import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the contracts of calls hold on the newest grpc-js', { timeout: 1_800_000 }, () => {
  const { VITEST: _vitest, ...env } = process.env; // it runs a vitest of its own
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/canary.mjs'], { env, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/^grpc-js \d+\.\d+\.\d+/m);
});
