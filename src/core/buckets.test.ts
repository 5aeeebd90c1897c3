import * as promClient from 'prom-client';
import { expect, test } from 'vitest';
import { checkBuckets, defaultBuckets, exponentialBuckets, linearBuckets } from './buckets.ts';
import { MetricsError } from './errors.ts';

const mistakes: [name: string, buckets: unknown, message: string][] = [
  ['none', [], 'buckets of "x" must be an array of at least one number'],
  ['+Inf alone', [Infinity], 'buckets of "x" must be an array of at least one number'],
  ['no array', 5, 'buckets of "x" must be an array of at least one number'],
  ['null', null, 'buckets of "x" must be an array of at least one number'],
  ['a typed array', new Float64Array([1]), 'buckets of "x" must be an array of at least one number'],
  ['NaN', [1, NaN, 2], 'bucket NaN of "x" is not a finite number'],
  ['-Inf', [-Infinity, 1], 'bucket -Infinity of "x" is not a finite number'],
  ['+Inf twice', [1, Infinity, Infinity], 'bucket Infinity of "x" is not a finite number'],
  ['text', ['1', '2'], 'bucket 1 of "x" is not a finite number'],
  ['a gap', [1, undefined], 'bucket undefined of "x" is not a finite number'],
  ['falling', [1, 3, 2], 'buckets of "x" must increase strictly, but have 3, 2'],
  ['equal', [1, 1], 'buckets of "x" must increase strictly, but have 1, 1'],
  ['both zeros', [-0, 0], 'buckets of "x" must increase strictly, but have 0, 0'],
];
test.each(mistakes)('invalid_buckets: %s', (_name, buckets, message) => {
  expect(() => checkBuckets('x', buckets as number[])).toThrow(new MetricsError('invalid_buckets', message));
  expect(() => checkBuckets('x', buckets as number[])).toThrow(expect.objectContaining({ code: 'invalid_buckets' }));
});

const accepted: [name: string, buckets: readonly number[], bounds: readonly number[]][] = [
  ['one', [1], [1]],
  ['+Inf at the end is implied', [1, 2, Infinity], [1, 2]],
  ['negative ones', [-1, 0, 1], [-1, 0, 1]],
  ['neighbours', [1, 1 + Number.EPSILON], [1, 1 + Number.EPSILON]],
  ['the defaults', defaultBuckets, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]],
];
test.each(accepted)('accepted: %s', (_name, buckets, bounds) => {
  expect(checkBuckets('x', buckets)).toEqual(bounds);
});

test('the bounds are a copy', () => {
  const given = [1, 2];
  const bounds = checkBuckets('x', given);
  given[0] = 5;
  expect(bounds).toEqual([1, 2]);
});

const linear: [start: number, width: number, count: number, bounds: number[]][] = [
  [10, 5, 3, [10, 15, 20]],
  [0, 1, 1, [0]],
  [-1, 0.5, 4, [-1, -0.5, 0, 0.5]],
  [0.1, 0.1, 3, [0.1, 0.2, 0.30000000000000004]],
];
test.each(linear)('linearBuckets(%d, %d, %d), as prom-client has them', (start, width, count, bounds) => {
  expect(linearBuckets(start, width, count)).toEqual(bounds);
  expect(promClient.linearBuckets(start, width, count)).toEqual(bounds);
  expect(checkBuckets('x', bounds)).toEqual(bounds);
});

const exponential: [start: number, factor: number, count: number, bounds: number[]][] = [
  [1, 2, 4, [1, 2, 4, 8]],
  [0.5, 10, 1, [0.5]],
  [0.001, 1.5, 3, [0.001, 0.0015, 0.0022500000000000003]],
];
test.each(exponential)('exponentialBuckets(%d, %d, %d), as prom-client has them', (start, factor, count, bounds) => {
  expect(exponentialBuckets(start, factor, count)).toEqual(bounds);
  expect(promClient.exponentialBuckets(start, factor, count)).toEqual(bounds);
  expect(checkBuckets('x', bounds)).toEqual(bounds);
});

test('both make as many bounds as 1000', () => {
  expect(linearBuckets(0, 1, 1000)).toHaveLength(1000);
  expect(exponentialBuckets(1, 1.5, 1000)).toHaveLength(1000);
});

const wrong: [make: () => number[], message: string][] = [
  [() => linearBuckets(NaN, 1, 1), 'linearBuckets(): start must be a finite number, not NaN'],
  [() => linearBuckets('1' as never, 1, 1), 'linearBuckets(): start must be a finite number, not "1"'],
  [() => linearBuckets(0, 0, 2), 'linearBuckets(): width must be a finite number above 0, not 0'],
  [() => linearBuckets(0, Infinity, 2), 'linearBuckets(): width must be a finite number above 0, not Infinity'],
  [() => linearBuckets(0, 1, 0), 'linearBuckets(): count must be a whole number from 1 to 1000, not 0'],
  [() => linearBuckets(0, 1, 1.5), 'linearBuckets(): count must be a whole number from 1 to 1000, not 1.5'],
  [() => linearBuckets(0, 1, 1e9), 'linearBuckets(): count must be a whole number from 1 to 1000, not 1000000000'],
  [
    () => linearBuckets(0, 1, undefined as never),
    'linearBuckets(): count must be a whole number from 1 to 1000, not undefined',
  ],
  [() => exponentialBuckets(0, 2, 1), 'exponentialBuckets(): start must be a finite number above 0, not 0'],
  [() => exponentialBuckets(1, 1, 2), 'exponentialBuckets(): factor must be a finite number above 1, not 1'],
  [() => exponentialBuckets(1, 5n as never, 2), 'exponentialBuckets(): factor must be a finite number above 1, not 5'],
  [() => exponentialBuckets(1, 2, -1), 'exponentialBuckets(): count must be a whole number from 1 to 1000, not -1'],
];
test.each(wrong)('%s throws', (make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_buckets', message }));
});
