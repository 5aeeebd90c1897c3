import { expect, test } from 'vitest';
import type { MetricType } from '../../core/snapshot.ts';
import { aggregatorOf, checkAggregators, type PromClientAggregator } from './aggregator.ts';

const cases: [name: string, type: MetricType, aggregator: PromClientAggregator][] = [
  ['jobs_total', 'counter', 'sum'],
  ['wait_seconds', 'histogram', 'sum'],
  ['wait_seconds', 'summary', 'sum'],
  ['queue_length', 'gauge', 'sum'],
  ['grpc_active_connections', 'gauge', 'sum'],
  ['process_resident_memory_bytes', 'gauge', 'sum'],
  ['grpc_service_info', 'gauge', 'first'],
  ['process_start_time_seconds', 'gauge', 'min'],
  ['nodejs_eventloop_lag_seconds', 'gauge', 'max'],
  ['cache_hit_ratio', 'gauge', 'average'],
];
test.each(cases)('%s, a %s: %s', (name, type, aggregator) => {
  expect(aggregatorOf(name, type)).toBe(aggregator);
});

test('what is no aggregator is refused', () => {
  expect(() => checkAggregators({ a: 'sum', b: 'omit' })).not.toThrow();
  expect(() => checkAggregators({ a: 'sum', b: 'median' })).toThrow(
    expect.objectContaining({
      code: 'invalid_option',
      message: 'aggregator of "b" must be one of sum, first, min, max, average, omit, not "median"',
    }),
  );
});
