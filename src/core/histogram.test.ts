import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { NativeHistogram } from './native/native-histogram.ts';

const noDrop = (value: unknown): never => {
  throw new Error(`dropped ${String(value)}`);
};

const observations: [name: string, bounds: number[], values: number[], buckets: number[], sum: number][] = [
  ['nothing yet', [1, 2], [], [0, 0, 0], 0],
  ['bounds are inclusive', [1, 2], [1, 2], [1, 1, 0], 3],
  ['just above a bound', [1, 2], [1 + Number.EPSILON], [0, 1, 0], 1 + Number.EPSILON],
  ['above all', [1, 2], [3, Number.MAX_VALUE], [0, 0, 2], Number.MAX_VALUE],
  ['below all', [1, 2], [0, -0, Number.MIN_VALUE], [3, 0, 0], Number.MIN_VALUE],
  ['bounds below zero stay empty', [-1, 0], [0, 1], [0, 1, 1], 1],
  ['values below zero, where a bound is', [-10, 0, 10], [-12, -10, -3, -0, 5], [2, 2, 1, 0], -20],
  ['the lowest value, where a bound is below zero', [-1], [-Number.MAX_VALUE], [1, 0], -Number.MAX_VALUE],
];
test.each(observations)('observe: %s', (_name, bounds, values, buckets, sum) => {
  const histogram = new Histogram(bounds, noDrop);
  for (const value of values) histogram.observe(value);
  expect(histogram.live({ a: 'b' })).toEqual({
    labels: { a: 'b' },
    bounds,
    buckets,
    sum,
  });
  expect(histogram.count).toBe(values.length);
});

test.each([-Infinity, NaN, Infinity, '-1', -1n, null])('bounds below zero change nothing for %s', (value) => {
  const drops: unknown[] = [];
  const histogram = new Histogram([-1, 0], (given) => drops.push(given));
  histogram.observe(value as number);
  expect(drops).toEqual([value]);
  expect(histogram.count).toBe(0);
});

const dropped = [-1, -Number.MIN_VALUE, NaN, Infinity, -Infinity, '1', null, undefined, true, 1n, {}];
test.each(dropped)('observe drops %s', (value) => {
  const drops: unknown[] = [];
  const histogram = new Histogram([1], (given) => drops.push(given));
  histogram.observe(value as number);
  expect(drops).toEqual([value]);
  expect(histogram.live({})).toEqual({ labels: {}, bounds: [1], buckets: [0, 0], sum: 0 });
});

/** Strictly increasing, on both sides of the 16 bounds up to which the search is linear. */
const someBounds = fc
  .oneof(fc.constant([1, 16]), fc.constant([17, 40]))
  .chain(([minLength, maxLength]) =>
    fc.uniqueArray(fc.double({ min: -10, max: 1000, noNaN: true }), {
      minLength,
      maxLength,
      comparator: (left, right) => left === right,
    }),
  )
  .map((bounds) => bounds.sort((left, right) => left - right));

const boundsAndValues = someBounds.chain((bounds) => {
  const lowest = bounds[0]! < 0 ? -20 : 0;
  const amount = fc.double({ min: lowest, max: 2000, noNaN: true });
  const onBound = fc.constantFrom(...bounds);
  return fc.tuple(fc.constant(bounds), fc.array(fc.oneof(amount, onBound), { maxLength: 50 }));
});

test('both searches find the bucket that a naive one finds, and the count is the sum of the buckets', () => {
  fc.assert(
    fc.property(boundsAndValues, ([bounds, values]) => {
      const histogram = new Histogram(bounds, noDrop);
      for (const value of values) histogram.observe(value);
      const naive = [...bounds, Infinity].map(
        (bound, index) => values.filter((value) => value <= bound && value > (bounds[index - 1] ?? -Infinity)).length,
      );
      const { buckets } = histogram.live({});
      expect(Array.from(buckets)).toEqual(naive);
      expect(histogram.count).toBe(values.length);
    }),
  );
});

test.each([16, 17])('every bound of %i is inclusive, and what is above has a bucket', (length) => {
  const bounds = Array.from({ length }, (_, index) => index / 8);
  const histogram = new Histogram(bounds, noDrop);
  for (const value of [...bounds, length]) histogram.observe(value);
  expect(Array.from(histogram.live({}).buckets)).toEqual([...bounds.map(() => 1), 1]);
});

test('with native buckets beside them, both count the same, and neither counts what is dropped', () => {
  const amounts = fc.array(fc.oneof(fc.double({ min: 0, max: 100 }), fc.constantFrom(0, -1, Infinity)));
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1, max: 5 }), (values, maxBuckets) => {
      const histogram = new Histogram([1, 10], () => {}, { native: new NativeHistogram({ maxBuckets }) });
      for (const value of values) histogram.observe(value);
      const { native } = histogram.live({});
      expect(native!.counts.reduce((sum, count) => sum + count, native!.zeroCount)).toBe(histogram.count);
    }),
  );
});

test('a series has native buckets only where the histogram has', () => {
  const plain = { labels: {}, bounds: [1], buckets: [0, 0], sum: 0 };
  expect(new Histogram([1], noDrop).live({})).toEqual(plain);
  const native = new NativeHistogram();
  const both = new Histogram([1], noDrop, { native });
  expect(both.live({})).toEqual({ ...plain, native: native.snapshot() });
});
