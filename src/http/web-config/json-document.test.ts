import { assert, constantFrom, jsonValue, property } from 'fast-check';
import { expect, test } from 'vitest';
import type { DocumentNode } from './document.ts';
import { isJson, readJson } from './json-document.ts';

/** The document as JSON would have it. */
function plain(node: DocumentNode): unknown {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'map') return node.entries.map(({ key, value }) => [key, plain(value)]);
  return node.isPlain ? (JSON.parse(node.text) as unknown) : node.text;
}

/** A value of JSON with its objects as lists of their entries. */
function entriesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(entriesOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, part]) => [key, entriesOf(part)]);
}

test('reads what JSON.parse reads', () => {
  assert(
    property(jsonValue({ maxDepth: 5 }), constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      expect(plain(readJson(text))).toEqual(entriesOf(JSON.parse(text)));
    }),
  );
});

test('knows the lines', () => {
  const node = readJson('\n{\n  "a": [\n    1,\n    "two"\n  ],\n\n  "b": {}\n}\n');
  expect(node).toMatchObject({
    line: 2,
    entries: [
      { key: 'a', line: 3, value: { items: [{ line: 4 }, { line: 5, isPlain: false }] } },
      { key: 'b', line: 8 },
    ],
  });
});

const wrong: [name: string, text: string, line: number, message: string][] = [
  ['a key twice', '{"a": 1,\n"b": 2,\n"a": 3}', 3, 'the field "a" is there twice'],
  ['a key twice, written in two ways', '{"a": 1,\n"\\u0061": 3}', 2, 'the field "a" is there twice'],
  ['a key twice further down', '{"a": [{"b": 1, "b": 1}]}', 1, 'the field "b" is there twice'],
  ['lists in lists in lists', '['.repeat(30) + ']'.repeat(30), 1, 'it is nested too deeply'],
];
test.each(wrong)('refuses %s', (_name, text, line, message) => {
  expect(isJson(text)).toBe(true);
  expect(() => readJson(text)).toThrow(expect.objectContaining({ line, message }));
});
