import type { MetricFamily } from '../../src/core/snapshot.ts';

const created = 1699999999.5;

/** A snapshot with everything that a format can have, and what formats must leave out. */
export const everything: readonly MetricFamily[] = [
  {
    name: 'jobs_total',
    type: 'counter',
    help: 'Jobs that are "done",\nin all',
    unit: 'seconds',
    series: [
      {
        labels: { kind: 'mail \\ "a"\n' },
        value: 2.5,
        created,
        exemplar: { labels: { trace_id: '4bf92f' }, value: 0.5, timestamp: 1700000000.25 },
      },
      { labels: { kind: '' }, value: 1e6, exemplar: { labels: { a: 'x'.repeat(128) }, value: 1, timestamp: 1 } },
    ],
  },
  { name: 'silent', type: 'gauge', help: 'No series yet', series: [] },
  { name: 'queue_bytes', type: 'gauge', help: 'Jobs that wait', unit: 'bytes', series: [{ labels: {}, value: -1.5 }] },
  {
    name: 'oddities',
    type: 'gauge',
    help: 'Odd values',
    series: [
      { labels: { is: 'nan' }, value: NaN },
      { labels: { is: 'inf' }, value: Infinity },
    ],
  },
  {
    name: 'work_seconds',
    type: 'histogram',
    help: 'Time at work',
    unit: 'seconds',
    series: [
      {
        labels: { kind: 'a' },
        bounds: [0.005, 1, 1e6],
        buckets: [0, 3, 1, 2 ** 40],
        sum: 17,
        created,
        native: {
          schema: 3,
          zeroThreshold: 2 ** -128,
          zeroCount: 1,
          indexes: [-4, -3, 0, 160],
          counts: [1, 1, 1, 2 ** 40],
        },
        exemplars: [
          undefined,
          { labels: { trace_id: 'a', span_id: 'b' }, value: 0.75, timestamp: 1700000001 },
          undefined,
          { labels: { trace_id: 'c' }, value: 2e6, timestamp: 1700000002.125 },
        ],
      },
      {
        labels: { kind: 'b' },
        bounds: [1],
        buckets: [0, 0],
        sum: 0,
        native: { schema: 8, zeroThreshold: 2 ** -128, zeroCount: 0, indexes: [], counts: [] },
      },
    ],
  },
  {
    name: 'wait_seconds',
    type: 'summary',
    help: 'Time in the queue',
    unit: 'seconds',
    series: [
      {
        labels: { kind: 'a' },
        quantiles: [
          [0.5, 0.25],
          [0.999, NaN],
          [1, 1e6],
        ],
        sum: 17,
        count: 2 ** 40,
        created,
      },
      { labels: { kind: 'b' }, quantiles: [], sum: 0, count: 0 },
    ],
  },
];
