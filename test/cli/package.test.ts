import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('installed from its tarball, the package has a command that runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-package-'));
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    // It has no dependency: nothing is fetched.
    const options = ['--offline', '--no-audit', '--no-fund', '--prefix', folder];
    await run('npm', ['install', ...options, join(folder, filename)], { cwd: folder });
    const command = join(folder, 'node_modules/.bin/grpc-vitals');
    expect((await run(command, ['--help'])).stdout).toContain('grpc-vitals check URL');
    await expect(run(command, ['check'])).rejects.toMatchObject({ code: 2 });
    const main = await readFile(join(folder, 'node_modules/grpc-vitals/dist/cli.cjs'), 'utf8');
    expect(main).toMatch(/^#!\/usr\/bin\/env node\n/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.skipIf(process.platform === 'win32')('built in a clone, the command can be run, each time anew', async () => {
  const { mode } = await stat(new URL('../../dist/cli.cjs', import.meta.url));
  expect(mode & 0o111).toBe(0o111); // `npx` makes it so only the first time
});
