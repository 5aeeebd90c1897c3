import { expect, test } from 'vitest';
import { MetricsError } from './errors.ts';
import { FaultCounter } from './fault-counter.ts';
import { type Collector, Registry } from './registry.ts';
import type { MetricType } from './snapshot.ts';
import type { HistogramSpec } from './user/spec.ts';

/** When all of this happens, in seconds since 1970. */
const created = 1_700_000_000.5;

function registry() {
  const said: string[] = [];
  const faults = new FaultCounter(['exemplar', 'metric'], ['metric'], (message) => said.push(message));
  return { metrics: new Registry(faults, { wallClock: () => created }), faults, said };
}

type Declare = (metrics: Registry) => unknown;
const jobs = { name: 'jobs_total', help: 'Jobs done' };
const size = { name: 'size_bytes', help: 'Size' };
const wait = { name: 'wait_seconds', help: 'Waiting' };

const same: [name: string, first: Declare, second: Declare][] = [
  ['counter', (m) => m.counter(jobs), (m) => m.counter({ ...jobs })],
  ['gauge', (m) => m.gauge(size), (m) => m.gauge({ ...size })],
  ['histogram', (m) => m.histogram(wait), (m) => m.histogram({ ...wait, buckets: undefined })],
  [
    'labels',
    (m) => m.counter({ ...jobs, labelNames: ['a', 'b'] }),
    (m) => m.counter({ ...jobs, labelNames: ['a', 'b'] }),
  ],
  [
    'native buckets, by their defaults or spelled out',
    (m) => m.histogram({ ...wait, nativeHistogram: true }),
    (m) => m.histogram({ ...wait, nativeHistogram: { maxBuckets: 160, factor: 1.1 } }),
  ],
  [
    'without native buckets, said or not',
    (m) => m.histogram(wait),
    (m) => m.histogram({ ...wait, nativeHistogram: false }),
  ],
  [
    'buckets with and without +Inf',
    (m) => m.histogram({ ...wait, buckets: [1, 2] }),
    (m) => m.histogram({ ...wait, buckets: [1, 2, Infinity] }),
  ],
];
test.each(same)('declared again alike, it is the same metric: %s', (_name, first, second) => {
  const { metrics } = registry();
  expect(second(metrics)).toBe(first(metrics));
  expect(metrics.collect()).toHaveLength(1);
});

const shape = (type: MetricType, help: string, more: object = {}, bounds: number[] = [], native?: object) =>
  JSON.stringify({ type, help, ...more, bounds, native });
