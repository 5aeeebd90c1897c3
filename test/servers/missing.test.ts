import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const suite = 'grpc-vitals top in a terminal';
const needs = `${suite} needs tmux: run \`node scripts/test-servers.mjs\``;
const missing: [name: string, CI: string, status: number, says: string][] = [
  ['fails with CI=true', 'true', 1, `Error: ${needs}`],
  ['is skipped with a warning elsewhere', '', 0, `SKIPPED: ${needs}`],
];
test.each(missing)(
  'a suite whose program is missing %s',
  (_name, CI, status, says) => {
    const cache = mkdtempSync(join(tmpdir(), 'grpc-vitals-servers-'));
    const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/cli/top.test.ts', '-t', suite, '--reporter=default'];
    const env = { ...process.env, CI, XDG_CACHE_HOME: cache, NO_COLOR: '1' };
    const result = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 60_000 });
    rmSync(cache, { recursive: true });
    expect(result.stdout + result.stderr).toContain(says);
    expect(result.status).toBe(status);
  },
  60_000,
);
