import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { NativeHistogram } from '../../core/native/native-histogram.ts';
import type { NativeBuckets } from '../../core/snapshot.ts';
import { denseBuckets } from './dense-buckets.ts';

/** In the middle of a bucket of schema 3, so that no rounding of logarithms decides. */
const middle = (step: number) => 2 ** ((step + 0.5) / 8);

/** OpenTelemetry's index of a value: bucket `i` is (2^(i/2^scale), 2^((i+1)/2^scale)]. */
const indexOf = (value: number, scale: number) => Math.ceil(Math.log2(value) * 2 ** scale) - 1;

function counted(values: readonly number[], scale: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(indexOf(value, scale), (counts.get(indexOf(value, scale)) ?? 0) + 1);
  return counts;
}

test('each value is in the bucket that OpenTelemetry gives it', () => {
  const steps = array(integer({ min: -200, max: 200 }), { minLength: 1, maxLength: 60 });
  assert(
    property(steps, (all) => {
      const histogram = new NativeHistogram({ factor: 1.1 });
      const values = all.map(middle);
      for (const value of values) histogram.observe(value);
      const { scale, positive } = denseBuckets(histogram.snapshot());
      expect(scale).toBe(3);
      expect(positive.bucketCounts[0]).toBeGreaterThan(0);
      const found = positive.bucketCounts.flatMap((count, place): [number, number][] =>
        count === 0 ? [] : [[positive.offset + place, count]],
      );
      expect(new Map(found)).toEqual(counted(values, scale));
    }),
  );
});

const few: [name: string, native: NativeBuckets, result: unknown][] = [
  [
    'no value',
    { schema: 3, zeroThreshold: 0, zeroCount: 0, indexes: [], counts: [] },
    { scale: 3, positive: { offset: 0, bucketCounts: [] } },
  ],
  [
    'one value of 1, the upper bound of its bucket',
    { schema: 3, zeroThreshold: 0, zeroCount: 0, indexes: [0], counts: [1] },
    { scale: 3, positive: { offset: -1, bucketCounts: [1] } },
  ],
  [
    'a gap',
    { schema: 0, zeroThreshold: 0, zeroCount: 0, indexes: [-1, 2], counts: [4, 5] },
    { scale: 0, positive: { offset: -2, bucketCounts: [4, 0, 0, 5] } },
  ],
  [
    'values so far apart that the list would be long',
    { schema: 8, zeroThreshold: 0, zeroCount: 0, indexes: [-2048, 2048], counts: [1, 2] },
    // 4,097 places of schema 8, 1,025 of 6, 513 of 5
    { scale: 5, positive: { offset: -257, bucketCounts: [1, ...Array<number>(511).fill(0), 2] } },
  ],
];

test.each(few)('dense buckets of %s', (_name, native, result) => {
  expect(denseBuckets(native)).toEqual(result);
});
