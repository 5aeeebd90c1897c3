import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { GrpcMetrics } from '../src/index.ts';
import { readProtobuf } from './support/exposition/readers.ts';

const protobuf = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

/** Metrics of calls, of the user's own, of an included registry, and of the process. */
function filled(): GrpcMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ zone: 'theirs' });
  new Counter({ name: 'orders_total', help: 'x', registers: [registry] }).inc();
  new Histogram({ name: 'theirs_seconds', help: 'x', buckets: [1], registers: [registry] }).observe(0.5);
  const pool = new Gauge({ name: 'pool_size', help: 'x', labelNames: ['region'], registers: [registry] });
  pool.labels('us').set(1);
  const metrics = new GrpcMetrics({
    constantLabels: { region: 'eu', zone: 'ours', service: 'constant' },
    naming: ['basic', 'go', 'grpc', 'otel'],
    service: { name: 'shop', version: '1' },
    runtime: true,
    createdSamples: true,
    nativeHistograms: true,
  });
  metrics.preregister({ Buy: { path: '/shop.v1.Orders/Buy', requestStream: false, responseStream: true } });
  const jobs = metrics.counter({ name: 'jobs_total', help: 'x', labelNames: ['region'] });
  jobs.labels({ region: 'us' }).inc();
  metrics.histogram({ name: 'job_seconds', help: 'x' }).observe(1);
  return metrics.include(registry);
}

/** The samples of a text without the values. */
function samplesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ [^ ]*( # .*)?$/, ''));
}

const own: [name: string, sample: string][] = [
  ["the user's label", 'jobs_total{region="us",zone="ours",service="constant"}'],
  ["the service's label", 'grpc_service_info{service="shop",version="1",region="eu",zone="ours"}'],
  ["an included registry's default label", 'orders_total{zone="theirs",region="eu",service="constant"}'],
  ["an included metric's label", 'pool_size{region="us",zone="theirs",service="constant"}'],
];
test.each(own)('a series keeps a label of its own: %s', async (_name, sample) => {
  expect(samplesOf(String((await filled().render()).body))).toContain(sample);
});

const scrapes: [name: string, accept: string | undefined, naming: ('basic' | 'go' | 'grpc' | 'otel')[]][] = [
  ['text', undefined, []],
  ['OpenMetrics', 'application/openmetrics-text; version=1.0.0', []],
  ['text in another vocabulary', undefined, ['go']],
];
test.each(scrapes)('every series of a scrape has them: %s', async (_name, accept, naming) => {
  const samples = samplesOf(String((await filled().render({ accept, naming })).body));
  expect(samples.length).toBeGreaterThan(50);
  for (const label of ['region', 'zone', 'service']) {
    expect(samples.filter((sample) => !new RegExp(`[{,]${label}="`).test(sample))).toEqual([]);
  }
});

test('every series of a scrape has them: protobuf', async () => {
  const { body } = await filled().render({ accept: protobuf });
  const families = readProtobuf(body as Uint8Array) as { metric: { label: { name: string; value: string }[] }[] }[];
  const series = families.flatMap(({ metric }) => metric.map(({ label }) => label.map(({ name }) => name)));
  expect(series.length).toBeGreaterThan(50);
  for (const names of series) expect(names).toEqual(expect.arrayContaining(['region', 'zone', 'service']));
  for (const names of series) expect(new Set(names).size).toBe(names.length);
});

test('collect() has them', () => {
  const series = filled()
    .collect()
    .flatMap(({ series: all }) => all.map(({ labels }) => labels));
  expect(series.length).toBeGreaterThan(50);
  for (const labels of series)
    expect(Object.keys(labels)).toEqual(expect.arrayContaining(['region', 'zone', 'service']));
});

test('the metrics in a registry of others have them, before its default labels', async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ region: 'theirs', host: 'a' });
  const metrics = new GrpcMetrics({ constantLabels: { region: 'eu' } }).registerInto(registry);
  metrics.gauge({ name: 'queue_length', help: 'x' }).set(3);
  expect(await registry.getSingleMetricAsString('queue_length')).toContain('queue_length{region="eu",host="a"} 3');
});

test("a vocabulary's constant labels win over those of every series", async () => {
  const metrics = new GrpcMetrics({
    constantLabels: { region: 'eu', zone: 'a' },
    naming: [{ use: 'basic', constantLabels: { zone: 'b' } }],
  });
  expect((await metrics.render()).body).toContain('grpc_active_connections{zone="b",region="eu"} 0\n');
});

test('two included series that a constant label makes equal are one, and a fault', async () => {
  const registry = new Registry();
  const gauge = new Gauge({ name: 'pool_size', help: 'x', labelNames: ['region'], registers: [registry] });
  gauge.set(1);
  gauge.labels('eu').set(2);
  const metrics = new GrpcMetrics({ constantLabels: { region: 'eu' } }).include(registry);
  expect(samplesOf(String((await metrics.render({ names: ['pool_size'] })).body))).toEqual(['pool_size{region="eu"}']);
  const faults = metrics.collect().find(({ name }) => name === 'grpc_vitals_errors_total')?.series ?? [];
  expect(faults).toContainEqual({ labels: { stage: 'include', region: 'eu' }, value: 1 });
});
