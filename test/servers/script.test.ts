import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { addToManifest, digestOf, serversFolder } from '../../scripts/test-servers/manifest.mjs';
import { rows } from '../../scripts/test-servers/table.mjs';

/** A PATH without apt-get: whatever the script finds missing, it cannot get. */
const scripts: [name: string, fallback: boolean | undefined, env: object, code: number, output: RegExp][] = [
  ['is silent when all is there', false, { CI: 'true' }, 0, /^$/],
  [
    'says that a version is another',
    true,
    { CI: 'true' },
    0,
    /OF ANOTHER VERSION\n {2}prometheus: wanted 2\.x, using 9\.9/,
  ],
  ['says what is skipped', undefined, { CI: '' }, 0, /MISSING\n {2}prometheus: SKIPPING suites.*With CI=true/s],
  ['fails with CI=true', undefined, { CI: 'true' }, 1, /MISSING\n {2}prometheus: needed by suites.*is a failure/s],
];
test.each(scripts)('scripts/test-servers.mjs %s', async (_name, fallback, env, code, output) => {
  const cache = mkdtempSync(join(tmpdir(), 'grpc-vitals-servers-'));
  if (fallback !== undefined) {
    const folder = serversFolder({ XDG_CACHE_HOME: cache });
    const path = `server-${digestOf('test/oracle/main.go')}`; // the one source that a server is built of
    const entry = { path, version: '9.9.9', suite: 'sid', package: 'demo', fallback };
    addToManifest(folder, Object.fromEntries(rows.map(({ name }) => [name, entry])));
    writeFileSync(join(folder, path), '', { mode: 0o755 });
  }
  const script = fileURLToPath(new URL('../../scripts/test-servers.mjs', import.meta.url));
  const result = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [script], { env: { ...env, XDG_CACHE_HOME: cache, PATH: cache } }, (error, out, err) => {
      resolve({ code: error?.code ?? 0, output: out + err });
    });
  });
  rmSync(cache, { recursive: true });
  expect(result).toEqual({ code, output: expect.stringMatching(output) });
});
