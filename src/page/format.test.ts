import { expect, test } from 'vitest';
import { formatAge } from '../core/seconds.ts';
import { format, formatQuantile, formatRate, formatTick, type Unit } from './format.ts';
import type { Quantile } from './window.ts';

const formats: [value: number | null | undefined, unit: Unit, text: string][] = [
  [null, 's', '–'],
  [undefined, '', '–'],
  [Number.NaN, '%', '–'],
  [Infinity, '/s', '–'],
  [0, 's', '0'],
  [0.0123, 's', '12.3 ms'],
  [0, '%', '0%'],
  [0.1234, '%', '12.3%'],
  [0.0004, '%', '<0.1%'],
  [0.9999, '%', '>99.9%'],
  [1, '%', '100%'],
  [2.5, '%', '250.0%'],
  [0.000_012_5, 's', '12.5 µs'],
  [0, '/s', '0.00/s'],
  [9.876, '/s', '9.88/s'],
  [98.76, '/s', '98.8/s'],
  [12_345.6, '/s', '12346/s'],
  [1_000_004, '/s', '1.00M/s'],
  [0, 'B', '0 B'],
  [512, 'B', '512 B'],
  [4560, 'B', '4.56 kB'],
  [92_123_456, 'B', '92.1 MB'],
  [999_600, 'B', '1.00 MB'],
  [3e9, 'B', '3 GB'],
  [1234, 'B/s', '1.23 kB/s'],
  [7, '', '7'],
  [9999, '', '9999'],
  [12_345, '', '12.3k'],
  [2.5, '', '2.50'],
  [0.00012345, '', '0.000123'],
  [5e6, '', '5M'],
  [-20_000, '', '-20k'],
  [2 ** 60, '', '1.15e+18'],
  [-Number.MAX_VALUE, 'B', '-1.80e+308 B'],
  [9.99e14, 'B', '999 TB'],
];
test.each(formats)('%s in %j is %s', (value, unit, text) => {
  expect(format(value, unit)).toBe(text);
});

test.each([
  [null, '–'],
  [0, '0.00'],
  [1234.5, '1235'],
  [99_999, '99999'],
  [123_456, '123k'],
  [123.45, '123.5'],
] as const)('a rate of %s is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each<[number, Unit, string]>([
  [0.0025, 's', '2.5 ms'],
  [0.005, 's', '5 ms'],
  [10, '/s', '10/s'],
  [0.5, '%', '50%'],
  [20_000_000, 'B', '20 MB'],
  [2.5, '', '2.5'],
  [100, '', '100'],
  [500_000, '/s', '500k/s'],
])('beside an axis %s in %j is %s', (value, unit, text) => {
  expect(formatTick(value, unit)).toBe(text);
});

const quantiles: [quantile: Quantile | null, unit: Unit, text: string][] = [
  [null, 's', '–'],
  [{ value: 0.0123, side: '' }, 's', '12.3 ms'],
  [{ value: 0.005, side: '<' }, 's', '<5 ms'],
  [{ value: 10, side: '>' }, 's', '>10 s'],
  [{ value: 4096, side: '>' }, 'B', '>4.1 kB'],
];
test.each(quantiles)('the quantile %j in %j is %s', (quantile, unit, text) => {
  expect(formatQuantile(quantile, unit)).toBe(text);
});

test.each([
  [-5, '0 s'],
  [45.9, '45 s'],
  [150, '2 min 30 s'],
  [180, '3 min 0 s'],
  [27 * 60 + 5, '27 min'],
  [3 * 3600 + 12 * 60, '3 h 12 min'],
  [(24 * 2 + 4) * 3600, '2 d 4 h'],
] as const)('%i seconds are %s', (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});
