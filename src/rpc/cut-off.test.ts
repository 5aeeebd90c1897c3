import { expect, test } from 'vitest';
import { cutOff } from './cut-off.ts';
import { status } from './status.ts';

const { CANCELLED, DEADLINE_EXCEEDED } = status;

/** Milliseconds: what was left of the deadline, and how old the call was. */
const calls: [name: string, left: number, age: number, code: number][] = [
  ['no deadline', Infinity, 5000, CANCELLED],
  ['no deadline that can be read', NaN, 5000, CANCELLED],
  ['the deadline has passed', -1, 1001, DEADLINE_EXCEEDED],
  ['it had passed before the call arrived', -50, 10, DEADLINE_EXCEEDED],
  ['it passes now', 0, 1000, DEADLINE_EXCEEDED],
  ['it passes now, at once', 0, 0, DEADLINE_EXCEEDED],
  ['it has passed, and the clock went backwards', -5, -10, DEADLINE_EXCEEDED],
  ['a tenth of 500 ms is left', 50, 450, DEADLINE_EXCEEDED],
  ['more than a tenth of 500 ms is left', 51, 449, CANCELLED],
  ['a tenth of a second is left', 100, 900, DEADLINE_EXCEEDED],
  ['more than a tenth of a second is left', 101, 899, CANCELLED],
  ['20 ms of 100 ms are left', 20, 80, DEADLINE_EXCEEDED],
  ['more than 20 ms of 100 ms are left', 21, 79, CANCELLED],
  ['100 ms of a minute are left', 100, 59_900, DEADLINE_EXCEEDED],
  ['more than 100 ms of a minute are left', 101, 59_899, CANCELLED],
  ['half of 10 ms is left', 5, 5, DEADLINE_EXCEEDED],
  ['more than half of 10 ms is left', 6, 4, CANCELLED],
  ['all of 1 ms is left', 1, 0, CANCELLED],
];
test.each(calls)('cutOff: %s', (_name, left, age, code) => {
  expect(cutOff(left, age)).toBe(code);
});
