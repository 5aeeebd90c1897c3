import { expect, test } from 'vitest';
import { queryOver } from './query.ts';

test.each([
  [15, '1m'],
  [60, '1m'],
  [300, '5m'],
])('over %i seconds a query asks for %s', (window, range) => {
  expect(queryOver('rate(a[$window]) / rate(b[$window])', window)).toBe(`rate(a[${range}]) / rate(b[${range}])`);
});
