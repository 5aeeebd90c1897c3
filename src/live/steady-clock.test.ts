import { expect, test } from 'vitest';
import { steadyClock } from './steady-clock.ts';

const cases: [name: string, wall: number, monotonic: number, seconds: number][] = [
  ['time goes by', 1005, 105, 1005],
  ['the time of day is corrected a little', 1005.9, 105, 1005],
  ['the machine slept for an hour', 4605, 105, 4605],
  ['the time of day was put back', 5, 105, 1005],
];
test.each(cases)('%s', (_name, wall, monotonic, seconds) => {
  const at = { wall: 1000, monotonic: 100 };
  const clock = steadyClock(
    () => at.wall,
    () => at.monotonic,
  );
  expect(clock()).toBe(1000);
  Object.assign(at, { wall, monotonic });
  expect(clock()).toBe(seconds);
  Object.assign(at, { wall: wall + 1, monotonic: monotonic + 1 });
  expect(clock()).toBe(seconds + 1);
});
