import { expect, test } from 'vitest';
import { seriesKey } from './exposition.ts';

test('equal series have equal keys, others have not', () => {
  const key = (...labels: [string, string][]) => seriesKey('x', labels);
  expect(key(['a', '1'], ['b', '2'])).toBe(key(['b', '2'], ['a', '1']));
  expect(key(['a', '1",b="2'])).not.toBe(key(['a', '1'], ['b', '2']));
});
