import { expect, test, vi } from 'vitest';
import { FaultCounter } from '../fault-counter.ts';
import { Registry } from '../registry.ts';
import type { LabeledReadGaugeSpec, ReadGaugeSpec } from './spec.ts';

function registry() {
  const said: string[] = [];
  const faults = new FaultCounter(['exemplar', 'metric'], ['metric'], (message) => said.push(message));
  return { metrics: new Registry(faults), faults, said };
}

const help = 'x';
/** As JavaScript may return anything. */
type Read = ReadGaugeSpec['read'];
type LabeledRead = LabeledReadGaugeSpec<'a' | 'b'>['read'];
const labelNames = ['a', 'b'] as const;
const hang = () => new Promise<never>(() => {});
const fail = () => {
  throw new Error('no pool');
};

const values: [name: string, read: Read, value: number, now: boolean][] = [
  ['a number', () => 5, 5, true],
  ['a promise', async () => 5, 5, false],
  ['zero', () => 0, 0, true],
  ['a negative number', () => -1.5, -1.5, true],
  ['NaN, as a gauge can be set to', () => NaN, NaN, true],
  ['infinity', () => Infinity, Infinity, true],
];
test.each(values)('a scrape has %s that read returns', async (_name, read, value, now) => {
  const { metrics, faults } = registry();
  metrics.gauge({ name: 'a', help, read });
  const family = { name: 'a', type: 'gauge', help, series: [{ labels: {}, value }] };
  expect(await metrics.collectAll()).toEqual([family]);
  expect(metrics.collect()).toEqual(now ? [family] : []);
  expect(faults.counts.metric).toBe(0);
});

const left: [name: string, read: () => unknown, problem: string][] = [
  ['throws', fail, 'Error: no pool'],
  ['rejects', async () => fail(), 'Error: no pool'],
  ['hangs', hang, 'left out, as its read() took longer than 0.001 s'],
  ['returns nothing', () => undefined, 'read() returned undefined, not a number: left out'],
  ['returns null', () => null, 'read() returned null, not a number: left out'],
  ['returns a text', () => '5', 'read() returned "5", not a number: left out'],
  ['returns a bigint', () => 5n, 'read() returned 5, not a number: left out'],
  ['returns an object', () => ({ value: 5 }), 'read() returned [object Object], not a number: left out'],
  ['resolves with a text', async () => '5', 'read() returned "5", not a number: left out'],
];
test.each(left)('a gauge whose read %s is left out, and costs no other metric', async (_name, read, problem) => {
  const { metrics, faults, said } = registry();
  metrics.gauge({ name: 'before', help }).set(1);
  metrics.gauge({ name: 'broken', help, read: read as Read, timeoutSeconds: 0.001 });
  metrics.gauge({ name: 'after', help, read: async () => 2 });
  for (const scrape of [1, 2]) {
    expect((await metrics.collectAll()).map(({ name }) => name)).toEqual(['before', 'after']);
    expect(faults.counts.metric).toBe(scrape);
  }
  expect(said).toEqual([expect.stringContaining(`metric: "broken": ${problem}`)]);
  expect(said).toEqual([expect.stringContaining('(further faults of "broken" are only counted)')]);
});

test('collect() leaves a broken gauge out', () => {
  const { metrics, faults } = registry();
  metrics.gauge({ name: 'broken', help, read: fail });
  metrics.gauge({ name: 'a', help, read: () => 1 });
  expect(metrics.collect().map(({ name }) => name)).toEqual(['a']);
  expect(faults.counts.metric).toBe(1);
});

test('collect() calls an asynchronous read once, to learn that it is, and a rejection harms nothing', async () => {
  const { metrics, faults } = registry();
  let calls = 0;
  // Not vi.fn, which handles rejections of what it returns.
  const read = () => {
    calls += 1;
    return Promise.reject<number>(new Error('no pool'));
  };
  metrics.gauge({ name: 'a', help, read });
  for (const _ of [1, 2, 3]) expect(metrics.collect()).toEqual([]);
  expect(calls).toBe(1);
  await new Promise(setImmediate); // an unhandled rejection would fail this test
  expect(faults.counts.metric).toBe(0);
});

