import { expect, test } from 'vitest';
import { bucketQuantile } from './quantile.ts';

type Buckets = [bound: number, count: number][];
const usual: Buckets = [
  [0.1, 10],
  [0.5, 60],
  [1, 90],
  [Infinity, 100],
];

const rows: [name: string, quantile: number, buckets: Buckets, value: number][] = [
  ['within a bucket', 0.5, usual, 0.1 + 0.4 * (40 / 50)],
  ['within the first bucket, from 0', 0.05, usual, 0.05],
  ['at a bound', 0.6, usual, 0.5],
  ['above the last bound', 0.95, usual, 1],
  ['the least', 0, usual, 0],
  ['all', 1, usual, 1],
  ['less than none', -0.1, usual, -Infinity],
  ['more than all', 1.1, usual, Infinity],
  ['no quantile', Number.NaN, usual, Number.NaN],
  [
    'no observation',
    0.5,
    [
      [1, 0],
      [Infinity, 0],
    ],
    Number.NaN,
  ],
  ['no bucket', 0.5, [], Number.NaN],
  ['+Inf alone', 0.5, [[Infinity, 3]], Number.NaN],
  [
    'no +Inf',
    0.5,
    [
      [1, 3],
      [2, 4],
    ],
    Number.NaN,
  ],
  ['any order', 0.5, usual.toReversed(), 0.1 + 0.4 * (40 / 50)],
  [
    'a first bound below 0',
    0.05,
    [
      [-1, 10],
      [1, 20],
      [Infinity, 20],
    ],
    -1,
  ],
  [
    'counts that fall are held',
    0.5,
    [
      [1, 10],
      [2, 4],
      [Infinity, 20],
    ],
    1,
  ],
  [
    'bounds that are there twice are added',
    0.5,
    [
      [1, 5],
      [1, 5],
      [Infinity, 20],
    ],
    1,
  ],
  // Without it the rank of 0.3 is in the second bucket, by one rounding error of 0.1 + 0.2.
  [
    'rounding errors are none',
    1,
    [
      [1, 0.3],
      [2, 0.1 + 0.2],
      [Infinity, 0.1 + 0.2],
    ],
    1,
  ],
];
test.each(rows)('bucketQuantile: %s', (_name, quantile, buckets, value) => {
  expect(
    bucketQuantile(
      quantile,
      buckets.map(([bound, count]) => ({ bound, count })),
    ),
  ).toBe(value);
});