const differs: [name: string, first: Declare, second: Declare, metric: string, now: string, before: string][] = [
  [
    'help',
    (m) => m.counter(jobs),
    (m) => m.counter({ ...jobs, help: 'Others' }),
    'jobs_total',
    shape('counter', 'Others'),
    shape('counter', 'Jobs done'),
  ],
  [
    'type',
    (m) => m.gauge(size),
    (m) => m.histogram({ ...size, buckets: [1] }),
    'size_bytes',
    shape('histogram', 'Size', {}, [1]),
    shape('gauge', 'Size'),
  ],
  [
    'labels',
    (m) => m.gauge({ ...size, labelNames: ['a'] }),
    (m) => m.gauge({ ...size, labelNames: ['b'] }),
    'size_bytes',
    shape('gauge', 'Size', { labelNames: ['b'] }),
    shape('gauge', 'Size', { labelNames: ['a'] }),
  ],
  [
    'labels or none',
    (m) => m.gauge({ ...size, labelNames: ['a'] }),
    (m) => m.gauge(size),
    'size_bytes',
    shape('gauge', 'Size'),
    shape('gauge', 'Size', { labelNames: ['a'] }),
  ],
  [
    'buckets',
    (m) => m.histogram({ ...wait, buckets: [1, 2] }),
    (m) => m.histogram({ ...wait, buckets: [1, 3] }),
    'wait_seconds',
    shape('histogram', 'Waiting', {}, [1, 3]),
    shape('histogram', 'Waiting', {}, [1, 2]),
  ],
  [
    'native buckets or none',
    (m) => m.histogram({ ...wait, buckets: [1] }),
    (m) => m.histogram({ ...wait, buckets: [1], nativeHistogram: true }),
    'wait_seconds',
    shape('histogram', 'Waiting', {}, [1], { factor: 1.1, maxBuckets: 160 }),
    shape('histogram', 'Waiting', {}, [1]),
  ],
  [
    'native buckets',
    (m) => m.histogram({ ...wait, buckets: [1], nativeHistogram: { factor: 1.5 } }),
    (m) => m.histogram({ ...wait, buckets: [1], nativeHistogram: { factor: 2 } }),
    'wait_seconds',
    shape('histogram', 'Waiting', {}, [1], { factor: 2, maxBuckets: 160 }),
    shape('histogram', 'Waiting', {}, [1], { factor: 1.5, maxBuckets: 160 }),
  ],
];
test.each(differs)('declared again otherwise, it throws: %s', (_name, first, second, metric, now, before) => {
  const { metrics } = registry();
  first(metrics);
  const message = `"${metric}" is declared as ${now}, but was before as ${before}`;
  expect(() => second(metrics)).toThrow(new MetricsError('metric_conflict', message));
  expect(() => second(metrics)).toThrow(expect.objectContaining({ code: 'metric_conflict' }));
  expect(metrics.collect()).toHaveLength(1);
});

const x = { name: 'x', help: 'X' };
const asGauge = (name: string): Declare => {
  return (metrics) => metrics.gauge({ name, help: 'Of this name' });
};
const xHistogram: Declare = (metrics) => metrics.histogram(x);
const clashes: [name: string, first: Declare, second: Declare, message: string][] = [
  ...['x_bucket', 'x_sum', 'x_count'].flatMap((name): (typeof clashes)[number][] => [
    [
      `histogram, then ${name}`,
      xHistogram,
      asGauge(name),
      `gauge "${name}" cannot be declared: the name "${name}" is in use by "x": choose another name`,
    ],
    [
      `${name}, then histogram`,
      asGauge(name),
      xHistogram,
      `histogram "x" cannot be declared: the name "${name}" is in use by "${name}": choose another name`,
    ],
  ]),
  [
    'two histograms',
    xHistogram,
    (metrics) => metrics.histogram({ ...x, name: 'x_count' }),
    'histogram "x_count" cannot be declared: the name "x_count" is in use by "x": choose another name',
  ],
  [
    "a gauge with the name of a counter's family in OpenMetrics",
    (metrics) => metrics.counter({ ...x, name: 'jobs_total' }),
    asGauge('jobs'),
    'gauge "jobs" cannot be declared: the name "jobs" is in use by "jobs_total": choose another name',
  ],
];
test.each(clashes)('two metrics cannot share the name of a line: %s', (_name, first, second, message) => {
  const { metrics } = registry();
  first(metrics);
  expect(() => second(metrics)).toThrow(new MetricsError('metric_conflict', message));
  expect(metrics.collect()).toHaveLength(1);
});

test('a metric that could not be declared leaves its names free', () => {
  const { metrics } = registry();
  metrics.gauge({ name: 'x_count', help: 'Taken' });
  expect(() => metrics.histogram(x)).toThrow(MetricsError);
  expect(() => metrics.gauge({ name: 'x_sum', help: 'Free' })).not.toThrow();
  expect(() => metrics.gauge({ ...x, help: '' })).toThrow(MetricsError);
  expect(() => metrics.gauge(x)).not.toThrow();
});

const collector = (name: string, type: 'counter' | 'gauge'): Collector => ({
  families: [{ name, type }],
  collect: () => [{ name, type, help: 'From elsewhere', series: [{ labels: {}, value: 7 }] }],
});