test('a read that hangs is called once until it has ended, and is read anew afterwards', async () => {
  const { metrics, said, faults } = registry();
  let end: (value: number) => void = () => {};
  const read = vi.fn(
    () =>
      new Promise<number>((resolve) => {
        end = resolve;
      }),
  );
  metrics.gauge({ name: 'a', help, read, timeoutSeconds: 0.001 });
  for (const _ of [1, 2, 3]) expect(await metrics.collectAll()).toEqual([]);
  expect(read).toHaveBeenCalledTimes(1);
  expect(faults.counts.metric).toBe(3);
  expect(said).toHaveLength(1);
  end(1);
  await new Promise(setImmediate);
  read.mockImplementation(async () => 7);
  expect(await metrics.collectAll()).toMatchObject([{ series: [{ value: 7 }] }]);
});

test('scrapes at the same time share one call', async () => {
  const { metrics } = registry();
  const read = vi.fn(async () => 5);
  metrics.gauge({ name: 'a', help, read });
  const both = await Promise.all([metrics.collectAll(), metrics.collectAll()]);
  expect(both).toMatchObject([[{ series: [{ value: 5 }] }], [{ series: [{ value: 5 }] }]]);
  expect(read).toHaveBeenCalledTimes(1);
});

test('only gauges with one of the names that a scrape asks for are read', async () => {
  const { metrics } = registry();
  const [asked, other] = [vi.fn(() => 1), vi.fn(() => 2)];
  metrics.gauge({ name: 'asked', help, read: asked });
  metrics.gauge({ name: 'other', help, read: other });
  expect([...(await metrics.read(['asked', 'missing'])).keys()]).toEqual(['asked']);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(other).not.toHaveBeenCalled();
});

const labeled: [name: string, read: LabeledRead, series: [a: string, b: string, value: number][]][] = [
  ['none', () => [], []],
  [
    'an array',
    () => [
      { labels: { a: 'x', b: 'y' }, value: 1 },
      { labels: { b: 2, a: 1 }, value: 2 },
    ],
    [
      ['x', 'y', 1],
      ['1', '2', 2],
    ],
  ],
  ['a promise of an array', async () => [{ labels: { a: 'x', b: 'y' }, value: 1 }], [['x', 'y', 1]]],
  ['a set', () => new Set([{ labels: { a: 'x', b: 'y' }, value: 1 }]), [['x', 'y', 1]]],
  [
    'a generator',
    function* read() {
      yield { labels: { a: 'x', b: 'y' }, value: 1 };
    },
    [['x', 'y', 1]],
  ],
  ['values with quotes', () => [{ labels: { a: '"', b: '\\\n' }, value: 1 }], [['"', '\\\n', 1]]],
];
test.each(labeled)('a scrape has the series that read returns: %s', async (_name, read, series) => {
  const { metrics, faults } = registry();
  metrics.gauge({ name: 'a', help, labelNames, read });
  const expected = series.map(([a, b, value]) => ({ labels: { a, b }, value }));
  expect(await metrics.collectAll()).toEqual([{ name: 'a', type: 'gauge', help, series: expected }]);
  expect(faults.counts.metric).toBe(0);
});

const good = { labels: { a: 'x', b: 'y' }, value: 1 };
const partly: [name: string, answer: unknown, problem: string, series: number][] = [
  ['a number', 5, 'read() returned 5, not an array of { labels, value }: left out', -1],
  ['a text', 'abc', 'read() returned "abc", not an array of { labels, value }: left out', -1],
  ['nothing', undefined, 'read() returned undefined, not an array of { labels, value }: left out', -1],
  [
    'a value that is a text',
    [good, { ...good, value: '1' }],
    'read() returned the value "1", not a number: left out',
    1,
  ],
  ['an item without a value', [good, {}], 'read() returned the value undefined, not a number: left out', 1],
  ['an item that is null', [good, null], 'read() returned the value undefined, not a number: left out', 1],
  ['an undeclared label', [good, { labels: { a: 'x', c: 'y' }, value: 1 }], 'labels {a, c} given where {a, b} were', 1],
  ['a missing label', [{ labels: { a: 'x' }, value: 1 }], 'labels {a} given where {a, b} were declared', 1],
  ['no labels', [{ value: 1 }], 'labels {} given where {a, b} were declared', 1],
  [
    'the same labels twice',
    [good, { ...good, value: 2 }],
    'read() returned {a="x",b="y"} more than once: the first',
    1,
  ],
];
test.each(partly)('a wrong value is left out and counted: %s', async (_name, answer, problem, series) => {
  const { metrics, faults, said } = registry();
  metrics.gauge({ name: 'a', help, labelNames, read: (() => answer) as LabeledRead });
  const families = await metrics.collectAll();
  expect(families.map((family) => family.series.length)).toEqual(series < 0 ? [] : [series]);
  if (series > 0) expect(families).toMatchObject([{ series: [{ value: 1 }] }]);
  expect(faults.counts.metric).toBe(1);
  expect(said).toEqual([expect.stringContaining(`metric: "a": ${problem}`)]);
});

