import { expect, test } from 'vitest';
import { testContext } from './context.fixture.ts';
import { type Gauge, UserGauge } from './gauge.ts';

type Act = (gauge: Gauge) => void;
/** For values that TypeScript would refuse and JavaScript sends. */
const bad = (value: unknown): number => value as number;

const set =
  (...values: number[]): Act =>
  (gauge) => {
    for (const value of values) gauge.set(value);
  };

const acts: [name: string, act: Act, value: number, dropped: unknown[]][] = [
  ['nothing yet', () => {}, 0, []],
  ['set', (gauge) => gauge.set(-1.5), -1.5, []],
  ['set to infinity', (gauge) => gauge.set(-Infinity), -Infinity, []],
  ['set to NaN', (gauge) => gauge.set(NaN), NaN, []],
  ['set again', set(NaN, 3), 3, []],
  ['set to text', (gauge) => gauge.set(bad('5')), 0, ['5']],
  ['set to nothing', (gauge) => gauge.set(bad(undefined)), 0, [undefined]],
  ['set to null', (gauge) => gauge.set(bad(null)), 0, [null]],
  ['inc by one', (gauge) => gauge.inc(), 1, []],
  ['inc', (gauge) => gauge.inc(2.5), 2.5, []],
  ['inc by a negative amount', (gauge) => gauge.inc(-2), -2, []],
  ['inc by NaN', (gauge) => gauge.inc(NaN), 0, [NaN]],
  ['inc by infinity', (gauge) => gauge.inc(Infinity), 0, [Infinity]],
  ['inc by text', (gauge) => gauge.inc(bad('1')), 0, ['1']],
  ['dec by one', (gauge) => gauge.dec(), -1, []],
  ['dec', (gauge) => gauge.dec(2.5), -2.5, []],
  ['dec by a negative amount', (gauge) => gauge.dec(-2), 2, []],
  ['dec by NaN', (gauge) => gauge.dec(NaN), 0, [NaN]],
  ['dec by infinity', (gauge) => gauge.dec(-Infinity), 0, [-Infinity]],
  ['dec by text', (gauge) => gauge.dec(bad('1')), 0, ['1']],
];
test.each(acts)('a gauge goes up and down: %s', (_name, act, value, dropped) => {
  const drops: unknown[] = [];
  const gauge = new UserGauge(testContext({ drop: (given) => drops.push(given) }));
  act(gauge);
  expect(gauge.value).toBe(value);
  expect(drops).toEqual(dropped);
});

test('setToCurrentTime sets seconds since 1970', () => {
  const gauge = new UserGauge(testContext({ wallClock: () => 1_700_000_000.25 }));
  gauge.setToCurrentTime();
  expect(gauge.value).toBe(1_700_000_000.25);
});
