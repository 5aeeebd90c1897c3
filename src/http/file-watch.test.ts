import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileWatch } from './file-watch.ts';

let folder: string;
let file: string;
let watch: FileWatch | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-watch-'));
  file = join(folder, 'file');
  writeFileSync(file, 'one');
});
afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true });
});

/** A watch that looks only when the test says so. */
function open(reload: () => Promise<void>) {
  const seen = { reloads: 0, failures: [] as unknown[] };
  watch = new FileWatch([file], {
    reload: async () => {
      seen.reloads += 1;
      await reload();
      return [file];
    },
    failed: (error) => seen.failures.push(error),
    intervalSeconds: 3600,
  });
  return { seen, look: () => watch!.look() };
}

test('reads once to begin with, and then only what has changed', async () => {
  const { seen, look } = open(async () => {});
  await look();
  await look();
  expect(seen.reloads).toBe(1);
  writeFileSync(file, 'two');
  await look();
  await look();
  expect(seen.reloads).toBe(2);
  utimesSync(file, 1, 1);
  await look();
  expect(seen.reloads).toBe(3);
});

test('what could not be used is tried again, also if nothing has changed', async () => {
  let isBroken = true;
  const { seen, look } = open(async () => {
    if (isBroken) throw new Error('broken');
  });
  await look();
  await look();
  expect(seen).toMatchObject({ reloads: 2, failures: [new Error('broken'), new Error('broken')] });
  isBroken = false;
  await look();
  await look();
  expect(seen.reloads).toBe(3);
});

test('a file that changes while it is read is read again', async () => {
  const { seen, look } = open(async () => {
    if (seen.reloads === 1) writeFileSync(file, 'while it is read');
  });
  await look();
  await look();
  await look();
  expect(seen.reloads).toBe(2);
});

test('a file that goes and comes back', async () => {
  const { seen, look } = open(async () => {});
  await look();
  rmSync(file);
  await look();
  writeFileSync(file, 'back');
  await look();
  expect(seen.reloads).toBe(3);
});

test('files are read again when they are as they were before a failure', async () => {
  rmSync(file);
  let isBroken = false;
  const { seen, look } = open(async () => {
    if (isBroken) throw new Error('broken');
  });
  await look();
  isBroken = true;
  writeFileSync(file, 'broken');
  await look();
  isBroken = false;
  rmSync(file);
  await look();
  expect(seen).toMatchObject({ reloads: 3, failures: [new Error('broken')] });
});

test('two looks at once are one', async () => {
  const { seen, look } = open(async () => {});
  await Promise.all([look(), look()]);
  expect(seen.reloads).toBe(1);
});

test('a look that is under way at the end tells nobody', async () => {
  const { seen, look } = open(async () => {
    watch!.close();
    throw new Error('the files are gone');
  });
  await look();
  expect(seen).toEqual({ reloads: 1, failures: [] });
});
