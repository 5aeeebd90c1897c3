import { expect, test } from 'vitest';
import { headerParser } from './header-parser.ts';

/** Says what was parsed, each time that it was. */
function parser() {
  const parsed: string[] = [];
  const parse = headerParser((header) => {
    parsed.push(header);
    return header.length;
  });
  return { parse, parsed };
}

const headers: [name: string, header: string | string[] | undefined, length: number][] = [
  ['none', undefined, 0],
  ['empty', '', 0],
  ['one', 'gzip', 4],
  ['several of one name', ['gzip', 'br'], 7],
  ['the longest that is parsed', 'x'.repeat(1024), 1024],
  ['a longer one, which counts as none', 'x'.repeat(1025), 0],
];
test.each(headers)('%s', (_name, header, length) => {
  expect(parser().parse(header)).toBe(length);
});

test('the last 8 different ones are parsed once', () => {
  const { parse, parsed } = parser();
  const eight = ['', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (let round = 0; round < 3; round += 1) for (const header of eight) parse(header);
  expect(parsed).toEqual(eight);
  parse('h');
  for (const header of eight.slice(1)) parse(header);
  expect(parsed).toEqual([...eight, 'h']);
  parse('');
  expect(parsed).toEqual([...eight, 'h', '']);
});
