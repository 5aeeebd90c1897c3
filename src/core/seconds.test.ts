import { expect, test } from 'vitest';
import { formatSeconds } from './seconds.ts';

test.each([
  [0, '0'],
  [-0, '0'],
  [0.000_000_012, '0.01us'],
  [0.000_012_5, '12.5us'],
  [0.000_45, '450us'],
  [0.000_999_49, '999us'],
  [0.000_999_6, '1.00ms'],
  [0.005_25, '5.25ms'],
  [0.009_999, '10.0ms'],
  [0.0125, '12.5ms'],
  [0.09996, '100ms'],
  [0.9994, '999ms'],
  [0.9996, '1.00s'],
  [12.34, '12.3s'],
  [-0.01, '-10.0ms'],
  [1_700_000_000, '1700000000s'],
  [1e300, '1.00e+300s'],
])('%s seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
