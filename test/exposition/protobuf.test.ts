import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  Exemplar,
  HistogramSeries,
  Labels,
  MetricFamily,
  NativeBuckets,
  SummarySeries,
} from '../../src/core/snapshot.ts';
import { protobuf } from '../../src/encode/protobuf.ts';
import { encodeBytes, readProtobuf } from '../support/exposition/readers.ts';
import { anyFamilies } from './families.ts';
import { everything } from './sample.ts';

const golden = [
  {
    name: 'jobs_total',
    help: 'Jobs that are "done",\nin all',
    type: 'COUNTER',
    metric: [
      {
        label: [{ name: 'kind', value: 'mail \\ "a"\n' }],
        counter: {
          value: 2.5,
          exemplar: {
            label: [{ name: 'trace_id', value: '4bf92f' }],
            value: 0.5,
            timestamp: { seconds: '1700000000', nanos: 250_000_000 },
          },
          created_timestamp: { seconds: '1699999999', nanos: 500_000_000 },
        },
      },
      { label: [{ name: 'kind', value: '' }], counter: { value: 1e6 } },
    ],
  },
  { name: 'queue_bytes', help: 'Jobs that wait', type: 'GAUGE', metric: [{ gauge: { value: -1.5 } }], unit: 'bytes' },
  {
    name: 'oddities',
    help: 'Odd values',
    type: 'GAUGE',
    metric: [
      { label: [{ name: 'is', value: 'nan' }], gauge: { value: NaN } },
      { label: [{ name: 'is', value: 'inf' }], gauge: { value: Infinity } },
    ],
  },
  {
    name: 'work_seconds',
    help: 'Time at work',
    type: 'HISTOGRAM',
    metric: [
      {
        label: [{ name: 'kind', value: 'a' }],
        histogram: {
          sample_count: '1099511627780',
          sample_sum: 17,
          bucket: [
            { cumulative_count: '0', upper_bound: 0.005 },
            {
              cumulative_count: '3',
              upper_bound: 1,
              exemplar: {
                label: [
                  { name: 'trace_id', value: 'a' },
                  { name: 'span_id', value: 'b' },
                ],
                value: 0.75,
                timestamp: { seconds: '1700000001', nanos: 0 },
              },
            },
            { cumulative_count: '4', upper_bound: 1e6 },
            {
              cumulative_count: '1099511627780',
              upper_bound: Infinity,
              exemplar: {
                label: [{ name: 'trace_id', value: 'c' }],
                value: 2e6,
                timestamp: { seconds: '1700000002', nanos: 125_000_000 },
              },
            },
          ],
          schema: 3,
          zero_threshold: 2 ** -128,
          zero_count: '1',
          positive_span: [
            { offset: -4, length: 2 },
            { offset: 2, length: 1 },
            { offset: 159, length: 1 },
          ],
          positive_delta: ['1', '0', '0', '1099511627775'],
          created_timestamp: { seconds: '1699999999', nanos: 500_000_000 },
        },
      },
      {
        label: [{ name: 'kind', value: 'b' }],
        histogram: {
          sample_count: '0',
          sample_sum: 0,
          bucket: [{ cumulative_count: '0', upper_bound: 1 }],
          schema: 8,
          zero_threshold: 2 ** -128,
          zero_count: '0',
          positive_span: [{ offset: 0, length: 0 }],
        },
      },
    ],
    unit: 'seconds',
  },
  {
    name: 'wait_seconds',
    help: 'Time in the queue',
    type: 'SUMMARY',
    metric: [
      {
        label: [{ name: 'kind', value: 'a' }],
        summary: {
          sample_count: '1099511627776',
          sample_sum: 17,
          quantile: [
            { quantile: 0.5, value: 0.25 },
            { quantile: 0.999, value: NaN },
            { quantile: 1, value: 1e6 },
          ],
          created_timestamp: { seconds: '1699999999', nanos: 500_000_000 },
        },
      },
      { label: [{ name: 'kind', value: 'b' }], summary: { sample_count: '0', sample_sum: 0 } },
    ],
    unit: 'seconds',
  },
];

test('a scrape with everything, whole', () => {
  expect(readProtobuf(encodeBytes(protobuf, everything))).toEqual(golden);
});

const label = (labels: Labels) => {
  const pairs = Object.entries(labels).map(([name, value]) => ({ name, value }));
  return pairs.length === 0 ? undefined : pairs;
};

const timestamp = (seconds: number | undefined) =>
  seconds === undefined
    ? undefined
    : { seconds: String(Math.floor(seconds)), nanos: (Math.round(seconds * 1000) % 1000) * 1e6 };

