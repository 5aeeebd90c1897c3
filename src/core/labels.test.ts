import { expect, test } from 'vitest';
import { labelsKey } from './labels.ts';
import type { Labels } from './snapshot.ts';

const cases: [name: string, labels: Labels, key: string][] = [
  ['none', {}, ''],
  ['one', { a: 'b' }, 'a="b"'],
  ['several in their order', { b: '1', a: '2' }, 'b="1",a="2"'],
  ['empty', { a: '' }, 'a=""'],
  ['escapes', { a: '\\ " \n' }, 'a="\\\\ \\" \\n"'],
];
test.each(cases)('labelsKey: %s', (_name, labels, key) => {
  expect(labelsKey(labels)).toBe(key);
});

/** Every text of up to this many of the characters that a key is made of. */
function texts(maxLength: number): string[] {
  if (maxLength === 0) return [''];
  const shorter = texts(maxLength - 1);
  return [
    ...new Set(shorter.flatMap((text) => [text, ...['"', '\\', '\n', 'n'].map((character) => text + character)])),
  ];
}

test('all values of up to three of those characters have keys of their own', () => {
  const values = texts(3);
  const keys = values.flatMap((a) => values.map((b) => labelsKey({ a, b })));
  expect(keys.length).toBeGreaterThan(5000);
  expect(new Set(keys).size).toBe(keys.length);
});

test('what stands between quotes cannot forge a label', () => {
  expect(labelsKey({ a: '",b="' })).not.toBe(labelsKey({ a: '', b: '' }));
});
