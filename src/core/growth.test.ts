import { expect, test } from 'vitest';
import { growth } from './growth.ts';

const rows: [name: string, before: number, now: number, growth: number][] = [
  ['a counter that grew', 3, 7, 4],
  ['a counter that stayed', 3, 3, 0],
  ['a counter that started again', 7, 3, 3],
];
test.each(rows)('growth of %s', (_name, before, now, expected) => {
  expect(growth(before, now)).toBe(expected);
});