test('an iterator that throws leaves the gauge out', async () => {
  const { metrics, said } = registry();
  const read = function* read() {
    yield good;
    fail();
  };
  metrics.gauge({ name: 'a', help, labelNames, read });
  expect(await metrics.collectAll()).toEqual([]);
  expect(said).toEqual([expect.stringContaining('metric: "a": Error: no pool')]);
});

test('maxSeries holds for what read returns: the values beyond are summed under other', async () => {
  const { metrics, faults, said } = registry();
  const read = () => [1, 2, 3, 4].map((value) => ({ labels: { a: value, b: 'x' }, value }));
  metrics.gauge({ name: 'a', help, labelNames, maxSeries: 2, read });
  for (const scrape of [1, 2]) {
    expect(await metrics.collectAll()).toMatchObject([
      {
        series: [
          { labels: { a: '1', b: 'x' }, value: 1 },
          { labels: { a: '2', b: 'x' }, value: 2 },
          { labels: { a: 'other', b: 'other' }, value: 7 },
        ],
      },
    ]);
    expect(faults.folded).toEqual({ metric: 2 * scrape });
  }
  expect(said).toEqual(['"a" has 2 series: further ones are under "other", and only counted']);
});

test('a series that read no longer returns is gone', async () => {
  const { metrics } = registry();
  let names = ['x', 'y'];
  const read = () => names.map((a) => ({ labels: { a, b: '' }, value: 1 }));
  metrics.gauge({ name: 'a', help, labelNames, read });
  expect(await metrics.collectAll()).toMatchObject([{ series: [{ labels: { a: 'x' } }, { labels: { a: 'y' } }] }]);
  names = ['y'];
  expect((await metrics.collectAll())[0]!.series).toEqual([{ labels: { a: 'y', b: '' }, value: 1 }]);
});

test('declared again alike, the newer function is read', async () => {
  const { metrics } = registry();
  expect(metrics.gauge({ name: 'a', help, read: () => 1 })).toBeUndefined();
  metrics.gauge({ name: 'a', help, read: () => 2 });
  expect(await metrics.collectAll()).toMatchObject([{ series: [{ value: 2 }] }]);
  const conflict = expect.objectContaining({ code: 'metric_conflict' });
  expect(() => metrics.gauge({ name: 'a', help })).toThrow(conflict);
  expect(() => metrics.gauge({ name: 'a', help, read: () => 1, timeoutSeconds: 2 })).toThrow(conflict);
});

test('families() names a gauge without reading it', () => {
  const { metrics } = registry();
  const read = vi.fn(() => 1);
  metrics.gauge({ name: 'a', help, read });
  expect(metrics.families()).toMatchObject([{ name: 'a', type: 'gauge', help }]);
  expect(metrics.live()).toEqual([]);
  expect(read).not.toHaveBeenCalled();
});

test('the types of a declaration', () => {
  const { metrics } = registry();
  // @ts-expect-error: a gauge with labels returns values with labels
  metrics.gauge({ name: 'b', help, labelNames, read: () => 5 });
  // @ts-expect-error: the labels are the declared ones
  metrics.gauge({ name: 'c', help, labelNames, read: () => [{ labels: { c: 'x' }, value: 1 }] });
  // @ts-expect-error: a gauge that is read cannot be set
  metrics.gauge({ name: 'd', help, read: () => 5 })?.set(1);
  metrics.gauge({ name: 'e', help, labelNames, read: () => [{ labels: { a: 'x', b: 1 }, value: 1 }] });
  metrics.gauge({ name: 'f', help, labelNames }).labels({ a: 'x', b: 'y' }).set(1);
  metrics.gauge({ name: 'g', help }).set(1);
});
