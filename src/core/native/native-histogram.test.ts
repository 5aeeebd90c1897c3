import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultBuckets } from '../buckets.ts';
import { Histogram } from '../histogram.ts';
import type { NativeBuckets } from '../snapshot.ts';
import { upperBound } from './bucket-index.ts';
import { NativeHistogram, type NativeHistogramSettings } from './native-histogram.ts';

const schemas: [factor: number, schema: number][] = [
  [1.000_000_1, 8],
  [1.0027, 8],
  [1.003, 8],
  [1.006, 7],
  [1.1, 3],
  [1.5, 1],
  [2, 0],
  [3.99, 0],
  [4, -1],
  [65_535, -3],
  [65_536, -4],
];
test.each(schemas)('factor %d is schema %i', (factor, schema) => {
  expect(new NativeHistogram({ factor }).snapshot().schema).toBe(schema);
});

function observed(values: readonly number[], settings?: NativeHistogramSettings): NativeBuckets {
  const histogram = new NativeHistogram(settings);
  for (const value of values) histogram.observe(value);
  return histogram.snapshot();
}

const tiny = 2 ** -128;
const rows: [name: string, settings: NativeHistogramSettings, values: number[], expected: NativeBuckets][] = [
  ['nothing yet', {}, [], { schema: 3, zeroThreshold: tiny, zeroCount: 0, indexes: [], counts: [] }],
  [
    'zero and what is nearly zero',
    {},
    [0, -0, Number.MIN_VALUE, tiny, tiny * 1.001],
    { schema: 3, zeroThreshold: tiny, zeroCount: 4, indexes: [-1023], counts: [1] },
  ],
  [
    'only a zero is zero',
    { zeroThreshold: 0 },
    [0, Number.MIN_VALUE],
    { schema: 3, zeroThreshold: 0, zeroCount: 1, indexes: [-8592], counts: [1] },
  ],
  [
    'near and far, in any order',
    { factor: 2 },
    [4, 1e300, 4, 1e-30, 3],
    { schema: 0, zeroThreshold: tiny, zeroCount: 0, indexes: [-99, 2, 997], counts: [1, 3, 1] },
  ],
  [
    'as many buckets as allowed',
    { factor: 2, maxBuckets: 3 },
    [4, 2, 1, 1],
    { schema: 0, zeroThreshold: tiny, zeroCount: 0, indexes: [0, 1, 2], counts: [2, 1, 1] },
  ],
  [
    'one too many: neighbours are put together',
    { factor: 2, maxBuckets: 3 },
    [1, 2, 4, 8],
    { schema: -1, zeroThreshold: tiny, zeroCount: 0, indexes: [0, 1, 2], counts: [1, 2, 1] },
  ],
  [
    'below one too',
    { factor: 2, maxBuckets: 2 },
    [1 / 8, 1 / 4, 1 / 2],
    { schema: -1, zeroThreshold: tiny, zeroCount: 0, indexes: [-1, 0], counts: [2, 1] },
  ],
  [
    'as often as it takes',
    { maxBuckets: 2 },
    [1, 1.5, 3, 200],
    { schema: -3, zeroThreshold: tiny, zeroCount: 0, indexes: [0, 1], counts: [1, 3] },
  ],
  [
    'at the coarsest there are more than allowed',
    { maxBuckets: 1 },
    [1, 2, 4, 65_537],
    { schema: -4, zeroThreshold: tiny, zeroCount: 0, indexes: [0, 1, 2], counts: [1, 2, 1] },
  ],
  [
    'the zero bucket grows first',
    { factor: 2, maxBuckets: 2, maxZeroThreshold: 1 },
    [1, 2, 4, 0.5],
    { schema: 0, zeroThreshold: 1, zeroCount: 2, indexes: [1, 2], counts: [1, 1] },
  ],
  [
    'and what is too much for it makes buckets coarser',
    { factor: 2, maxBuckets: 1, maxZeroThreshold: 1 },
    [1, 2, 4],
    { schema: -1, zeroThreshold: 1, zeroCount: 1, indexes: [1], counts: [2] },
  ],
  [
    'the bucket that is new may be the one that goes',
    { factor: 2, maxBuckets: 2, maxZeroThreshold: 1 },
    [2, 4, 1],
    { schema: 0, zeroThreshold: 1, zeroCount: 1, indexes: [1, 2], counts: [1, 1] },
  ],
];
test.each(rows)('%s', (_name, settings, values, expected) => {
  expect(observed(values, settings)).toEqual(expected);
});

