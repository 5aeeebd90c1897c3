import { expect, test } from 'vitest';
import { checkBuckets, defaultBuckets } from './buckets.ts';
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
