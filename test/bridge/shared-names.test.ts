import { describe, expect, test } from 'vitest';
import type { GrpcMetrics } from '../../src/index.ts';
import { readOpenMetrics, readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { startPrometheus } from '../support/servers/prometheus.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { faultsOf, foreignLines, libraries, type Registry, watched } from './libraries.ts';

type Library = (typeof libraries)[number][1];

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** A registry in which nearly everything shares a name with something. */
function fill(library: Library, registry: Registry): void {
  const registers = [registry];
  const gauge = (name: string, value: number) => new library.Gauge({ name, help: name, registers }).set(value);
  const counter = (name: string, value: number) => new library.Counter({ name, help: name, registers }).inc(value);
  gauge('requests', 1);
  counter('requests_total', 2);
  counter('jobs_total', 3);
  gauge('jobs_created', 4);
  counter('hits', 5);
  gauge('hits_total', 6);
  counter('_total', 7);
  new library.Histogram({ name: 'wait', help: 'wait', buckets: [1], registers }).observe(0.5);
  counter('wait_count', 8);
  gauge('wait_created', 9);
  new library.Summary({ name: 'size', help: 'size', percentiles: [0.5], registers }).observe(10);
  gauge('size_sum', 11);
  gauge('fine', 12);
}

function included(library: Library, contentType?: Registry['contentType']): { metrics: GrpcMetrics; said: string[] } {
  const registry: Registry = new library.Registry();
  fill(library, registry);
  if (contentType !== undefined) registry.setContentType(contentType);
  const { metrics, said } = watched();
  return { metrics: metrics.include(registry), said };
}

const head = (name: string, type: string) => `# HELP ${name} ${name}\n# TYPE ${name} ${type}\n`;

const inText = [
  `${head('requests', 'gauge')}requests 1`,
  `${head('requests_total', 'counter')}requests_total 2`,
  `${head('jobs_total', 'counter')}jobs_total 3`,
  `${head('jobs_created', 'gauge')}jobs_created 4`,
  `${head('hits', 'counter')}hits 5`,
  `${head('hits_total', 'gauge')}hits_total 6`,
  `${head('_total', 'counter')}_total 7`,
  `${head('wait', 'histogram')}wait_bucket{le="1"} 1\nwait_bucket{le="+Inf"} 1\nwait_sum 0.5\nwait_count 1`,
  `${head('wait_created', 'gauge')}wait_created 9`,
  `${head('size', 'summary')}size{quantile="0.5"} 10\nsize_sum 10\nsize_count 1`,
  `${head('fine', 'gauge')}fine 12\n`,
].join('\n');

const inOpenMetrics = [
  `${head('requests', 'gauge')}requests 1.0`,
  `${head('requests_total', 'unknown')}requests_total 2.0`,
  `${head('jobs_total', 'unknown')}jobs_total 3.0`,
  `${head('jobs_created', 'gauge')}jobs_created 4.0`,
  `${head('hits', 'unknown')}hits 5.0`,
  `${head('hits_total', 'gauge')}hits_total 6.0`,
  `${head('_total', 'unknown')}_total 7.0`,
  `${head('wait', 'histogram')}wait_bucket{le="1.0"} 1\nwait_bucket{le="+Inf"} 1\nwait_sum 0.5\nwait_count 1`,
  `${head('size', 'summary')}size{quantile="0.5"} 10.0\nsize_sum 10.0\nsize_count 1`,
  `${head('fine', 'gauge')}fine 12.0\n# EOF\n`,
].join('\n');

const body = async (metrics: GrpcMetrics, accept?: string) => String((await metrics.render({ accept })).body);

describe.each(libraries)('%s', (_name, library) => {
  test('the first one keeps the name, and each other one is counted and warned of once', async () => {
    const { metrics, said } = included(library);
    const text = await body(metrics);
    expect(foreignLines(text)).toBe(inText);
    expect(faultsOf(text)).toBe(2);
    expect(said.map((warning) => /^include: "(\w+)": left out, as/.exec(warning)?.[1])).toEqual([
      'wait_count',
      'size_sum',
    ]);
    expect(faultsOf(await body(metrics))).toBe(4);
    expect(said).toHaveLength(2);

    const first = await body(metrics, openMetrics);
    expect(foreignLines(first)).toBe(inOpenMetrics);
    expect(faultsOf(first)).toBe(9);
    expect(said.slice(2).map((warning) => /^include: "(\w+)": (.*), as/.exec(warning)?.slice(1))).toEqual([
      ['wait_created', 'left out of OpenMetrics'],
      ['requests_total', 'of unknown type and without exemplars in OpenMetrics'],
      ['jobs_total', 'of unknown type and without exemplars in OpenMetrics'],
    ]);
    expect(foreignLines(await body(metrics, openMetrics))).toBe(inOpenMetrics);
    expect(said).toHaveLength(5);
  });

  test('name[] changes nothing about who keeps a name', async () => {
    const { metrics } = included(library);
    const { body: some } = await metrics.render({ accept: openMetrics, names: ['requests_total', 'wait_count'] });
    const lines = foreignLines(String(some));
    expect(lines).toContain(`${head('requests_total', 'unknown')}requests_total 2.0\n`);
    expect(lines).toContain('wait_count 1\n');
    expect(lines).not.toContain('wait_count 8');
  });

  test('in a registry of OpenMetrics a counter is what its own endpoint calls it', async () => {
    const { metrics, said } = included(library, library.Registry.OPENMETRICS_CONTENT_TYPE);
    const lines = foreignLines(await body(metrics, openMetrics));
    // `hits` is hits_total there, and so is the gauge. `wait_count` is wait_count_total, whose family would be wait_count.
    expect(lines).toContain(`${head('hits', 'counter')}hits_total 5.0\n`);
    expect(lines).not.toContain('hits_total 6');
    expect(lines).toContain('# TYPE wait_count_total unknown\nwait_count_total 8.0\n');
    expect(said).toContainEqual(expect.stringContaining('include: "hits_total": left out, as'));
  });

  test('protobuf has what the text format has', async () => {
    const { metrics } = included(library);
    const families = readProtobuf(Buffer.from((await metrics.render({ accept: protobuf })).body)) as { name: string }[]; // as the schema says
    const names = families.map(({ name }) => name).filter((name) => !/^(grpc|promhttp)_/.test(name));
    expect(names).toEqual(Array.from(inText.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name));
  });
});

describeWith(['openmetrics-parser', 'promtool'], 'independent readers', (paths) => {
  test.each(libraries)('read an answer in which %s shares names', async (_name, library) => {
    const texts: string[] = [];
    for (const contentType of [library.Registry.PROMETHEUS_CONTENT_TYPE, library.Registry.OPENMETRICS_CONTENT_TYPE]) {
      const { metrics } = included(library, contentType);
      texts.push(await body(metrics, openMetrics));
      const { output } = await checkMetrics(paths.promtool, await body(metrics));
      expect(output).not.toMatch(/parsing|second TYPE/);
    }
    for (const read of await readOpenMetrics(paths['openmetrics-parser'], texts))
      expect(read).toHaveProperty('families');
  });
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  const formats: [server: 'prometheus' | 'prometheus3', flags: string[]][] = [
    ['prometheus', []],
    ['prometheus', ['--enable-feature=native-histograms']],
    ['prometheus3', []],
    ['prometheus3', ['--enable-feature=native-histograms']],
  ];
  test.concurrent.each(formats)('%s %s has each series once, with its own value', async (server, flags) => {
    const endpoint = await included(libraries[0]![1]).metrics.expose({ port: 0, host: '127.0.0.1' });
    const targets = [`127.0.0.1:${endpoint.port}`];
    const prometheus = await startPrometheus({ binary: paths[server], targets, flags });
    try {
      await prometheus.waitForScrapes(1);
      const value = async (name: string) => (await prometheus.query(name)).map((sample) => sample.value);
      const found = [
        'requests',
        'requests_total',
        'jobs_total',
        'hits',
        'hits_total',
        'wait_count',
        'size_sum',
        'fine',
      ];
      expect(await Promise.all(found.map(value))).toEqual([[1], [2], [3], [5], [6], [1], [10], [12]]);
    } finally {
      await prometheus.stop();
      await endpoint.close();
    }
  });
});
