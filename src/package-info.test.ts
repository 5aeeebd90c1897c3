import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageInfo } from './package-info.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'package-info-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const shop = { name: 'shop', version: '1.2.3' };

/** Each in a folder of its own, with these files; `start` is where the program's main file would be. */
const trees: [name: string, files: Record<string, string>, start: string, info: object][] = [
  ['beside the program', { 'package.json': JSON.stringify(shop) }, '.', shop],
  ['above the program', { 'package.json': JSON.stringify(shop) }, 'dist/bin', shop],
  [
    'the nearest',
    { 'package.json': '{"name":"root","version":"9.0.0"}', 'packages/shop/package.json': JSON.stringify(shop) },
    'packages/shop/src',
    shop,
  ],
  [
    'past one without a name',
    { 'package.json': JSON.stringify(shop), 'dist/package.json': '{"type":"module","version":"9.0.0"}' },
    'dist',
    shop,
  ],
  ['past an empty name', { 'package.json': JSON.stringify(shop), 'dist/package.json': '{"name":""}' }, 'dist', shop],
  [
    'past a name that is no text',
    { 'package.json': JSON.stringify(shop), 'dist/package.json': '{"name":5}' },
    'dist',
    shop,
  ],
  ['past what is not JSON', { 'package.json': JSON.stringify(shop), 'dist/package.json': '{"name":' }, 'dist', shop],
  ['past null', { 'package.json': JSON.stringify(shop), 'dist/package.json': 'null' }, 'dist', shop],
  ['past a folder of that name', { 'package.json': JSON.stringify(shop), 'dist/package.json/x': '' }, 'dist', shop],
  ['without a version', { 'package.json': '{"name":"shop"}' }, '.', { name: 'shop', version: 'unknown' }],
  [
    'a version that is no text',
    { 'package.json': '{"name":"shop","version":1}' },
    '.',
    { name: 'shop', version: 'unknown' },
  ],
  ['from a folder that is not there', { 'package.json': JSON.stringify(shop) }, 'gone/away', shop],
];
test.each(trees)('packageInfo: %s', (name, files, start, info) => {
  const folder = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  expect(packageInfo(join(folder, start))).toEqual(info);
});

test('packageInfo: none up to the root', () => {
  // Nothing of this path is there, so only the root folder is asked.
  expect(packageInfo('/no-such-folder/of/this/test')).toEqual({ name: 'unknown', version: 'unknown' });
});
