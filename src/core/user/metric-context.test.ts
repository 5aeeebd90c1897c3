import { expect, test } from 'vitest';
import { testContext } from './context.fixture.ts';

const times: [name: string, declared: number, now: number, age: number][] = [
  ['the same moment', 1_700_000_000.123, 1_700_000_000.123, 0],
  ['milliseconds later', 1_700_000_000.123, 1_700_000_000.456, 333],
  ['years later', 1_700_000_000, 1_900_000_000.001, 200_000_000_001],
  ['after the clock was set back', 1_700_000_000, 1_699_999_999.5, -500],
];
test.each(times)('keeps times as ages: %s', (_name, declared, now, age) => {
  let clock = declared;
  const context = testContext({ wallClock: () => clock });
  clock = now;
  expect(context.age()).toBe(age);
  expect(context.timeOf(age)).toBe(now);
});
