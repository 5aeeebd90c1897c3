import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import { Histogram } from '../../core/histogram.ts';
import { scrape } from './scrape.ts';

test('what the endpoint says of itself', () => {
  const duration = new Histogram([0.1, 1], () => {});
  duration.observe(0.5);
  const numbers = {
    requests: { '200': 3, '500': 1, '503': 0 },
    inFlight: 2,
    errors: { gathering: 0, encoding: 1 },
    duration,
    size: 1234,
  };
  const collector = scrape(numbers);
  const found = collected(collector);
  expect(collector.families.map(({ name, type }) => ({ name, type }))).toEqual(
    found.map(({ name, type }) => ({ name, type })),
  );
  expect(found).toEqual([
    {
      name: 'promhttp_metric_handler_requests_total',
      type: 'counter',
      help: 'Scrapes answered, by HTTP status code',
      series: [
        { labels: { code: '200' }, value: 3 },
        { labels: { code: '500' }, value: 1 },
        { labels: { code: '503' }, value: 0 },
      ],
    },
    {
      name: 'promhttp_metric_handler_requests_in_flight',
      type: 'gauge',
      help: 'Scrapes in progress',
      series: [{ labels: {}, value: 2 }],
    },
    {
      name: 'promhttp_metric_handler_errors_total',
      type: 'counter',
      help: 'Scrapes that failed, by cause: gathering or encoding',
      series: [
        { labels: { cause: 'gathering' }, value: 0 },
        { labels: { cause: 'encoding' }, value: 1 },
      ],
    },
    {
      name: 'grpc_vitals_scrape_duration_seconds',
      type: 'histogram',
      help: 'Time until the answer to a scrape is ready to be sent',
      series: [{ labels: {}, bounds: [0.1, 1], buckets: [0, 1, 0], sum: 0.5 }],
    },
    {
      name: 'grpc_vitals_scrape_size_bytes',
      type: 'gauge',
      help: 'Size of the last complete scrape before compression',
      series: [{ labels: {}, value: 1234 }],
    },
  ]);
});
