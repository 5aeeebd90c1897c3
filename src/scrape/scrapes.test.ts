import { expect, test } from 'vitest';
import { patience } from './scrapes.ts';

const patiences: [header: string | undefined, timeout: number, seconds: number][] = [
  [undefined, 10, 10],
  ['', 10, 10],
  ['10', 10, 9.5],
  ['15.000000', 10, 14.5],
  ['1', 10, 0.9],
  ['0.1', 10, 0.09],
  ['60', 0.5, 59.5],
  ['1e9', 10, 119.5],
  ['Infinity', 10, 119.5],
  ['1000', 300, 299.5],
  ['0', 10, 10],
  ['-5', 10, 10],
  ['soon', 10, 10],
  ['10s', 10, 10],
];
test.each(patiences)(
  'X-Prometheus-Scrape-Timeout-Seconds %j where the timeout is %d s: %d s',
  (header, timeout, seconds) => {
    expect(patience(header, timeout)).toBeCloseTo(seconds, 10);
  },
);
