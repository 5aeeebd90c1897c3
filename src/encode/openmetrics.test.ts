import { expect, test } from 'vitest';
import type { MetricFamily } from '../core/snapshot.ts';
import { createOpenMetrics } from './openmetrics.ts';

const openMetrics = createOpenMetrics();
const openMetricsDraft = createOpenMetrics({ version: '0.0.1' });

const whole = (families: readonly MetricFamily[], encoding = openMetrics) =>
  Array.from(encoding.encode(families)).join('');

const gauge = (value: number): MetricFamily => ({
  name: 'x',
  type: 'gauge',
  help: 'X',
  series: [{ labels: {}, value }],
});

test('metadata stands before the first series, and the end after all', () => {
  const families: MetricFamily[] = [
    {
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs',
      series: [
        { labels: { kind: 'a' }, value: 1 },
        { labels: { kind: 'b' }, value: 2 },
      ],
    },
    { name: 'silent', type: 'gauge', help: 'No series yet', series: [] },
  ];
  const lines = '# HELP jobs Jobs\n# TYPE jobs counter\njobs_total{kind="a"} 1.0\njobs_total{kind="b"} 2.0\n';
  expect(whole(families)).toBe(`${lines}# EOF\n`);
  expect(whole([])).toBe('# EOF\n');
});

/** As client_golang's `writeOpenMetricsFloat` writes them, but for -0, which keeps its sign. */
const numbers: [value: number, text: string][] = [
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [-1, '-1.0'],
  [17, '17.0'],
  [0.5, '0.5'],
  [999999, '999999.0'],
  [1e6, '1e+06'],
  [1.5e-7, '1.5e-07'],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
];
test.each(numbers)('a sample of %d is %s', (value, text) => {
  expect(whole([gauge(value)])).toBe(`# HELP x X\n# TYPE x gauge\nx ${text}\n# EOF\n`);
});

const units: [name: string, family: string, type: 'counter' | 'gauge', unit: string | undefined, line: string][] = [
  ['none', 'x_seconds', 'gauge', undefined, ''],
  ['an empty one', 'x_', 'gauge', '', ''],
  ['the suffix', 'x_seconds', 'gauge', 'seconds', '# UNIT x_seconds seconds\n'],
  ['before _total', 'x_seconds_total', 'counter', 'seconds', '# UNIT x_seconds seconds\n'],
  ['another', 'x_seconds', 'gauge', 'bytes', ''],
  ['not a whole word', 'x_milliseconds', 'gauge', 'seconds', ''],
  ['the whole name', 'seconds', 'gauge', 'seconds', ''],
  ['behind _total', 'x_total', 'counter', 'total', ''],
];
test.each(units)('unit: %s', (_name, name, type, unit, line) => {
  const series = [{ labels: {}, value: 1 }];
  const text = whole([{ name, type, help: 'X', series, ...(unit === undefined ? {} : { unit }) }]);
  const family = type === 'counter' ? name.replace(/_total$/, '') : name;
  expect(text).toBe(`# HELP ${family} X\n# TYPE ${family} ${type}\n${line}${name} 1.0\n# EOF\n`);
});

test('help and labels are escaped alike', () => {
  const nasty = '\\ "a"\n';
  const text = whole([{ name: 'x', type: 'gauge', help: nasty, series: [{ labels: { a: nasty }, value: 1 }] }]);
  expect(text).toBe('# HELP x \\\\ \\"a\\"\\n\n# TYPE x gauge\nx{a="\\\\ \\"a\\"\\n"} 1.0\n# EOF\n');
});

const exemplar = { labels: { trace_id: '4bf9', span: '"' }, value: 0.25, timestamp: 1700000000.123 };
const exemplarText = ' # {trace_id="4bf9",span="\\""} 0.25 1700000000.123';

test('exemplars stand on counters and buckets only', () => {
  const families: MetricFamily[] = [
    { name: 'a_total', type: 'counter', help: 'A', series: [{ labels: {}, value: 1, exemplar }] },
    { name: 'b', type: 'gauge', help: 'B', series: [{ labels: {}, value: 1, exemplar }] },
    {
      name: 'c',
      type: 'counter',
      help: 'A counter of others',
      series: [{ labels: {}, value: 1, exemplar, created: 1 }],
    },
    {
      name: 'd',
      type: 'histogram',
      help: 'D',
      series: [
        { labels: { a: 'b' }, bounds: [1, 2], buckets: [1, 0, 2], sum: 9, exemplars: [exemplar, undefined, exemplar] },
      ],
    },
  ];
  expect(whole(families, createOpenMetrics({ created: true }))).toBe(`# HELP a A
# TYPE a counter
a_total 1.0${exemplarText}
# HELP b B
# TYPE b gauge
b 1.0
# HELP c A counter of others
# TYPE c unknown
c 1.0
# HELP d D
# TYPE d histogram
d_bucket{a="b",le="1.0"} 1${exemplarText}
d_bucket{a="b",le="2.0"} 1
d_bucket{a="b",le="+Inf"} 3${exemplarText}
d_sum{a="b"} 9.0
d_count{a="b"} 3
# EOF
`);
});

test('an exemplar that is too long is left out, and its sample is not', () => {
  const long = { ...exemplar, labels: { a: 'x'.repeat(128) } };
  const series = [{ labels: {}, value: 1, exemplar: long }];
  expect(whole([{ name: 'a_total', type: 'counter', help: 'A', series }])).toContain('\na_total 1.0\n');
});

const times: [seconds: number, text: string][] = [
  [0, '0.0'],
  [1700000000, '1700000000.0'],
  [1700000000.123, '1700000000.123'],
  [1700000000.123456, '1700000000.123456'],
  [0.000001, '0.000001'],
];
test.each(times)('created at %d', (created, text) => {
  const families: MetricFamily[] = [
    { name: 'a_total', type: 'counter', help: 'A', series: [{ labels: { b: 'c' }, value: 1, created }] },
    { name: 'g', type: 'gauge', help: 'G', series: [{ labels: {}, value: 1, created }] },
    { name: 'h', type: 'histogram', help: 'H', series: [{ labels: {}, bounds: [], buckets: [1], sum: 9, created }] },
  ];
  expect(whole(families, createOpenMetrics({ created: true }))).toBe(`# HELP a A
# TYPE a counter
a_total{b="c"} 1.0
a_created{b="c"} ${text}
# HELP g G
# TYPE g gauge
g 1.0
# HELP h H
# TYPE h histogram
h_bucket{le="+Inf"} 1
h_sum 9.0
h_count 1
h_created ${text}
# EOF
`);
  expect(whole(families)).not.toContain('_created');
});

test('a time of creation that is none is left out', () => {
  const series = [{ labels: {}, value: 1, created: Number.NaN }];
  const text = whole([{ name: 'a_total', type: 'counter', help: 'A', series }], createOpenMetrics({ created: true }));
  expect(text).not.toContain('_created');
});

test('counts are integers, whatever their size', () => {
  const histogram: MetricFamily = {
    name: 'h',
    type: 'histogram',
    help: 'H',
    series: [{ labels: {}, bounds: [1e6], buckets: [1e6, 2 ** 53 - 1e6], sum: 1 }],
  };
  expect(whole([histogram])).toContain('h_bucket{le="1e+06"} 1000000\nh_bucket{le="+Inf"} 9007199254740992\n');
});

test('the content types name the versions; the text is the same', () => {
  expect(openMetrics.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(openMetricsDraft.contentType).toBe('application/openmetrics-text; version=0.0.1; charset=utf-8');
  expect(whole([gauge(1)], openMetricsDraft)).toBe(whole([gauge(1)]));
});