const collectorClashes: [name: string, first: Declare, second: Declare][] = [
  ['collector, then metric', (m) => m.add(collector('a', 'gauge')), (m) => m.gauge({ name: 'a', help: 'A' })],
  ['metric, then collector', (m) => m.gauge({ name: 'a', help: 'A' }), (m) => m.add(collector('a', 'gauge'))],
  ['two collectors', (m) => m.add(collector('a', 'gauge')), (m) => m.add(collector('a', 'gauge'))],
];
test.each(collectorClashes)('a name belongs to one: %s', (_name, first, second) => {
  const { metrics } = registry();
  first(metrics);
  expect(() => second(metrics)).toThrow(expect.objectContaining({ code: 'metric_conflict' }));
  expect(metrics.collect()).toHaveLength(1);
});

const badSpecs: [name: string, declare: Declare, code: string][] = [
  ['name', (m) => m.counter({ ...jobs, name: 'jobs' }), 'invalid_name'],
  ['help', (m) => m.gauge({ ...size, help: '' }), 'invalid_option'],
  ['label', (m) => m.gauge({ ...size, labelNames: ['a-b'] }), 'invalid_label'],
  ['le', (m) => m.histogram({ ...wait, labelNames: ['le'] }), 'invalid_label'],
  ['buckets', (m) => m.histogram({ ...wait, buckets: [] }), 'invalid_buckets'],
  ['native buckets', (m) => m.histogram({ ...wait, nativeHistogram: { factor: 1 } }), 'invalid_option'],
  [
    'native buckets beside a bound below 0',
    (m) => m.histogram({ ...wait, buckets: [-1, 0], nativeHistogram: true }),
    'invalid_option',
  ],
];
test.each(badSpecs)('a declaration is checked: %s', (_name, declare, code) => {
  const { metrics } = registry();
  expect(() => declare(metrics)).toThrow(expect.objectContaining({ name: 'MetricsError', code }));
  expect(metrics.collect()).toEqual([]);
});

test("collect: the collectors' families, then the metrics in the order of their declaration", () => {
  const { metrics } = registry();
  metrics.counter(jobs).inc(3);
  metrics
    .histogram({ ...wait, labelNames: ['a'], buckets: [1] })
    .labels({ a: 'x' })
    .observe(2);
  metrics.add(collector('elsewhere', 'gauge'));
  metrics.gauge({ ...size, labelNames: ['a'] });
  expect(metrics.collect()).toEqual([
    { name: 'elsewhere', type: 'gauge', help: 'From elsewhere', series: [{ labels: {}, value: 7 }] },
    { name: 'jobs_total', type: 'counter', help: 'Jobs done', series: [{ labels: {}, value: 3, created }] },
    {
      name: 'wait_seconds',
      type: 'histogram',
      help: 'Waiting',
      series: [{ labels: { a: 'x' }, bounds: [1], buckets: [0, 1], sum: 2, created }],
    },
    { name: 'size_bytes', type: 'gauge', help: 'Size', series: [] },
  ]);
});

test('what was collected does not change afterwards, and live series do', () => {
  const { metrics } = registry();
  const histogram = metrics.histogram({ ...wait, buckets: [1] });
  const [collected] = metrics.collect();
  const [live] = metrics.live();
  histogram.observe(1);
  expect(collected!.series).toMatchObject([{ buckets: [0, 0], sum: 0 }]);
  expect([...live!.series]).toMatchObject([{ buckets: [1, 0], sum: 1, key: '' }]);
});

test("the caller's arrays are not kept", () => {
  const { metrics } = registry();
  const labelNames = ['a'];
  const family = metrics.gauge({ ...size, labelNames });
  labelNames.push('b');
  family.labels({ a: 'x' }).set(1);
  expect(metrics.collect()[0]!.series).toEqual([{ labels: { a: 'x' }, value: 1 }]);
});

