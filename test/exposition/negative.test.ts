import { Registry, type RegistryContentType, Summary, Histogram as TheirHistogram } from 'prom-client';
import { expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { histograms } from '../../src/cli/rules/histograms.ts';
import { dialectOf } from '../../src/decode/dialect.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { readOpenMetrics, readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { startPrometheus } from '../support/servers/prometheus.ts';
import { checkMetrics } from '../support/servers/promtool.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Every kind of metric that can observe values below 0, ours and those of an included registry. */
function observed(): GrpcMetrics {
  const metrics = new GrpcMetrics({ nativeHistograms: true });
  const ours = metrics.histogram({ name: 'temperature_celsius', help: 'Outside', buckets: [-10.5, 0, 10] });
  for (const value of [-12, -3, 5]) ours.observe(value, { exemplar: { trace_id: `t${Math.abs(value)}` } });

  const registers = [new Registry()];
  const histogram = new TheirHistogram({ name: 'theirs_celsius', help: 'Theirs', buckets: [-10, 10], registers });
  const offset = new TheirHistogram({ name: 'offset_seconds', help: 'Positive bounds', buckets: [1], registers });
  const summary = new Summary({ name: 'drift_seconds', help: 'Drift', percentiles: [0, 1], registers });
  for (const metric of [histogram, offset, summary]) for (const value of [-12, -3, 5]) metric.observe(value);
  return metrics.include(registers[0]!);
}

async function render(accept?: string): Promise<string> {
  return String((await observed().render({ accept })).body);
}

/** The samples of the metrics above, without exemplars. */
function samples(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^(temperature|theirs|offset|drift)_/.test(line));
  return lines.map((line) => line.replace(/ # .*/, ''));
}

const buckets = (name: string, ...pairs: [le: string, count: number][]) =>
  pairs.map(([le, count]) => `${name}_bucket{le="${le}"} ${count}`);

test('OpenMetrics has no sum that can go down, and so no count beside it', async () => {
  const text = await render(openMetrics);
  expect(samples(text)).toEqual([
    ...buckets('theirs_celsius', ['-10.0', 1], ['10.0', 3], ['+Inf', 3]),
    ...buckets('offset_seconds', ['1.0', 2], ['+Inf', 3]),
    'drift_seconds{quantile="1.0"} 5.0',
    'drift_seconds_count 3',
    ...buckets('temperature_celsius', ['-10.5', 1], ['0.0', 2], ['10.0', 3], ['+Inf', 3]),
  ]);
  expect(text).toMatch(/^temperature_celsius_bucket\{le="-10\.5"\} 1 # \{trace_id="t12"\} -12\.0 \d+\.\d+$/m);
});

test('the text format has all of it, as that of client_golang', async () => {
  expect(samples(await render())).toEqual([
    ...buckets('theirs_celsius', ['-10', 1], ['10', 3], ['+Inf', 3]),
    'theirs_celsius_sum -10',
    'theirs_celsius_count 3',
    ...buckets('offset_seconds', ['1', 2], ['+Inf', 3]),
    'offset_seconds_sum -10',
    'offset_seconds_count 3',
    'drift_seconds{quantile="0"} -12',
    'drift_seconds{quantile="1"} 5',
    'drift_seconds_sum -10',
    'drift_seconds_count 3',
    ...buckets('temperature_celsius', ['-10.5', 1], ['0', 2], ['10', 3], ['+Inf', 3]),
    'temperature_celsius_sum -10',
    'temperature_celsius_count 3',
  ]);
});

test('protobuf has the sum, and classic buckets only', async () => {
  const { body } = await observed().render({ accept: protobuf });
  const families = readProtobuf(Buffer.from(body));
  const ours = families.find((family) => (family as { name: string }).name === 'temperature_celsius');
  expect(JSON.stringify(ours)).not.toContain('span');
  expect(ours).toMatchObject({
    type: 'HISTOGRAM',
    metric: [
      {
        histogram: {
          sample_count: '3',
          sample_sum: -10,
          bucket: [
            { cumulative_count: '1', upper_bound: -10.5, exemplar: { value: -12 } },
            { cumulative_count: '2', upper_bound: 0, exemplar: { value: -3 } },
            { cumulative_count: '3', upper_bound: 10, exemplar: { value: 5 } },
          ],
        },
      },
    ],
  });
});

const registered: [name: string, contentType: RegistryContentType, totals: string[]][] = [
  ['the text format', Registry.PROMETHEUS_CONTENT_TYPE, ['temperature_celsius_sum -10', 'temperature_celsius_count 3']],
  ['OpenMetrics', Registry.OPENMETRICS_CONTENT_TYPE, []],
];
test.each(registered)('ours in a registry of %s', async (_name, contentType, totals) => {
  const registry: Registry<RegistryContentType> = new Registry();
  registry.setContentType(contentType);
  observed().registerInto(registry);
  const found = samples(await registry.metrics()).filter((line) => line.startsWith('temperature'));
  const own = buckets('temperature_celsius', ['-10.5', 1], ['0', 2], ['10', 3], ['+Inf', 3]);
  expect(found).toEqual([...own, ...totals]);
});

test.each(['text/plain', openMetrics])('the command check has no fault to find, for %s', async (accept) => {
  const limits = { maxSeries: 2000, maxLabelValues: 200, now: Date.now() / 1000 };
  const rules = [histograms];
  const { logs } = await examine(Buffer.from(await render(accept)), dialectOf(accept), limits, { rules });
  expect(logs.flatMap(({ kinds }) => kinds)).toEqual([]);
});

describeWith(['openmetrics-parser', 'promtool'], 'independent readers', (paths) => {
  test('read values below 0', async () => {
    const [read] = await readOpenMetrics(paths['openmetrics-parser'], [await render(openMetrics)]);
    expect(read).toHaveProperty('families');
    const { output } = await checkMetrics(paths.promtool, await render());
    expect(output).not.toMatch(/error|parsing/i);
  });
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  const scrapes: [server: 'prometheus' | 'prometheus3', flags: string[], sum: number[]][] = [
    ['prometheus', [], []],
    ['prometheus', ['--enable-feature=native-histograms'], [-10]],
    ['prometheus3', [], []],
    ['prometheus3', ['--enable-feature=native-histograms'], [-10]],
  ];
  test.concurrent.each(scrapes)('%s %s scrapes values below 0', async (server, flags, sum) => {
    const endpoint = await observed().expose({ port: 0, host: '127.0.0.1' });
    const targets = [`127.0.0.1:${endpoint.port}`];
    const prometheus = await startPrometheus({ binary: paths[server], targets, flags });
    try {
      await prometheus.waitForScrapes(1);
      const values = async (expr: string) => (await prometheus.query(expr)).map(({ value }) => value);
      expect(await values('sort(temperature_celsius_bucket)')).toEqual([1, 2, 3, 3]);
      expect(await values('histogram_quantile(0.5, temperature_celsius_bucket)')).toEqual([-5.25]);
      expect(await values('temperature_celsius_sum')).toEqual(sum);
    } finally {
      await prometheus.stop();
      await endpoint.close();
    }
  });
});