test('a snapshot does not change afterwards', () => {
  const histogram = new NativeHistogram();
  histogram.observe(1);
  const before = histogram.snapshot();
  histogram.observe(1);
  expect(before.counts).toEqual([1]);
});

const amount = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
);

test('whatever is observed: nothing is lost, and it is as if the histogram had been that coarse from the start', () => {
  const factor = fc.constantFrom(1.003, 1.1, 2, 300);
  const maxBuckets = fc.integer({ min: 1, max: 12 });
  const maxZeroThreshold = fc.constantFrom(tiny, 0.01, 1);
  const settings = fc.record({ factor, maxBuckets, maxZeroThreshold });
  fc.assert(
    fc.property(fc.array(amount, { maxLength: 60 }), settings, (values, given) => {
      const limited = observed(values, given);
      const { schema, zeroThreshold, zeroCount, indexes, counts } = limited;
      expect(counts.reduce((sum, count) => sum + count, zeroCount)).toBe(values.length);
      if (schema > -4) expect(indexes.length).toBeLessThanOrEqual(given.maxBuckets);
      const wide = { factor: 1.000_01 * 2 ** (2 ** -schema), maxBuckets: Infinity, zeroThreshold };
      expect(limited).toEqual(observed(values, wide));
    }),
    { numRuns: 500 },
  );
});

/** Reproducible numbers in [0, 1) (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** As Prometheus 3 computes `histogram_quantile`, where the bucket is not the zero bucket. */
function nativeQuantile(quantile: number, { schema, zeroCount, indexes, counts }: NativeBuckets): number {
  let rank = quantile * counts.reduce((sum, count) => sum + count, zeroCount) - zeroCount;
  for (const [position, index] of indexes.entries()) {
    const count = counts[position]!;
    if (rank > count) {
      rank -= count;
      continue;
    }
    const [lower, upper] = [upperBound(index - 1, schema), upperBound(index, schema)];
    return lower * (upper / lower) ** (rank / count);
  }
  throw new Error('no bucket has that rank');
}

/** As above, linear between classic bounds. */
function classicQuantile(quantile: number, bounds: readonly number[], buckets: ArrayLike<number>): number {
  const counts = Array.from(buckets);
  let rank = quantile * counts.reduce((sum, count) => sum + count, 0);
  const bucket = counts.findIndex((count) => {
    if (rank <= count) return true;
    rank -= count;
    return false;
  });
  const lower = bounds[bucket - 1] ?? 0;
  return lower + ((bounds[bucket]! - lower) * rank) / counts[bucket]!;
}

test('latencies with a long tail: p95 is within 1%, where the default buckets are a fifth too high', () => {
  const uniform = random(1);
  const histogram = new Histogram(defaultBuckets, () => {}, { native: new NativeHistogram() });
  const latencies = Array.from({ length: 300_000 }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return 0.05 * Math.exp(0.797 * normal);
  });
  for (const latency of latencies) histogram.observe(latency);
  const exact = latencies.sort((left, right) => left - right)[Math.floor(0.95 * latencies.length)]!;
  const { bounds, buckets, native } = histogram.live({});
  expect(Math.abs(nativeQuantile(0.95, native!) / exact - 1)).toBeLessThan(0.01);
  const classic = classicQuantile(0.95, bounds, buckets) / exact - 1;
  expect(classic).toBeGreaterThan(0.15);
  expect(classic).toBeLessThan(0.25);
});