const faulty: [name: string, use: Declare, metric: string, problem: string][] = [
  ['a value', (m) => m.counter(jobs).inc(-1), 'jobs_total', 'cannot take the value -1'],
  ['NaN', (m) => m.counter(jobs).inc(NaN), 'jobs_total', 'cannot take the value NaN'],
  ['a text', (m) => m.histogram(wait).observe('1' as never), 'wait_seconds', 'cannot take the value "1"'],
  [
    'a long text',
    (m) => m.histogram(wait).observe('1'.repeat(1e6) as never),
    'wait_seconds',
    `cannot take the value "${'1'.repeat(100)}"`,
  ],
  ['null', (m) => m.gauge(size).set(null as never), 'size_bytes', 'cannot take the value null'],
  ['a symbol', (m) => m.gauge(size).set(Symbol('x') as never), 'size_bytes', 'cannot take the value Symbol(x)'],
  [
    'an object without prototype',
    (m) => m.counter(jobs).inc(Object.create(null) as never),
    'jobs_total',
    'cannot take the value [object Object]',
  ],
  [
    'labels',
    (m) => m.counter({ ...jobs, labelNames: ['a'] }).labels({ b: 'x' } as never),
    'jobs_total',
    'labels {b} given where {a} were declared: dropped',
  ],
];
const warning = (metric: string, problem: string) =>
  `metric: "${metric}": ${problem} (further faults of "${metric}" are only counted)`;
test.each(faulty)('a wrong use is counted and never throws: %s', (_name, use, metric, problem) => {
  const { metrics, faults, said } = registry();
  use(metrics);
  expect(faults.counts).toEqual({ exemplar: 0, metric: 1 });
  expect(said).toEqual([warning(metric, problem)]);
});

test('warns of each misused metric once', () => {
  const { metrics, faults, said } = registry();
  const [counter, gauge] = [metrics.counter(jobs), metrics.gauge(size)];
  for (const value of ['a', 'b'] as never[]) {
    counter.inc(value);
    gauge.set(value);
  }
  expect(faults.counts).toEqual({ exemplar: 0, metric: 4 });
  expect(said).toEqual([
    warning('jobs_total', 'cannot take the value "a"'),
    warning('size_bytes', 'cannot take the value "a"'),
  ]);
});

const natives: [
  name: string,
  ofAll: object | undefined,
  own: HistogramSpec['nativeHistogram'],
  schema: number | undefined,
][] = [
  ['none', undefined, undefined, undefined],
  ['its own', undefined, true, 3],
  ['its own settings', undefined, { factor: 2 }, 0],
  ["everyone's", { factor: 4, maxBuckets: 9 }, undefined, -1],
  ["everyone's, asked for", { factor: 4, maxBuckets: 9 }, true, -1],
  ["its own settings before everyone's", { factor: 4, maxBuckets: 9 }, { maxBuckets: 7 }, 3],
  ["none before everyone's", { factor: 4, maxBuckets: 9 }, false, undefined],
];
test.each(natives)('native buckets: %s', (_name, ofAll, nativeHistogram, schema) => {
  const native = ofAll as { factor: number; maxBuckets: number } | undefined;
  const metrics = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric'], () => {}), { native });
  metrics.histogram({ ...wait, nativeHistogram }).observe(1);
  expect(metrics.collect()[0]).toMatchObject({ series: [{ sum: 1 }] });
  const [family] = metrics.collect();
  expect(family?.type === 'histogram' && family.series[0]?.native?.schema).toBe(schema);
});

test.each([undefined, false])("a histogram with a bound below 0 has none of everyone's native buckets: %s", (own) => {
  const native = { factor: 2, maxBuckets: 9 };
  const drop = () => expect.unreachable('nothing is dropped');
  const metrics = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric'], drop), { native });
  const histogram = metrics.histogram({ ...wait, buckets: [-10, 0, 10], nativeHistogram: own });
  for (const value of [-12, -3, 5]) histogram.observe(value);
  expect(metrics.collect()[0]!.series).toMatchObject([{ buckets: [1, 1, 1, 0], sum: -10, native: undefined }]);
});

