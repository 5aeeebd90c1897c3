import { expect, test } from 'vitest';
import { GrpcMetrics } from '../src/index.ts';

/** Values that no text is made of without care, and what is nothing. */
const values: [name: string, value: unknown][] = [
  ['a bigint', 5n],
  ['a symbol', Symbol('x')],
  ['an object without a prototype', Object.create(null)],
  ['a text', 'shop'],
  ['a number', Number.NaN],
];

/** Every option that not just any value can be. */
const options: [name: string, given: (value: unknown) => unknown][] = [
  ['the options', (value) => value],
  ['service', (service) => ({ service })],
  ['service.name', (name) => ({ service: { name } })],
  ['naming', (naming) => ({ naming })],
  ['a vocabulary', (use) => ({ naming: [{ use }] })],
  ['labels of a vocabulary', (labels) => ({ naming: [{ use: 'go', labels }] })],
  ['metrics of a vocabulary', (metrics) => ({ naming: [{ use: 'go', metrics }] })],
  ['a metric of a vocabulary', (metric) => ({ naming: [{ use: 'go', metrics: [metric] }] })],
  ['buckets', (buckets) => ({ buckets })],
  ['a bucket', (bucket) => ({ buckets: [bucket] })],
  ['nativeHistograms', (nativeHistograms) => ({ nativeHistograms })],
  ['exemplars', (exemplars) => ({ exemplars })],
  ['exclude', (exclude) => ({ exclude })],
  ['a name in exclude', (name) => ({ exclude: [name, ''] })],
  ['include', (include) => ({ include })],
  ['labels', (labels) => ({ labels })],
  ['a label', (label) => ({ labels: { tenant: label, le: 'x' } })],
  ['details', (details) => ({ details })],
  ['a detail', (messageSizes) => ({ details: { messageSizes } })],
  ['maxSeries', (maxSeries) => ({ maxSeries })],
  ['targets', (targets) => ({ targets })],
];
const rows = options.flatMap(([option, given]) =>
  values.map(([value, of]): [string, string, unknown] => [option, value, given(of)]),
);
/** What is right, or cannot be told from it. */
const right = [
  'the options an object without a prototype',
  'service an object without a prototype',
  'service.name a text',
  'labels of a vocabulary an object without a prototype',
  'nativeHistograms an object without a prototype',
  'labels an object without a prototype',
  'details an object without a prototype',
];

test.each(rows.filter(([option, value]) => !right.includes(`${option} ${value}`)))(
  '%s: %s is a clear error',
  (_option, _value, given) => {
    expect(() => new GrpcMetrics(given as object)).toThrow(
      expect.objectContaining({ name: 'MetricsError', code: expect.stringMatching(/^invalid_/) }),
    );
  },
);

test.each(rows.filter(([option, value]) => right.includes(`${option} ${value}`)))(
  '%s: %s',
  (_option, _value, given) => {
    expect(new GrpcMetrics(given as object).collect()).not.toEqual([]);
  },
);

const help = 'x';
/** What else takes options or declarations, and is wrong with every one of the values but a text. */
const api: [name: string, use: (metrics: GrpcMetrics, value: never) => unknown][] = [
  ['counter()', (metrics, value) => metrics.counter(value)],
  ['a name', (metrics, name) => metrics.gauge({ name, help })],
  ['a help text', (metrics, given) => metrics.gauge({ name: 'a', help: given })],
  ['labelNames', (metrics, labelNames) => metrics.gauge({ name: 'a', help, labelNames })],
  ['a label name', (metrics, label) => metrics.gauge({ name: 'a', help, labelNames: [label] })],
  ['maxSeries of a metric', (metrics, maxSeries) => metrics.gauge({ name: 'a', help, labelNames: ['b'], maxSeries })],
  ['buckets of a metric', (metrics, buckets) => metrics.histogram({ name: 'a', help, buckets })],
  ['onCall()', (metrics, value) => metrics.onCall(value)],
  ['include()', (metrics, value) => metrics.include(value)],
  ['registerInto()', (metrics, value) => metrics.registerInto(value)],
  ['preregister()', (metrics, value) => metrics.preregister(value)],
  ['instrument()', (metrics, value) => metrics.instrument(value)],
  ['naming of render()', (metrics, value) => metrics.render(undefined, value)],
  ['a vocabulary of render()', (metrics, value) => metrics.render(undefined, [value])],
  ['port', (metrics, port) => metrics.expose({ port, host: '127.0.0.1' })],
  ['page', (metrics, page) => metrics.expose({ port: 0, host: '127.0.0.1', page })],
  ['timeout', (metrics, timeout) => metrics.expose({ port: 0, host: '127.0.0.1', timeout })],
];
const wrong = values.filter(([value]) => value !== 'a text');
test.each(api.flatMap(([name, use]) => wrong.map(([value, of]) => ({ name, value, use, of }))))(
  '$name: $value is a clear error',
  async ({ use, of }) => {
    await expect((async () => use(new GrpcMetrics(), of as never))()).rejects.toMatchObject({
      name: 'MetricsError',
      code: expect.stringMatching(/^(invalid|unsupported)_/),
    });
  },
);

const noObjects: [name: string, use: (metrics: GrpcMetrics, value: never) => unknown][] = [
  ['expose()', (metrics, value) => metrics.expose(value)],
  ['handler()', (metrics, value) => metrics.handler(value)],
  ['clientOptions()', (metrics, value) => metrics.clientOptions(value)],
  ['options of onCall()', (metrics, value) => metrics.onCall(() => {}, value)],
  ['histogram()', (metrics, value) => metrics.histogram(value)],
];
test.each(noObjects)('%s of what is no object is a clear error', async (_name, use) => {
  for (const value of [8000, null, 'x', 5n]) {
    await expect((async () => use(new GrpcMetrics(), value as never))()).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(`not ${typeof value === 'string' ? '"x"' : String(value)}`),
    });
  }
});

test('host: what is no text is a clear error', async () => {
  await expect(new GrpcMetrics().expose({ port: 0, host: 5n as never })).rejects.toMatchObject({
    code: 'invalid_option',
    message: 'host must be a name or an address, not 5',
  });
});
