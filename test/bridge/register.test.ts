import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { TargetRegistries } from '../../src/bridge/prom-client/register-into.ts';
import { GrpcMetrics, type MetricFamily } from '../../src/index.ts';
import { aggregate, foreignLines, libraries, type Registry, watched } from './libraries.ts';

/** Metrics with what is hard about each type. */
function filled(): GrpcMetrics {
  const metrics = new GrpcMetrics({ service: { name: 'shop', version: '1.2.3' }, nativeHistograms: true });
  const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs\n"done"', labelNames: ['kind'] });
  jobs.labels({ kind: 'a\\b"c"\n' }).inc(2.5);
  jobs.labels({ kind: 'plain' }).inc();
  metrics.gauge({ name: 'queue_length', help: 'Queue' }).set(-1.5);
  const wait = metrics.histogram({ name: 'wait_seconds', help: 'Wait', labelNames: ['route'], buckets: [0.1, 1] });
  for (const value of [0.05, 0.5, 7]) wait.labels({ route: '/' }).observe(value);
  metrics.gauge({ name: 'silent', help: 'No series', labelNames: ['a'] });
  return metrics;
}

const text = `# HELP jobs_total Jobs\\n"done"
# TYPE jobs_total counter
jobs_total{kind="a\\\\b\\"c\\"\\n"} 2.5
jobs_total{kind="plain"} 1

# HELP queue_length Queue
# TYPE queue_length gauge
queue_length -1.5

# HELP wait_seconds Wait
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1",route="/"} 1
wait_seconds_bucket{le="1",route="/"} 2
wait_seconds_bucket{le="+Inf",route="/"} 3
wait_seconds_sum{route="/"} 7.55
wait_seconds_count{route="/"} 3

# HELP silent No series
# TYPE silent gauge
`;

/** What a scrape of theirs says of the metrics of `filled`. */
function ours(scraped: string): string {
  return scraped.slice(scraped.indexOf('# HELP jobs'));
}

