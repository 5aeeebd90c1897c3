import { expect, test } from 'vitest';
import type { MetricData } from '../../src/bridge/otel/metric-data.ts';
import { GrpcMetrics, partsOf } from '../../src/metrics.ts';
import type { Method } from '../../src/rpc/methods/method.ts';
import type { ServerStore } from '../../src/rpc/server-store.ts';
import { status } from '../../src/rpc/status.ts';
import { value } from '../support/metric-value.ts';
import { recordCalls } from './calls.ts';

async function collect(from: GrpcMetrics): Promise<Map<string, MetricData>> {
  const { resourceMetrics } = await from.producer().collect();
  return new Map(
    resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => [metric.descriptor.name, metric])),
  );
}

test('a process without calls and metrics of its own sends nothing', async () => {
  const { resourceMetrics, errors } = await new GrpcMetrics().producer().collect();
  expect({ scopes: resourceMetrics.scopeMetrics, errors }).toEqual({ scopes: [], errors: [] });
});

test('the scope names the library and the version of the conventions', async () => {
  const metrics = new GrpcMetrics();
  recordCalls(metrics);
  const { resourceMetrics } = await metrics.producer().collect();
  expect(resourceMetrics.scopeMetrics.map(({ scope }) => scope)).toEqual([
    { name: 'grpc-vitals', version: '0.1.0', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' },
  ]);
});

test("constantLabels and the user's labels of calls are attributes under their own names", async () => {
  const metrics = new GrpcMetrics({ constantLabels: { region: 'north' }, callLabels: { tenant: 'acme' } });
  recordCalls(metrics);
  const data = (await collect(metrics)).get('rpc.server.call.duration')!;
  expect(data.dataPoints[0]!.attributes).toMatchObject({ region: 'north', tenant: 'acme' });
});

const methods: [name: string, recorded: (store: ServerStore) => Method, attribute: string][] = [
  ['a method', (store) => store.method('/shop.Orders/Get')!, 'shop.Orders/Get'],
  ['methods that the server does not have', (store) => store.unknown, '_OTHER'],
];

test.each(methods)('rpc.method of %s', async (_name, recorded, attribute) => {
  const metrics = new GrpcMetrics();
  recorded(partsOf(metrics).server).finish(status.UNIMPLEMENTED, 0.1);
  const [point] = (await collect(metrics)).get('rpc.server.call.duration')!.dataPoints;
  expect(point!.attributes['rpc.method']).toBe(attribute);
});

test('a point starts where its series started, and ends when it was read', async () => {
  const before = Date.now() / 1000;
  const metrics = new GrpcMetrics();
  recordCalls(metrics);
  const recorded = Date.now() / 1000;
  const { startTime, endTime } = (await collect(metrics)).get('rpc.server.call.duration')!.dataPoints[0]!;
  const seconds = (time: [number, number]) => time[0] + time[1] / 1e9;
  expect(startTime.every(Number.isSafeInteger)).toBe(true);
  expect(seconds(startTime)).toBeGreaterThanOrEqual(before - 0.001);
  expect(seconds(startTime)).toBeLessThanOrEqual(recorded + 0.001);
  expect(seconds(endTime)).toBeGreaterThanOrEqual(recorded - 0.001);
});

test('a histogram with native buckets is exponential, and has the same count and sum', async () => {
  const metrics = new GrpcMetrics({ nativeHistograms: true });
  recordCalls(metrics);
  const data = (await collect(metrics)).get('rpc.server.call.duration')!;
  expect(data.dataPointType).toBe(1);
  const values = data.dataPoints.map(({ value: histogram }) => histogram);
  expect(values).toEqual([
    expect.objectContaining({ count: 2, sum: 0.32, scale: 3, zeroCount: 0 }),
    expect.objectContaining({ count: 1, sum: 20, scale: 3, zeroCount: 0 }),
  ]);
  const observed = values.map((histogram) =>
    'positive' in Object(histogram) ? Object(histogram).positive : undefined,
  );
  expect(observed).toEqual([
    // 0.02 is 2^-5.64 and 0.3 is 2^-1.74: at scale 3 their buckets are -46 and -14.
    { offset: -46, bucketCounts: [1, ...Array<number>(31).fill(0), 1] },
    { offset: 34, bucketCounts: [1] },
  ]);
});

test('values below 0 have no sum, as the data model demands', async () => {
  const metrics = new GrpcMetrics();
  metrics.histogram({ name: 'balance', help: 'Balances', buckets: [-10, 0, 10] }).observe(-5);
  const [point] = (await collect(metrics)).get('balance')!.dataPoints;
  expect(point!.value).toEqual({ buckets: { boundaries: [-10, 0, 10], counts: [0, 1, 0, 0] }, count: 1 });
});

test('exemplars are on the points, with ids of trace and span apart from other labels', async () => {
  const trace = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', pod: 'a' };
  const metrics = new GrpcMetrics({ exemplars: () => trace });
  metrics.counter({ name: 'orders_total', help: 'Orders' }).inc();
  metrics.histogram({ name: 'order_value', help: 'Values', buckets: [10] }).observe(50);
  const data = await collect(metrics);
  const exemplar = (at: number) => ({
    filteredAttributes: { pod: 'a' },
    value: at,
    timestamp: [expect.any(Number), expect.any(Number)],
    traceId: trace.trace_id,
    spanId: trace.span_id,
  });
  expect(data.get('orders_total')!.dataPoints[0]!.exemplars).toEqual([exemplar(1)]);
  expect(data.get('order_value')!.dataPoints[0]!.exemplars).toEqual([exemplar(50)]);
});

test('what a point holds stays as it is when further calls end', async () => {
  const metrics = new GrpcMetrics();
  recordCalls(metrics);
  const data = (await collect(metrics)).get('rpc.server.call.duration')!;
  const before = structuredClone(data);
  recordCalls(metrics);
  expect(data).toEqual(before);
});

test('a gauge that fails is left out and counted, and all else is there', async () => {
  const metrics = new GrpcMetrics({ logger: { warn: () => {} } });
  recordCalls(metrics);
  metrics.gauge({ name: 'broken', help: 'Throws', read: () => Promise.reject(new Error('no pool')) });
  const data = await collect(metrics);
  expect([...data.keys()]).toEqual(['rpc.server.call.duration', 'rpc.client.call.duration']);
  expect(value(metrics, 'grpc_vitals_errors_total', { stage: 'metric' })).toBe(1);
});

test('a collection that fails is an error in the result, and is counted', async () => {
  const warnings: string[] = [];
  const metrics = new GrpcMetrics({ logger: { warn: (message) => void warnings.push(message) } });
  const broken = new Error('broken');
  partsOf(metrics).server.methods = () => {
    throw broken;
  };
  const { resourceMetrics, errors } = await metrics.producer().collect();
  expect(errors).toEqual([broken]);
  expect(resourceMetrics.scopeMetrics).toEqual([]);
  expect(warnings.join()).toContain('producer()');
});

test('the event loop has turns while many series are read', async () => {
  const metrics = new GrpcMetrics();
  const counter = metrics.counter({ name: 'rows_total', help: 'Rows', labelNames: ['row'], maxSeries: 50_000 });
  for (let row = 0; row < 50_000; row += 1) counter.labels({ row: String(row) }).inc();
  let turns = 0;
  const count = () => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  const data = await collect(metrics);
  clearImmediate(immediate);
  expect(data.get('rows_total')!.dataPoints).toHaveLength(50_000);
  expect(turns).toBeGreaterThan(3);
});
