import { expect, test } from 'vitest';
import { History, type HistoryOptions } from './history.ts';
import { frameOf } from './sse.ts';

/** A minute of frames, each with a gauge's value; the series comes with the first. */
function filled(options: HistoryOptions, values = 1): History {
  const history = new History(0, options);
  const series = Array.from({ length: values }, (_, index) => [index, 0, { index: String(index) }] as const);
  history.add({ t: 1, families: [{ name: 'x', type: 'gauge', help: 'x' }], series });
  for (let t = 2; t <= 61; t += 1) history.add({ t, values: series.flatMap(([number]) => [number, t]) });
  return history;
}

const bounds: [name: string, options: HistoryOptions, begin: number][] = [
  ['none is reached', {}, 0],
  ['frames', { maxFrames: 10 }, 51],
  ['seconds', { seconds: 20 }, 40],
  ['bytes', { maxBytes: 48 * 12 }, 49],
  ['bytes of which one frame has too many', { maxBytes: 1 }, 60],
];
test.each(bounds)('the oldest are folded into the base: %s', (_name, options, begin) => {
  const history = filled(options);
  expect([history.begin, history.end]).toEqual([begin, 61]);
  expect(frameOf(history.base()).t).toBe(begin);
  expect(frameOf(history.base()).values ?? []).toEqual(begin <= 1 ? [] : [0, begin]);
});

test('by default it is bounded in time, in frames and in bytes', () => {
  const history = new History(0);
  for (let t = 0; t < 2000; t += 1) history.add({ t: t / 100 });
  expect(history.end - history.begin).toBe(660);
  for (let t = 0; t < 700; t += 1) history.add({ t: t + 100 });
  expect(history.end - history.begin).toBe(601);
  const large = filled({}, 50_000);
  expect(large.size).toBeLessThanOrEqual(4_194_304);
  expect(large.end - large.begin).toBeLessThan(20);
});

test('a frame in which nothing changed costs no more than its time', () => {
  const history = new History(0);
  for (let t = 0; t < 100; t += 1) history.add({ t: t * 5 });
  expect(history.size).toBeLessThan(100 * 45);
});

test('nothing is kept of series that are gone, however many there were', () => {
  const history = new History(0, { maxFrames: 2 });
  history.add({ t: 1, families: [{ name: 'x', type: 'gauge', help: 'x' }] });
  for (let t = 2; t < 5000; t += 1) {
    history.add({ t, series: [[t, 0, { t: String(t) }]], values: [t, t], gone: [t - 1] });
  }
  expect(frameOf(history.base())).toMatchObject({ series: [[4997, 0, { t: '4997' }]], values: [4997, 4997] });
  expect(history.base().length).toBeLessThan(200);
});

test('the base is written down once until it changes', () => {
  const history = filled({ maxFrames: 3 });
  const base = history.base();
  expect(history.base()).toBe(base);
  history.add({ t: 62 });
  expect(history.base()).not.toBe(base);
});
