import { expect, test } from 'vitest';
import { parseTimeout } from './timeout.ts';

const headers: [header: string | string[] | undefined, milliseconds: number | undefined][] = [
  ['2H', 7_200_000],
  ['3M', 180_000],
  ['4S', 4000],
  ['300m', 300],
  ['500u', 0.5],
  ['1000000n', 1],
  ['0m', 0],
  ['99999999S', 99_999_999_000],
  ['5 m', 5],
  ['123456789m', undefined],
  ['-1m', undefined],
  ['1.5S', undefined],
  ['soon', undefined],
  ['', undefined],
  [['1S', '2S'], undefined],
  [undefined, undefined],
];
test.each(headers)('%j is %s ms', (header, milliseconds) => {
  expect(parseTimeout(header)).toBe(milliseconds);
});