test('each series says when it came to be; without a clock of ours it is the time of day', () => {
  let now = 5;
  const metrics = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric'], () => {}), {
    wallClock: () => now,
  });
  const family = metrics.counter({ ...jobs, labelNames: ['a'] });
  family.labels({ a: 'x' }).inc();
  now = 6;
  family.labels({ a: 'y' });
  family.labels({ a: 'x' }).inc();
  expect(metrics.collect()[0]!.series).toEqual([
    { labels: { a: 'x' }, value: 2, created: 5 },
    { labels: { a: 'y' }, value: 0, created: 6 },
  ]);

  const timed = new Registry(new FaultCounter(['exemplar', 'metric'], ['metric'], () => {}));
  const before = Date.now() / 1000;
  timed.counter(jobs);
  const { created: at } = timed.collect()[0]!.series[0]!;
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now() / 1000);
});

test('a neighbour has a say in names, and is told of each metric that is new', () => {
  const { metrics } = registry();
  const told: string[][] = [];
  const theirs: Record<string, string> = { size_bytes: '"size" of another registry', wait_seconds_count: '"wait"' };
  metrics.gauge({ name: 'before', help: 'Before' });
  metrics.join({
    ownerOf: (sample) => theirs[sample],
    added: () => told.push(metrics.collect().map(({ name }) => name)),
  });
  expect(() => metrics.gauge(size)).toThrow(
    'gauge "size_bytes" cannot be declared: the name "size_bytes" is in use by "size" of another registry: choose another name',
  );
  expect(() => metrics.histogram(wait)).toThrow('the name "wait_seconds_count" is in use by "wait"');
  expect(told).toEqual([]);
  metrics.counter(jobs);
  metrics.counter(jobs);
  expect(told).toEqual([['before', 'jobs_total']]);
  metrics.add({ families: [{ name: 'late', type: 'gauge' }], collect: () => [] });
  expect(told).toHaveLength(2);
  expect(['jobs_total', 'jobs', 'late', 'other'].map((sample) => metrics.ownerOf(sample))).toEqual([
    'jobs_total',
    'jobs_total',
    'late',
    undefined,
  ]);
});

test('a metric has at most maxSeries series, 10,000 by default, and says so once', () => {
  const { metrics, faults, said } = registry();
  const few = metrics.counter({ name: 'few_total', help: 'x', labelNames: ['a'], maxSeries: 2 });
  const many = metrics.gauge({ name: 'many', help: 'x', labelNames: ['a'] });
  for (let a = 0; a < 5; a += 1) few.labels({ a }).inc();
  for (let a = 0; a < 10_003; a += 1) many.labels({ a }).set(a);
  const [counter, gauge] = metrics.collect();
  expect(counter!.series).toMatchObject([
    { labels: { a: '0' }, value: 1 },
    { labels: { a: '1' }, value: 1 },
    { labels: { a: 'other' }, value: 3 },
  ]);
  expect(gauge!.series).toHaveLength(10_001);
  expect(faults.folded).toMatchObject({ metric: 6 });
  expect(said).toEqual([
    '"few_total" has 2 series: further ones are under "other", and only counted',
    '"many" has 10000 series: further ones are under "other", and only counted',
  ]);
});

const wrongLimits: [maxSeries: unknown, text: string][] = [
  [0, '0'],
  [-1, '-1'],
  [1.5, '1.5'],
  [NaN, 'NaN'],
  ['7', '"7"'],
];
test.each(wrongLimits)('a metric cannot have %o series', (maxSeries, text) => {
  const { metrics } = registry();
  const message = `maxSeries of "a_total" must be an integer of at least 1, not ${text}`;
  const declare = () =>
    metrics.counter({ name: 'a_total', help: 'x', labelNames: ['a'], maxSeries: maxSeries as number });
  expect(declare).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});
