import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NativeBuckets } from '../snapshot.ts';
import { mergeNative } from './merge.ts';
import { NativeHistogram, type NativeHistogramSettings } from './native-histogram.ts';

const tiny = 2 ** -128;
const empty = (schema: number, zeroThreshold = tiny): NativeBuckets => {
  return { schema, zeroThreshold, zeroCount: 0, indexes: [], counts: [] };
};

const rows: [name: string, parts: [NativeBuckets, ...NativeBuckets[]], merged: NativeBuckets][] = [
  ['one', [{ ...empty(3), indexes: [-1, 4], counts: [2, 1] }], { ...empty(3), indexes: [-1, 4], counts: [2, 1] }],
  ['empty ones', [empty(3), empty(3)], empty(3)],
  [
    'buckets are added',
    [
      { ...empty(3), zeroCount: 1, indexes: [1, 3], counts: [1, 2] },
      { ...empty(3), zeroCount: 2, indexes: [-5, 3], counts: [4, 8] },
    ],
    { ...empty(3), zeroCount: 3, indexes: [-5, 1, 3], counts: [4, 1, 10] },
  ],
  [
    'the coarsest schema is that of all',
    [
      { ...empty(2), indexes: [-4, -3, -1, 0, 1, 4, 5], counts: [1, 1, 1, 1, 1, 1, 1] },
      { ...empty(0), indexes: [1], counts: [1] },
    ],
    { ...empty(0), indexes: [-1, 0, 1, 2], counts: [1, 3, 3, 1] },
  ],
  [
    'even where the coarsest is empty',
    [{ ...empty(1), indexes: [3], counts: [1] }, empty(0)],
    { ...empty(0), indexes: [2], counts: [1] },
  ],
  [
    'the largest zero threshold is that of all, and what it holds is zero',
    [
      { ...empty(0), zeroCount: 1, indexes: [-3, -2, -1], counts: [1, 2, 4] },
      { ...empty(0, 0.25), zeroCount: 8, indexes: [], counts: [] },
    ],
    { ...empty(0, 0.25), zeroCount: 12, indexes: [-1], counts: [4] },
  ],
  [
    'a threshold within a bucket of the coarser schema is widened to its bound',
    [
      { ...empty(0), indexes: [-2, -1, 0], counts: [1, 2, 4] },
      { ...empty(-1, 0.5), zeroCount: 8, indexes: [0], counts: [16] },
    ],
    { ...empty(-1, 1), zeroCount: 31, indexes: [], counts: [] },
  ],
  ['only a zero is zero', [{ ...empty(0, 0), zeroCount: 1 }, empty(0, 0)], { ...empty(0, 0), zeroCount: 1 }],
];
test.each(rows)('%s', (_name, parts, merged) => {
  expect(mergeNative(parts)).toEqual(merged);
});

function observed(values: readonly number[], settings: NativeHistogramSettings): NativeBuckets {
  const histogram = new NativeHistogram(settings);
  for (const value of values) histogram.observe(value);
  return histogram.snapshot();
}

const amount = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
);
const part = fc.record({
  values: fc.array(amount, { maxLength: 30 }),
  settings: fc.record({
    factor: fc.constantFrom(1.01, 1.1, 2, 300),
    maxBuckets: fc.integer({ min: 1, max: 10 }),
    maxZeroThreshold: fc.constantFrom(tiny, 0.01, 1),
  }),
});
const someParts = fc.array(part, { minLength: 1, maxLength: 5 });

type Parts = [NativeBuckets, ...NativeBuckets[]];

test('merging is observing everything in one histogram of that schema and threshold', () => {
  fc.assert(
    fc.property(someParts, (given) => {
      const merged = mergeNative(given.map(({ values, settings }) => observed(values, settings)) as Parts);
      const { schema, zeroThreshold } = merged;
      const wide = { factor: 1.000_01 * 2 ** (2 ** -schema), maxBuckets: Infinity, zeroThreshold };
      const all = given.flatMap(({ values }) => values);
      expect(merged).toEqual(observed(all, wide));
    }),
    { numRuns: 500 },
  );
});

test('order and grouping do not matter', () => {
  fc.assert(
    fc.property(someParts, (given) => {
      const parts = given.map(({ values, settings }) => observed(values, settings)) as Parts;
      const merged = mergeNative(parts);
      expect(mergeNative(parts.toReversed() as Parts)).toEqual(merged);
      const [first, ...others] = parts;
      expect(others.reduce((sum, other) => mergeNative([sum, other]), mergeNative([first]))).toEqual(merged);
    }),
  );
});

/** Whether Prometheus would take `after` for the counts of a new process (`FloatHistogram.DetectReset`). */
function looksLikeRestart(before: NativeBuckets, after: NativeBuckets): boolean {
  if (after.schema > before.schema || after.zeroThreshold < before.zeroThreshold) return true;
  const brought = mergeNative([before, { ...empty(after.schema), zeroThreshold: after.zeroThreshold }]);
  if (brought.zeroThreshold !== after.zeroThreshold || brought.zeroCount > after.zeroCount) return true;
  const counts = new Map(after.indexes.map((index, position) => [index, after.counts[position]!]));
  return brought.indexes.some((index, position) => brought.counts[position]! > (counts.get(index) ?? 0));
}

test('merges of growing parts never look like a restart', () => {
  fc.assert(
    fc.property(someParts, (given) => {
      const parts = given.map(({ values, settings }) => ({ values, histogram: new NativeHistogram(settings) }));
      const merge = () => mergeNative(parts.map(({ histogram }) => histogram.snapshot()) as Parts);
      let before = merge();
      for (let round = 0; round < 30; round += 1) {
        for (const { values, histogram } of parts) if (round < values.length) histogram.observe(values[round]!);
        const after = merge();
        expect(looksLikeRestart(before, after)).toBe(false);
        before = after;
      }
    }),
  );
});