describe.each(libraries)('%s', (_name, library) => {
  test('ours are in the scrape of theirs, each as it is now', async () => {
    const registry = new library.Registry();
    new library.Gauge({ name: 'theirs', help: 'Theirs', registers: [registry] }).set(1);
    const metrics = filled().registerInto(registry);
    const first = await registry.metrics();
    expect(ours(first)).toBe(text);
    expect(first).toContain('# TYPE theirs gauge\ntheirs 1\n');
    expect(first).toContain('grpc_service_info{service="shop",version="1.2.3"} 1\n');
    expect(new Set(first.match(/^# TYPE \S+/gm))).toEqual(
      new Set(['theirs', ...metrics.collect().map(({ name }) => name)].map((name) => `# TYPE ${name}`)),
    );
    metrics.gauge({ name: 'queue_length', help: 'Queue' }).set(5);
    expect(await registry.metrics()).toContain('queue_length 5\n');
  });

  test('what is declared later is registered too', async () => {
    const registry = new library.Registry();
    const metrics = new GrpcMetrics().registerInto(registry);
    metrics.counter({ name: 'late_total', help: 'Late' }).inc(3);
    expect(await registry.metrics()).toContain('late_total 3\n');
  });

  test('OpenMetrics, then text, then OpenMetrics: names as they were', async () => {
    const registry: Registry = new library.Registry();
    const metrics = filled().registerInto(registry);
    const content = library.Registry;
    for (let round = 0; round < 2; round += 1) {
      registry.setContentType(content.OPENMETRICS_CONTENT_TYPE);
      const scraped = await registry.metrics();
      expect(scraped).toContain('# TYPE jobs counter\njobs_total{kind="a');
      expect(scraped).toContain('jobs_total{kind="plain"} 1\n');
      expect(scraped).not.toContain('_total_total');
      expect(scraped).toMatch(/# EOF\n$/);
      expect(await registry.getSingleMetricAsString('jobs_total')).toMatch(/^jobs_total\{kind="plain"\} 1$/m);
      expect((await registry.getMetricsAsJSON()).map(({ name }) => name)).toContain('jobs_total');
      registry.setContentType(content.PROMETHEUS_CONTENT_TYPE);
      expect(ours(await registry.metrics())).toBe(text);
      expect(await registry.getSingleMetricAsString('queue_length')).toBe(
        '# HELP queue_length Queue\n# TYPE queue_length gauge\nqueue_length -1.5',
      );
    }
    expect(registry.getSingleMetric('jobs_total')).toMatchObject({ name: 'jobs_total' });
    expect(metrics.collect().map(({ name }) => name)).toContain('jobs_total');
  });

  test('JSON, with default labels that stay out of ours', async () => {
    const registry = new library.Registry();
    const metrics = filled().registerInto(registry);
    registry.setDefaultLabels({ zone: 'a' });
    for (let round = 0; round < 2; round += 1) {
      const json = await registry.getMetricsAsJSON();
      expect(json.find(({ name }) => name === 'jobs_total')).toEqual({
        name: 'jobs_total',
        help: 'Jobs\n"done"',
        type: 'counter',
        aggregator: 'sum',
        values: [
          { value: 2.5, labels: { kind: 'a\\b"c"\n', zone: 'a' } },
          { value: 1, labels: { kind: 'plain', zone: 'a' } },
        ],
      });
      expect(json.find(({ name }) => name === 'wait_seconds')?.values).toEqual([
        { value: 1, labels: { le: 0.1, route: '/', zone: 'a' }, metricName: 'wait_seconds_bucket' },
        { value: 2, labels: { le: 1, route: '/', zone: 'a' }, metricName: 'wait_seconds_bucket' },
        { value: 3, labels: { le: '+Inf', route: '/', zone: 'a' }, metricName: 'wait_seconds_bucket' },
        { value: 7.55, labels: { route: '/', zone: 'a' }, metricName: 'wait_seconds_sum' },
        { value: 3, labels: { route: '/', zone: 'a' }, metricName: 'wait_seconds_count' },
      ]);
      expect(await registry.metrics()).toContain('jobs_total{kind="plain",zone="a"} 1\n');
      expect(JSON.stringify(metrics.collect())).not.toContain('zone');
    }
  });

  test('whoever writes into what they are given writes into a copy', async () => {
    const registry = new library.Registry();
    filled().registerInto(registry);
    for (const { values } of await registry.getMetricsAsJSON()) {
      for (const value of values) Object.assign(value.labels, { kind: 'x', route: 'x' });
    }
    expect(ours(await registry.metrics())).toBe(text);
  });

  test('merge', async () => {
    const registry = new library.Registry();
    const other = new library.Registry();
    new library.Gauge({ name: 'other', help: 'Other', registers: [other] }).set(1);
    filled().registerInto(registry);
    const merged = library.Registry.merge([other, registry]);
    const scraped = await merged.metrics();
    expect(scraped).toContain('other 1\n');
    expect(ours(scraped)).toBe(text);
    // A registry of another content type than the one that ours were put into.
    const openMetrics = merged as unknown as Registry; // its type knows one content type
    openMetrics.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
    expect(await openMetrics.metrics()).toContain('# TYPE jobs counter\njobs_total{');
    expect(ours(await registry.metrics())).toBe(text);
  });

  test('aggregate: what several processes count adds up, facts do not', async () => {
    const processes = await Promise.all(
      [1, 2, 3].map(async (size) => {
        const registry = new library.Registry();
        const metrics = filled();
        metrics.gauge({ name: 'largest_bytes', help: 'Largest' }).set(size);
        metrics.gauge({ name: 'lag_seconds', help: 'Lag' }).set(size / 4);
        metrics.registerInto(registry, { aggregators: { largest_bytes: 'max', silent: 'omit' } });
        // As it comes over the channel between processes.
        return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as object;
      }),
    );
    const scraped = await aggregate(library, processes).metrics();
    expect(scraped).toContain('jobs_total{kind="plain"} 3\n');
    expect(scraped).toContain('queue_length -4.5\n');
    expect(scraped).toContain('wait_seconds_bucket{le="1",route="/"} 6\n');
    expect(scraped).toContain('wait_seconds_bucket{le="+Inf",route="/"} 9\n');
    expect(scraped).toContain('wait_seconds_count{route="/"} 9\n');
    expect(scraped).toContain('grpc_service_info{service="shop",version="1.2.3"} 1\n');
    expect(scraped).toContain('largest_bytes 3\n');
    expect(scraped).toContain('lag_seconds 0.75\n');
    expect(scraped).not.toContain('silent');
  });

  test('a push gateway gets ours', async () => {
    const bodies: string[] = [];
    const gateway = createServer((request, response) => {
      void buffer(request).then((body) => {
        bodies.push(`${request.method} ${request.url}\n${body.toString()}`);
        return response.end();
      });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = gateway.address() as { port: number }; // it listens
      const registry = new library.Registry();
      filled().registerInto(registry);
      await new library.Pushgateway(`http://127.0.0.1:${port}`, {}, registry).pushAdd({ jobName: 'shop' });
      expect(bodies).toHaveLength(1);
      expect(bodies[0]).toMatch(/^POST \/metrics\/job\/shop\n/);
      expect(ours(bodies[0]!)).toBe(text);
    } finally {
      gateway.close();
    }
  });

  test('resetting theirs leaves ours; clearing takes ours out, and they can be put back', async () => {
    const registry = new library.Registry();
    const metrics = filled().registerInto(registry).registerInto(registry);
    registry.resetMetrics();
    expect(ours(await registry.metrics())).toBe(text);
    registry.clear();
    expect(registry.getMetricsAsArray()).toEqual([]);
    metrics.registerInto(registry);
    expect(ours(await registry.metrics())).toBe(text);
    registry.removeSingleMetric('queue_length');
    metrics.registerInto(registry);
    expect(await registry.metrics()).toContain('queue_length -1.5\n');
  });

  test('ours can be in several registries', async () => {
    const registries = [new library.Registry(), new library.Registry()];
    const metrics = filled();
    for (const registry of registries) metrics.registerInto(registry);
    for (const registry of registries) expect(ours(await registry.metrics())).toBe(text);
  });

  test('exemplars and summaries', async () => {
    const exemplar = { labels: { trace_id: 'a "b"' }, value: 0.5, timestamp: 1700000000.25 };
    const long = { ...exemplar, labels: { a: 'x'.repeat(128) } };
    const families: MetricFamily[] = [
      {
        name: 'a_total',
        type: 'counter',
        help: 'A',
        series: [
          { labels: {}, value: 1, exemplar },
          { labels: { too: 'long' }, value: 2, exemplar: long },
        ],
      },
      {
        name: 'h',
        type: 'histogram',
        help: 'H',
        series: [{ labels: {}, bounds: [1], buckets: [1, 2], sum: 9, exemplars: [exemplar, undefined] }],
      },
      { name: 's', type: 'summary', help: 'S', series: [{ labels: {}, quantiles: [[0.5, 3]], sum: 9, count: 2 }] },
    ];
    const registry: Registry = new library.Registry();
    registry.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
    new TargetRegistries({ families: () => families, collectAll: async () => families }).add(registry);
    expect(await registry.metrics()).toBe(`# HELP a A
# TYPE a counter
a_total 1 # {trace_id="a \\"b\\""} 0.5 1700000000.25
a_total{too="long"} 2
# HELP h H
# TYPE h histogram
h_bucket{le="1"} 1 # {trace_id="a \\"b\\""} 0.5 1700000000.25
h_bucket{le="+Inf"} 3
h_sum 9
h_count 3
# HELP s S
# TYPE s summary
s{quantile="0.5"} 3
s_sum 9
s_count 2
# EOF
`);
  });

  test('all metrics of one scrape are of one moment, and the next scrape of another', async () => {
    let reads = 0;
    const heads = ['a', 'b', 'c'].map((name) => ({ name, type: 'gauge' as const, help: name }));
    const collectAll = async (): Promise<MetricFamily[]> => {
      reads += 1;
      return heads.map((head) => ({ ...head, series: [{ labels: {}, value: reads }] }));
    };
    const registry = new library.Registry();
    new TargetRegistries({ families: () => heads, collectAll }).add(registry);
    expect((await registry.metrics()).match(/^[abc] \d$/gm)).toEqual(['a 1', 'b 1', 'c 1']);
    expect((await registry.metrics()).match(/^[abc] \d$/gm)).toEqual(['a 2', 'b 2', 'c 2']);
  });

  test('gauges that are read are in their scrapes, also those that are asynchronous', async () => {
    const { metrics, said } = watched();
    const registry = new library.Registry();
    metrics.registerInto(registry);
    let value = 1;
    metrics.gauge({ name: 'now', help: 'Now', read: () => value });
    metrics.gauge({ name: 'later', help: 'Later', read: async () => value + 10 });
    metrics.gauge({ name: 'never', help: 'Never', read: () => new Promise<number>(() => {}), timeoutSeconds: 0.001 });
    expect((await registry.metrics()).match(/^(now|later|never) \d+$/gm)).toEqual(['now 1', 'later 11']);
    value = 2;
    expect((await registry.metrics()).match(/^(now|later|never) \d+$/gm)).toEqual(['now 2', 'later 12']);
    expect(said).toEqual([expect.stringContaining('"never": left out, as its read() took longer than 0.001 s')]);
  });

  const orders: [name: string, join: (metrics: GrpcMetrics, registry: Registry) => void][] = [
    ['registerInto, then include', (metrics, registry) => metrics.registerInto(registry).include(registry)],
    ['include, then registerInto', (metrics, registry) => metrics.include(registry).registerInto(registry)],
  ];
  test.each(orders)('both at once: %s: nothing is there twice', async (_order, join) => {
    const registry = new library.Registry();
    new library.Gauge({ name: 'theirs', help: 'Theirs', registers: [registry] }).set(1);
    const { metrics, said } = watched();
    metrics.counter({ name: 'early_total', help: 'Early' });
    join(metrics, registry);
    metrics.counter({ name: 'late_total', help: 'Late' });
    new library.Gauge({ name: 'theirs_later', help: 'Theirs', registers: [registry] }).set(1);
    const names = [...metrics.collect().map(({ name }) => name), 'theirs', 'theirs_later'].sort();
    expect(names).toEqual(expect.arrayContaining(['early_total', 'late_total']));
    const typesOf = (scraped: unknown) =>
      Array.from(String(scraped).matchAll(/^# TYPE (\S+)/gm), ([, name]) => name!).sort();
    const silent = metrics
      .collect()
      .filter(({ series }) => Array.from<unknown>(series).length === 0)
      .map(({ name }) => name);
    expect(typesOf((await metrics.render()).body)).toEqual(names.filter((name) => !silent.includes(name)));
    expect(typesOf(await registry.metrics())).toEqual(names);
    expect(said).toEqual([]);
  });

  test('what another instance has registered is foreign: its own metrics are printed, those that both have are not', async () => {
    const registry = new library.Registry();
    const { metrics: b, said } = watched();
    b.include(registry);
    const a = new GrpcMetrics();
    a.counter({ name: 'of_a_total', help: 'Of a' }).inc(7);
    a.registerInto(registry);
    const body = String((await b.render()).body);
    expect(foreignLines(body)).toBe('# HELP of_a_total Of a\n# TYPE of_a_total counter\nof_a_total 7\n');
    expect(body.match(/^# TYPE grpc_vitals_errors_total/gm)).toHaveLength(1);
    expect(said.length).toBe(a.collect().length - 1);
    expect(() => new GrpcMetrics().include(registry)).toThrow(expect.objectContaining({ code: 'metric_conflict' }));
  });
});
