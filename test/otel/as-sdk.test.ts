import { MeterProvider, type MetricData, type MetricProducer, MetricReader } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/metrics.ts';
import { otel } from '../../src/naming/vocabularies/otel.ts';
import { recordCalls } from './calls.ts';

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Everything that OpenTelemetry's own reader gets of a producer. */
async function read(producer: MetricProducer): Promise<MetricData[]> {
  const reader = new Reader({ metricProducers: [producer] });
  const provider = new MeterProvider({ readers: [reader] });
  try {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  } finally {
    await provider.shutdown();
  }
}

/** What OpenTelemetry's own instruments give for the calls of `recordCalls` and the metrics of `declareOwn`. */
async function theirs(): Promise<MetricData[]> {
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('grpc-vitals');
  const advice = { explicitBucketBoundaries: [...otel.bounds] };
  const calls = { 'rpc.method': 'shop.Orders/Get', 'rpc.system.name': 'grpc' };
  const server = meter.createHistogram('rpc.server.call.duration', {
    description: 'Duration of incoming RPCs',
    unit: 's',
    advice,
  });
  server.record(0.02, { ...calls, 'rpc.status_code': 'OK' });
  server.record(0.3, { ...calls, 'rpc.status_code': 'OK' });
  server.record(20, { ...calls, 'rpc.status_code': 'INTERNAL', 'error.type': 'INTERNAL' });
  const client = meter.createHistogram('rpc.client.call.duration', {
    description: 'Duration of outgoing RPCs',
    unit: 's',
    advice,
  });
  client.record(0.004, {
    ...calls,
    'rpc.status_code': 'UNAVAILABLE',
    'error.type': 'UNAVAILABLE',
    'server.address': 'orders',
    'server.port': 50051,
  });
  meter.createCounter('orders_total', { description: 'Orders' }).add(3, { country: 'NO' });
  meter.createGauge('pool_size', { description: 'Connections of the pool' }).record(7);
  const advised = { explicitBucketBoundaries: [10, 100] };
  meter.createHistogram('order_value', { description: 'Values', advice: advised }).record(50);
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
}

/** Without times, and without what OpenTelemetry has besides: the smallest and the largest value, and the attributes' order. */
function comparable(metrics: readonly MetricData[]): unknown {
  return metrics
    .map(({ dataPoints, ...metric }) => ({
      ...metric,
      descriptor: { ...metric.descriptor, type: undefined, advice: undefined },
      dataPoints: dataPoints
        .map(({ attributes, value }) => ({
          attributes: Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b))),
          value: typeof value === 'number' ? value : { ...value, min: undefined, max: undefined },
        }))
        .sort((a, b) => JSON.stringify(a.attributes).localeCompare(JSON.stringify(b.attributes))),
    }))
    .sort((a, b) => a.descriptor.name.localeCompare(b.descriptor.name));
}

test('calls and own metrics are what the instruments of OpenTelemetry would have given', async () => {
  const metrics = new GrpcMetrics({ naming: ['basic', 'otel'] });
  recordCalls(metrics);
  metrics
    .counter({ name: 'orders_total', help: 'Orders', labelNames: ['country'] })
    .labels({ country: 'NO' })
    .inc(3);
  metrics.gauge({ name: 'pool_size', help: 'Connections of the pool', read: async () => 7 });
  metrics.histogram({ name: 'order_value', help: 'Values', buckets: [10, 100] }).observe(50);
  expect(comparable(await read(metrics.producer()))).toEqual(comparable(await theirs()));
});
