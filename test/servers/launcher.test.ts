import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeLauncher } from '../../scripts/test-servers/launcher.mjs';
import { retried } from '../../scripts/test-servers/run.mjs';
import { describeWith } from '../support/servers/binaries.ts';
import { run } from '../support/servers/promtool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-launcher-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Says what a binary is started with. */
const binary = `#!/bin/sh
echo "LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
echo "TERMINFO_DIRS=$TERMINFO_DIRS"
echo "FONTCONFIG_FILE=$FONTCONFIG_FILE"
echo "$#: $2"
`;
const trees: [name: string, files: string[], said: string[]][] = [
  ['nothing but the binary', [], ['', '', '']],
  [
    'libraries, each of their folders once',
    ['lib/x86_64-linux-gnu/libz.so.1', 'usr/lib/x86_64-linux-gnu/libq.so', 'usr/lib/x86_64-linux-gnu/libr.so.2.1'],
    ['T/lib/x86_64-linux-gnu:T/usr/lib/x86_64-linux-gnu', '', ''],
  ],
  [
    'libraries in folders of their own',
    ['usr/lib/aarch64-linux-gnu/sound/libs-16.so'],
    ['T/usr/lib/aarch64-linux-gnu/sound', '', ''],
  ],
  ['libraries of a program', ['usr/lib/demo/libdemo.so'], ['', '', '']],
  ['what is not a library', ['usr/lib/x86_64-linux-gnu/module.so', 'usr/lib/x86_64-linux-gnu/libz.a'], ['', '', '']],
  ['terminals', ['lib/terminfo/x/xterm'], ['', 'T/lib/terminfo', '']],
  ['fonts', ['usr/share/fonts/demo.ttf'], ['', '', 'T/fonts.conf']],
];
test.each(trees)('a launcher of a tree that was moved, with %s', (_name, files, [libraries, terminals, fonts]) => {
  const made = join(folder, 'made');
  for (const file of [...files, 'usr/bin/demo']) {
    mkdirSync(dirname(join(made, file)), { recursive: true });
    writeFileSync(join(made, file), binary, { mode: 0o755 });
  }
  writeLauncher(made, 'usr/bin/demo');
  const tree = join(folder, "moved, with an ' and a space");
  renameSync(made, tree);
  const said = execFileSync(join(tree, 'demo'), ['a', 'b c'], { encoding: 'utf8', env: {} });
  const expected = `LD_LIBRARY_PATH=${libraries}\nTERMINFO_DIRS=${terminals}\nFONTCONFIG_FILE=${fonts}\n2: b c\n`;
  expect(said.replaceAll(tree, 'T')).toBe(expected);
});

test('no launcher without the binary', () => {
  expect(() => writeLauncher(folder, 'usr/bin/demo')).toThrow('has no demo');
});

const tries: [name: string, failures: number, patience: number, calls: number, ended: string][] = [
  ['what works', 0, 1000, 1, 'worked'],
  ['what is refused once', 1, 1000, 2, 'worked'],
  ['what is refused twice', 2, 1000, 3, 'worked'],
  ['what is always refused', 9, 1000, 3, 'refused'],
  ['what is refused after a long time', 1, -1, 1, 'refused'],
];
test.each(tries)('retried: %s', async (_name, failures, patience, expected, ended) => {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= failures) throw new Error('refused');
    return 'worked';
  };
  expect(await retried(work, patience, 0).catch((error: Error) => error.message)).toBe(ended);
  expect(calls).toBe(expected);
});

describeWith(['chromium', 'tmux'], 'programs with their libraries', (paths) => {
  test.each([
    ['chromium', '--version', /^(Chromium|Google Chrome) \d+\./],
    ['tmux', '-V', /^tmux \d/],
  ] as const)('%s runs', async (name, ask, version) => {
    expect(await run(paths[name], [ask])).toMatchObject({ code: 0, stdout: expect.stringMatching(version) });
  });
});
