import { expect, test } from 'vitest';
import { FaultCounter } from '../fault-counter.ts';
import { Registry } from '../registry.ts';

function timed() {
  const clock = { now: 100 };
  const said: string[] = [];
  const faults = new FaultCounter(['exemplar', 'metric'], ['metric'], (message) => said.push(message));
  const registry = new Registry(faults, { clock: () => clock.now, wallClock: () => 0 });
  const series = () =>
    registry
      .collect()
      .flatMap((family) =>
        family.type === 'histogram' ? family.series.map(({ labels, buckets, sum }) => ({ labels, buckets, sum })) : [],
      );
  return { clock, registry, series, said };
}
const spec = { name: 'wait_seconds', help: 'Waiting', buckets: [1, 2] };

test('a timer observes seconds and returns them', () => {
  const { clock, registry, series } = timed();
  const end = registry.histogram(spec).startTimer();
  clock.now = 101.5;
  expect(end()).toBe(1.5);
  expect(series()).toEqual([{ labels: {}, buckets: [0, 1, 0], sum: 1.5 }]);
});

test('a timer that is stopped again observes nothing, and returns the same', () => {
  const { clock, registry, series } = timed();
  const end = registry.histogram(spec).startTimer();
  end();
  clock.now = 200;
  expect(end()).toBe(0);
  expect(series()).toEqual([{ labels: {}, buckets: [1, 0, 0], sum: 0 }]);
});

test('timers of one histogram run side by side', () => {
  const { clock, registry, series } = timed();
  const histogram = registry.histogram(spec);
  const first = histogram.startTimer();
  clock.now = 101;
  const second = histogram.startTimer();
  clock.now = 104;
  expect([second(), first()]).toEqual([3, 4]);
  expect(series()).toEqual([{ labels: {}, buckets: [0, 0, 2], sum: 7 }]);
});

const labelNames = ['table', 'result'] as const;
type Labels = Partial<Record<(typeof labelNames)[number], string>>;
const places: [name: string, start: Labels | undefined, end: Labels | undefined][] = [
  ['all at the start', { table: 'orders', result: 'hit' }, undefined],
  ['some at the start, the others at the end', { table: 'orders' }, { result: 'hit' }],
  ['all at the end', undefined, { table: 'orders', result: 'hit' }],
  ['one at both: the end counts', { table: 'orders', result: 'miss' }, { result: 'hit' }],
];
test.each(places)('the labels of a timer: %s', (_name, start, end) => {
  const { clock, registry, series, said } = timed();
  const stop = registry.histogram({ ...spec, labelNames }).startTimer(start);
  clock.now = 101;
  expect(stop(end)).toBe(1);
  expect(stop(end)).toBe(1);
  expect(series()).toEqual([{ labels: { table: 'orders', result: 'hit' }, buckets: [1, 0, 0], sum: 1 }]);
  expect(said).toEqual([]);
});

test('a timer of one series of a family', () => {
  const { clock, registry, series } = timed();
  const stop = registry
    .histogram({ ...spec, labelNames })
    .labels({ table: 'orders', result: 'hit' })
    .startTimer();
  clock.now = 103;
  expect(stop()).toBe(3);
  expect(series()).toEqual([{ labels: { table: 'orders', result: 'hit' }, buckets: [0, 0, 1], sum: 3 }]);
});

test("the caller's object may change", () => {
  const { registry, series } = timed();
  const labels = { table: 'orders', result: 'hit' };
  const stop = registry.histogram({ ...spec, labelNames }).startTimer(labels);
  labels.table = 'other';
  stop();
  expect(series()).toMatchObject([{ labels: { table: 'orders' } }]);
});

test('an undeclared label at the end drops the observation, and the time is returned all the same', () => {
  const { clock, registry, series, said } = timed();
  const stop = registry.histogram({ ...spec, labelNames }).startTimer({ table: 'orders' });
  clock.now = 101;
  expect(stop({ status: 'OK' } as never)).toBe(1);
  expect(series()).toEqual([]);
  expect(said).toEqual([expect.stringContaining('labels {table, status} given where {table, result} were declared')]);
});
