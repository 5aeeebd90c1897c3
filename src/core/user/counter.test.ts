import { expect, test } from 'vitest';
import { testContext } from './context.fixture.ts';
import { UserCounter } from './counter.ts';

const increments: [name: string, by: unknown[], value: number, dropped: unknown[]][] = [
  ['nothing yet', [], 0, []],
  ['one by default', [undefined, undefined], 2, []],
  ['an amount', [0.5, 2], 2.5, []],
  ['zero', [0, -0], 0, []],
  ['the largest amount', [Number.MAX_VALUE], Number.MAX_VALUE, []],
  ['negative', [1, -1], 1, [-1]],
  ['barely negative', [-Number.MIN_VALUE], 0, [-Number.MIN_VALUE]],
  ['not finite', [NaN, Infinity, -Infinity, 1], 1, [NaN, Infinity, -Infinity]],
  ['text that reads as a number', ['5', ''], 0, ['5', '']],
  ['other types', [null, true, 5n, [1]], 0, [null, true, 5n, [1]]],
];
test.each(increments)('a counter only grows: %s', (_name, by, value, dropped) => {
  const drops: unknown[] = [];
  const counter = new UserCounter(testContext({ drop: (given) => drops.push(given) }));
  for (const amount of by) counter.inc(amount as number | undefined);
  expect(counter.value).toBe(value);
  expect(drops).toEqual(dropped);
});
