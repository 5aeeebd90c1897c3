import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect, onTestFinished, test } from 'vitest';
import { GrpcMetrics } from '../../src/metrics.ts';
import { recordCalls } from './calls.ts';
import { startReceiver } from './receiver.ts';

/** An SDK as an application sets it up, which sends when it is told to. */
function startSdk(metrics: GrpcMetrics, url: string): MeterProvider {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url }),
    metricProducers: [metrics.producer()],
    exportIntervalMillis: 3_600_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter('app').createCounter('app.events').add(2);
  onTestFinished(() => provider.shutdown());
  return provider;
}

test("an OTLP receiver gets calls beside the application's own instruments", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const metrics = new GrpcMetrics({ naming: ['otel'] });
  recordCalls(metrics);
  await startSdk(metrics, receiver.url).forceFlush();
  const [resource] = (await receiver.next()).resourceMetrics;
  const language = { key: 'telemetry.sdk.language', value: { stringValue: 'nodejs' } };
  expect(resource!.resource.attributes).toContainEqual(language); // the SDK's own resource
  const scopes = resource!.scopeMetrics.map(({ scope, metrics: sent, schemaUrl }) => ({
    name: scope.name,
    schemaUrl,
    metrics: sent.map(({ name, unit }) => `${name} ${unit}`),
  }));
  expect(scopes).toContainEqual({ name: 'app', schemaUrl: undefined, metrics: ['app.events '] });
  expect(scopes).toContainEqual({
    name: 'grpc-vitals',
    schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
    metrics: ['rpc.server.call.duration s', 'rpc.client.call.duration s'],
  });
});

test('an OTLP receiver gets the buckets that a scrape has', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const metrics = new GrpcMetrics({ naming: ['otel'] });
  recordCalls(metrics);
  await startSdk(metrics, receiver.url).forceFlush();
  const sent = (await receiver.next()).resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all))
    .find(({ name }) => name === 'rpc.server.call.duration')!.histogram!;
  expect(sent.aggregationTemporality).toBe(2); // cumulative
  const scraped = metrics.collect().find(({ name }) => name === 'rpc_server_call_duration_seconds');
  if (scraped?.type !== 'histogram') throw new Error('no histogram');
  expect(sent.dataPoints.map(({ bucketCounts, explicitBounds }) => ({ bucketCounts, explicitBounds }))).toEqual(
    scraped.series.map(({ buckets, bounds }) => ({ bucketCounts: buckets, explicitBounds: bounds })),
  );
});

test('the exporter of OpenTelemetry sends no exemplars', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const metrics = new GrpcMetrics({ exemplars: () => ({ trace_id: '0af7651916cd43dd8448eb211c80319c' }) });
  metrics.histogram({ name: 'order_value', help: 'Values', buckets: [10] }).observe(50);
  await startSdk(metrics, receiver.url).forceFlush();
  const points = (await receiver.next()).resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all))
    .find(({ name }) => name === 'order_value')!.histogram!.dataPoints;
  // The day that it does, the page of the documentation changes.
  expect(points.map(({ exemplars }) => exemplars)).toEqual([undefined]);
});