function sent(exemplar: Exemplar | undefined): object | undefined {
  const characters = Object.entries(exemplar?.labels ?? {}).flatMap((pair) => Array.from(pair.join(''))).length;
  if (exemplar === undefined || characters === 0 || characters > 128) return undefined;
  return { label: label(exemplar.labels), value: exemplar.value, timestamp: timestamp(exemplar.timestamp) };
}

/** The native buckets are not compared here: `nativeBuckets` reads them back. */
function expectedHistogram({ bounds, buckets, sum, exemplars, created, native }: HistogramSeries): object {
  const counts = Array.from(buckets);
  const upTo = (index: number) => String(BigInt(counts.slice(0, index + 1).reduce((a, b) => a + b, 0)));
  const all = [...bounds, Infinity].map((bound, index) => ({
    cumulative_count: upTo(index),
    upper_bound: bound,
    exemplar: sent(exemplars?.[index]),
  }));
  if (all.at(-1)?.exemplar === undefined) all.pop();
  return {
    sample_count: upTo(bounds.length),
    sample_sum: sum,
    bucket: all.length === 0 ? undefined : all,
    created_timestamp: timestamp(created),
    native,
  };
}

function expectedSummary({ quantiles, sum, count, created }: SummarySeries): object {
  const all = quantiles.map(([quantile, value]) => ({ quantile, value }));
  return {
    sample_count: String(BigInt(count)),
    sample_sum: sum,
    quantile: all.length === 0 ? undefined : all,
    created_timestamp: timestamp(created),
  };
}

function expectedMetrics(family: MetricFamily): object[] {
  if (family.type === 'histogram') {
    return family.series.map((one) => ({ label: label(one.labels), histogram: expectedHistogram(one) }));
  }
  if (family.type === 'summary') {
    return family.series.map((one) => ({ label: label(one.labels), summary: expectedSummary(one) }));
  }
  return family.series.map(({ labels, value, created, exemplar }) => ({
    label: label(labels),
    ...(family.type === 'counter'
      ? { counter: { value, exemplar: sent(exemplar), created_timestamp: timestamp(created) } }
      : { gauge: { value } }),
  }));
}

function expected(families: readonly MetricFamily[]): object[] {
  return families
    .filter(({ series }) => series.length > 0)
    .map((family) => {
      const { name, help, unit = '' } = family;
      const known = unit !== '' && name.replace(/_total$/, '').endsWith(`_${unit}`);
      return {
        name,
        help,
        type: family.type.toUpperCase(),
        metric: expectedMetrics(family),
        unit: known ? unit : undefined,
      };
    });
}

interface NativeFields {
  readonly schema?: number;
  readonly zero_threshold?: number;
  readonly zero_count?: string;
  readonly positive_span?: readonly { readonly offset: number; readonly length: number }[];
  readonly positive_delta?: readonly string[];
}

/** Buckets as a scraper makes them of spans and deltas; undefined for a histogram that is not native. */
function nativeBuckets(fields: NativeFields): NativeBuckets | undefined {
  if (fields.positive_span === undefined) return undefined;
  const indexes: number[] = [];
  let next = 0;
  for (const { offset, length } of fields.positive_span) {
    next += offset;
    for (let bucket = 0; bucket < length; bucket += 1) indexes.push(next++);
  }
  let count = 0n;
  const counts = (fields.positive_delta ?? []).map((delta) => {
    count += BigInt(delta);
    return Number(count);
  });
  const { schema, zero_threshold: zeroThreshold, zero_count: zeroCount } = fields;
  return { schema: schema!, zeroThreshold: zeroThreshold!, zeroCount: Number(zeroCount), indexes, counts };
}

const nativeFields = ['schema', 'zero_threshold', 'zero_count', 'positive_span', 'positive_delta'];

interface Decoded {
  readonly metric: readonly { readonly histogram?: NativeFields }[];
}

function withBuckets(family: object): object {
  const { metric, ...rest } = family as Decoded; // of readProtobuf
  return {
    ...rest,
    metric: metric.map((one) => {
      if (one.histogram === undefined) return one;
      const classic = Object.entries(one.histogram).filter(([field]) => !nativeFields.includes(field));
      return { ...one, histogram: { ...Object.fromEntries(classic), native: nativeBuckets(one.histogram) } };
    }),
  };
}

test('what is fuzzed reads back', () => {
  fc.assert(
    fc.property(anyFamilies, (families) => {
      const found = readProtobuf(encodeBytes(protobuf, families)).map(withBuckets);
      expect(found).toEqual(expected(families));
    }),
    { numRuns: 500 },
  );
});
