import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { filesOfPage } from './page.ts';

/** In the package's folder, where its own name can be imported. */
const folder = mkdtempSync(join('test', 'testing-page-'));
afterAll(() => rmSync(folder, { recursive: true }));
const configuration = { 'vitest/vitest.config.js': 'export default {};' }; // not this project's
for (const [path, code] of Object.entries({ ...filesOfPage(), ...configuration })) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
}

const {
  NODE_OPTIONS: _options,
  VITEST: _vitest,
  NODE_ENV: _mode,
  NODE_TEST_CONTEXT: _context,
  ...environment
} = process.env;
const run = (program: string, args: readonly string[]) =>
  promisify(execFile)(program, args, {
    env: { ...environment, NO_COLOR: '1' },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });

const runners: [name: string, program: string, args: string[], passed: RegExp][] = [
  ['node:test', process.execPath, ['--test', join(folder, 'node/shop.test.js')], /pass 1\b/],
  ['Vitest', 'node_modules/.bin/vitest', ['run', '--root', join(folder, 'vitest')], /1 passed/],
];

test.each(runners)(
  'the example of the page passes with %s',
  { timeout: 150_000 },
  async (_name, program, args, passed) => {
    const { stdout } = await run(program, args);
    expect(stdout).toMatch(passed);
  },
);

test('an example that expects something else fails', { timeout: 150_000 }, async () => {
  const wrong = join(folder, 'wrong');
  cpSync(join(folder, 'node'), wrong, { recursive: true });
  const file = join(wrong, 'shop.test.js');
  writeFileSync(file, filesOfPage()['node/shop.test.js']!.replace('by: 1', 'by: 2'));
  const failed = run(process.execPath, ['--test', file]);
  await expect(failed).rejects.toMatchObject({ stdout: expect.stringContaining('changed by 1') as unknown });
});
