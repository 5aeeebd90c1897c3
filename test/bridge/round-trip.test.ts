import { describe, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { readOpenMetrics, readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { exposed, faultsOf, foreignLines, libraries, type Registry, scrape, watched } from './libraries.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

type Library = (typeof libraries)[number][1];

/** One metric of each type, with what is hard about each. */
function fill(library: Library, registry: Registry): void {
  const registers = [registry];
  const counter = new library.Counter({
    name: 'jobs_total',
    help: 'Jobs\n"done"',
    labelNames: ['kind', 'n'],
    registers,
  });
  counter.inc({ kind: 'a\\b"c"\n', n: 7 }, 2.5);
  counter.inc({ kind: 'plain' });
  new library.Counter({ name: 'requests', help: 'Without the suffix', registers }).inc(3);
  new library.Gauge({ name: 'queue_length', help: 'Queue', registers }).set(-1.5);
  const odd = new library.Gauge({ name: 'odd', help: 'Odd', labelNames: ['is'], registers });
  odd.set({ is: 'nan' }, NaN);
  odd.set({ is: 'inf' }, Infinity);
  const histogram = new library.Histogram({
    name: 'wait_seconds',
    help: 'Wait',
    labelNames: ['route'],
    buckets: [0.1, 1, 1e6],
    registers,
  });
  for (const value of [0.05, 0.5, 0.75, 2e6]) histogram.observe({ route: '/' }, value);
  void new library.Histogram({ name: 'empty_seconds', help: 'Nothing', buckets: [1], registers });
  const summary = new library.Summary({
    name: 'size_bytes',
    help: 'Size',
    labelNames: ['route'],
    percentiles: [0.5, 1],
    registers,
  });
  for (const value of [100, 100, 100]) summary.observe({ route: '/' }, value);
  void new library.Gauge({ name: 'silent', help: 'No series', labelNames: ['a'], registers });
}

const expectedText = `# HELP jobs_total Jobs\\n"done"
# TYPE jobs_total counter
jobs_total{kind="a\\\\b\\"c\\"\\n",n="7"} 2.5
jobs_total{kind="plain"} 1
# HELP requests Without the suffix
# TYPE requests counter
requests 3
# HELP queue_length Queue
# TYPE queue_length gauge
queue_length -1.5
# HELP odd Odd
# TYPE odd gauge
odd{is="nan"} NaN
odd{is="inf"} +Inf
# HELP wait_seconds Wait
# TYPE wait_seconds histogram
wait_seconds_bucket{route="/",le="0.1"} 1
wait_seconds_bucket{route="/",le="1"} 3
wait_seconds_bucket{route="/",le="1e+06"} 3
wait_seconds_bucket{route="/",le="+Inf"} 4
wait_seconds_sum{route="/"} 2.0000013e+06
wait_seconds_count{route="/"} 4
# HELP empty_seconds Nothing
# TYPE empty_seconds histogram
empty_seconds_bucket{le="1"} 0
empty_seconds_bucket{le="+Inf"} 0
empty_seconds_sum 0
empty_seconds_count 0
# HELP size_bytes Size
# TYPE size_bytes summary
size_bytes{route="/",quantile="0.5"} 100
size_bytes{route="/",quantile="1"} 100
size_bytes_sum{route="/"} 300
size_bytes_count{route="/"} 3
`;

const expectedOpenMetrics = `# HELP jobs Jobs\\n\\"done\\"
# TYPE jobs counter
jobs_total{kind="a\\\\b\\"c\\"\\n",n="7"} 2.5
jobs_total{kind="plain"} 1.0
# HELP requests Without the suffix
# TYPE requests unknown
requests 3.0
# HELP queue_length Queue
# TYPE queue_length gauge
queue_length -1.5
# HELP odd Odd
# TYPE odd gauge
odd{is="nan"} NaN
odd{is="inf"} +Inf
# HELP wait_seconds Wait
# TYPE wait_seconds histogram
wait_seconds_bucket{route="/",le="0.1"} 1
wait_seconds_bucket{route="/",le="1.0"} 3
wait_seconds_bucket{route="/",le="1e+06"} 3
wait_seconds_bucket{route="/",le="+Inf"} 4
wait_seconds_sum{route="/"} 2.0000013e+06
wait_seconds_count{route="/"} 4
# HELP empty_seconds Nothing
# TYPE empty_seconds histogram
empty_seconds_bucket{le="1.0"} 0
empty_seconds_bucket{le="+Inf"} 0
empty_seconds_sum 0.0
empty_seconds_count 0
# HELP size_bytes Size
# TYPE size_bytes summary
size_bytes{route="/",quantile="0.5"} 100.0
size_bytes{route="/",quantile="1.0"} 100.0
size_bytes_sum{route="/"} 300.0
size_bytes_count{route="/"} 3
# EOF
`;

const route = [{ name: 'route', value: '/' }];
const expectedProtobuf = [
  {
    name: 'jobs_total',
    help: 'Jobs\n"done"',
    type: 'COUNTER',
    metric: [
      {
        label: [
          { name: 'kind', value: 'a\\b"c"\n' },
          { name: 'n', value: '7' },
        ],
        counter: { value: 2.5 },
      },
      { label: [{ name: 'kind', value: 'plain' }], counter: { value: 1 } },
    ],
  },
  { name: 'requests', help: 'Without the suffix', type: 'COUNTER', metric: [{ counter: { value: 3 } }] },
  { name: 'queue_length', help: 'Queue', type: 'GAUGE', metric: [{ gauge: { value: -1.5 } }] },
  {
    name: 'odd',
    help: 'Odd',
    type: 'GAUGE',
    metric: [
      { label: [{ name: 'is', value: 'nan' }], gauge: { value: NaN } },
      { label: [{ name: 'is', value: 'inf' }], gauge: { value: Infinity } },
    ],
  },
  {
    name: 'wait_seconds',
    help: 'Wait',
    type: 'HISTOGRAM',
    metric: [
      {
        label: route,
        histogram: {
          sample_count: '4',
          sample_sum: 2_000_001.3,
          bucket: [
            { cumulative_count: '1', upper_bound: 0.1 },
            { cumulative_count: '3', upper_bound: 1 },
            { cumulative_count: '3', upper_bound: 1e6 },
          ],
        },
      },
    ],
  },
  {
    name: 'empty_seconds',
    help: 'Nothing',
    type: 'HISTOGRAM',
    metric: [{ histogram: { sample_count: '0', sample_sum: 0, bucket: [{ cumulative_count: '0', upper_bound: 1 }] } }],
  },
  {
    name: 'size_bytes',
    help: 'Size',
    type: 'SUMMARY',
    metric: [
      {
        label: route,
        summary: {
          sample_count: '3',
          sample_sum: 300,
          quantile: [
            { quantile: 0.5, value: 100 },
            { quantile: 1, value: 100 },
          ],
        },
      },
    ],
  },
];

const foreign = (families: object[]) =>
  families.filter((family) => !/^(grpc|promhttp)_/.test((family as { name: string }).name)); // of readProtobuf

describe.each(libraries)('%s', (_name, library) => {
  test('what it has is in the scrape, in every format, and in the same words', async () => {
    const registry = new library.Registry();
    fill(library, registry);
    const { metrics, said } = watched();
    const url = await exposed(metrics.include(registry));
    for (const round of [1, 2]) {
      expect(foreignLines((await scrape(url)).text), `round ${round}`).toBe(expectedText);
      expect(foreignLines((await scrape(url, openMetrics)).text)).toBe(expectedOpenMetrics);
      expect(foreign(readProtobuf((await scrape(url, protobuf)).bytes))).toEqual(expectedProtobuf);
      expect(foreignLines(String((await metrics.render()).body))).toBe(expectedText);
    }
    expect(metrics.collect().map(({ name }) => name)).not.toContain('jobs_total');
    expect(said).toEqual([]);
  });

  test('theirs come first, and each family is there once', async () => {
    const registry = new library.Registry();
    fill(library, registry);
    const { text } = await scrape(await exposed(new GrpcMetrics().include(registry).include(registry)));
    const heads = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name!);
    expect(new Set(heads).size).toBe(heads.length);
    expect(heads.indexOf('jobs_total')).toBeLessThan(heads.indexOf('grpc_vitals_errors_total'));
    expect(text).toContain('grpc_active_connections 0\n');
  });

  test('the registry stays as it is', async () => {
    const registry = new library.Registry();
    fill(library, registry);
    registry.setDefaultLabels({ zone: 'a' });
    const state = async () => [await registry.metrics(), registry.contentType, registry.getMetricsAsArray().length];
    const before = await state();
    const metrics = new GrpcMetrics().include(registry);
    for (const accept of ['text/plain', openMetrics, protobuf]) await metrics.render({ accept });
    expect(await state()).toEqual(before);
    // The values of a counter are those that it counts with: default labels written into them would stay there.
    registry.setDefaultLabels({});
    expect(await registry.metrics()).not.toContain('zone');
  });

  test('an OpenMetrics scrape of theirs, which renames their counters, changes nothing in ours', async () => {
    const registry: Registry = new library.Registry();
    fill(library, registry);
    const metrics = new GrpcMetrics().include(registry);
    registry.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
    expect(await registry.metrics()).toContain('# TYPE jobs counter\njobs_total{');
    expect(String((await metrics.render()).body)).toContain('# TYPE requests_total counter\nrequests_total 3\n');
    expect(registry.contentType).toBe(library.Registry.OPENMETRICS_CONTENT_TYPE);
    registry.setContentType(library.Registry.PROMETHEUS_CONTENT_TYPE);
    expect(foreignLines(String((await metrics.render()).body))).toBe(expectedText);
    expect(foreignLines(String((await metrics.render({ accept: openMetrics })).body))).toBe(expectedOpenMetrics);
  });

  test('default labels are on every series that has none of their names', async () => {
    const registry = new library.Registry();
    fill(library, registry);
    registry.setDefaultLabels({ zone: 'a "b"', route: 'none', n: 1 });
    const text = String((await new GrpcMetrics().include(registry).render()).body);
    expect(text).toContain('jobs_total{kind="plain",n="1",zone="a \\"b\\"",route="none"} 1\n');
    expect(text).toContain('queue_length{zone="a \\"b\\"",route="none",n="1"} -1.5\n');
    expect(text).toContain('wait_seconds_bucket{route="/",zone="a \\"b\\"",n="1",le="1"} 3\n');
    expect(text).toContain('size_bytes{route="/",zone="a \\"b\\"",n="1",quantile="0.5"} 100\n');
    expect(text).toContain('grpc_active_connections 0\n');
  });

  test('exemplars come along', async () => {
    const registry: Registry = new library.Registry();
    registry.setContentType(library.Registry.OPENMETRICS_CONTENT_TYPE);
    const given = { help: 'X', enableExemplars: true, registers: [registry] };
    const counter = new library.Counter({ ...given, name: 'jobs_total' });
    counter.inc({ value: 2, exemplarLabels: { trace_id: 'a' } });
    const histogram = new library.Histogram({ ...given, name: 'wait_seconds', buckets: [1] });
    histogram.observe({ value: 0.5, exemplarLabels: { trace_id: 'b' } });
    histogram.observe({ value: 5, exemplarLabels: { trace_id: 'c' } });
    const text = String((await new GrpcMetrics().include(registry).render({ accept: openMetrics })).body);
    expect(text).toMatch(/^jobs_total 2\.0 # \{trace_id="a"\} 2\.0 \d+\.\d+$/m);
    expect(text).toMatch(/^wait_seconds_bucket\{le="1\.0"\} 1 # \{trace_id="b"\} 0\.5 \d+\.\d+$/m);
    expect(text).toMatch(/^wait_seconds_bucket\{le="\+Inf"\} 2 # \{trace_id="c"\} 5\.0 \d+\.\d+$/m);
  });

  test('name[] picks of theirs too, and the others are not asked', async () => {
    const registry = new library.Registry();
    fill(library, registry);
    let asked = 0;
    const collect = () => {
      asked += 1;
    };
    void new library.Gauge({ name: 'costly', help: 'Costly', collect, registers: [registry] });
    const url = await exposed(new GrpcMetrics().include(registry));
    const { text } = await scrape(`${url}?name[]=wait_seconds_count&name[]=grpc_active_connections&name[]=size_bytes`);
    expect(Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name)).toEqual([
      'wait_seconds',
      'size_bytes',
      'grpc_active_connections',
    ]);
    expect(asked).toBe(0);
    await scrape(url);
    expect(asked).toBe(1);
  });

  test('the default metrics come along, whole', async () => {
    const registry = new library.Registry();
    library.collectDefaultMetrics({ register: registry });
    const { metrics, said } = watched();
    metrics.include(registry);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { body } = await metrics.render();
    const names = (text: string) =>
      Array.from(text.matchAll(/^([a-z]\w*)(\{[^}]*\})? /gm), ([, name]) => name!).filter(
        (name) => !/^(grpc|promhttp)_/.test(name),
      );
    const theirs = new Set(names(await registry.metrics()));
    expect(theirs.size).toBeGreaterThan(25);
    expect(new Set(names(String(body)))).toEqual(theirs);
    expect(said).toEqual([]);
    expect(faultsOf(String(body))).toBe(0);
  });
});

describeWith(['promtool', 'openmetrics-parser'], 'independent readers', (paths) => {
  test.each(libraries)('read what is included of %s', async (_name, library) => {
    const registry = new library.Registry();
    fill(library, registry);
    library.collectDefaultMetrics({ register: registry });
    const metrics = new GrpcMetrics().include(registry);
    const text = String((await metrics.render()).body);
    // promtool has opinions on names; it has none but these of what it cannot read.
    const { output } = await checkMetrics(paths.promtool, text);
    const unread = output.split('\n').filter((line) => /error|parsing/i.test(line));
    expect(unread).toEqual([]);
    const [read] = await readOpenMetrics(paths['openmetrics-parser'], [
      String((await metrics.render({ accept: openMetrics })).body),
    ]);
    if (!('families' in read!)) throw new Error(read!.error);
    expect(read.families.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['jobs', 'wait_seconds', 'size_bytes']),
    );
  });
});
