import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reader, tableOf } from '../../test/support/stream-reader.ts';
import type { HistogramSeries, MetricFamily, NumberSeries } from '../core/snapshot.ts';
import { Differ } from './differ.ts';
import { History } from './history.ts';
import type { Frame } from './protocol.ts';
import { frameOf } from './sse.ts';

const gauge = (name: string, ...values: number[]): MetricFamily => ({
  name,
  type: 'gauge',
  help: name,
  series: values.map((value, index) => ({ labels: { index: String(index) }, value })),
});

/** As it is sent. */
const sent = (frame: Frame): Frame => JSON.parse(JSON.stringify(frame)) as Frame;

const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0));
const labels = fc.constantFrom({}, { a: '1' }, { a: '2' }, { a: '1', b: 'ü"\n' }, { constructor: 'x' });
const numberSeries: fc.Arbitrary<NumberSeries> = fc.record({ labels, value: number });
const histogramSeries: fc.Arbitrary<HistogramSeries> = fc
  .tuple(labels, fc.constantFrom([1], [1, 2], [1, 2, 4]), number, fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }))
  .map(([of, bounds, sum, counts]) => ({ labels: of, bounds, sum, buckets: counts.slice(0, bounds.length + 1) }));
const distinct = <Series extends { readonly labels: object }>(series: fc.Arbitrary<Series>) =>
  fc.uniqueArray(series, { selector: (one) => JSON.stringify(one.labels), maxLength: 5 });
const family: fc.Arbitrary<MetricFamily> = fc.oneof(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('counter' as const, 'gauge' as const),
    help: fc.constantFrom('x', 'y'),
    series: distinct(numberSeries),
  }),
  fc.record({
    name: fc.constantFrom('a', 'b', 'h'),
    type: fc.constant('histogram' as const),
    help: fc.constant('x'),
    series: distinct(histogramSeries),
  }),
);
const moments = fc.array(fc.uniqueArray(family, { selector: ({ name }) => name, maxLength: 4 }), { maxLength: 12 });

test('frames put together are what there is, whatever comes, changes and goes', async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (given) => {
      const differ = new Differ();
      const reader = new Reader();
      for (const [t, families] of given.entries()) {
        reader.read(sent(await differ.next(t, families)));
        expect(reader.table()).toEqual(tableOf(families));
      }
    }),
    { numRuns: 500 },
  );
});

test('who comes late reads the same, also where much was folded away', async () => {
  await fc.assert(
    fc.asyncProperty(moments, fc.nat(3), async (given, maxFrames) => {
      const differ = new Differ();
      const history = new History(0, { maxFrames: maxFrames + 1 });
      for (const [t, families] of given.entries()) {
        history.add(await differ.next(t + 1, families));
        const reader = new Reader();
        reader.read(frameOf(history.base()));
        for (let at = history.begin; at < history.end; at += 1) {
          reader.read(frameOf(history.at(at)));
          // Each of the remembered moments is as it was.
          expect(reader.table()).toEqual(tableOf(given[at]!));
        }
        expect(history.end - history.begin).toBeLessThanOrEqual(maxFrames + 1);
      }
    }),
    { numRuns: 300 },
  );
});

test('a moment in which nothing changes is told by its time alone', async () => {
  const differ = new Differ();
  const families = () => [
    gauge('a', 1, NaN, -0),
    {
      name: 'h',
      type: 'histogram',
      help: 'h',
      series: [{ labels: {}, bounds: [1], buckets: [1, 2], sum: NaN }],
    } as const,
  ];
  expect(Object.keys(await differ.next(1, families()))).toEqual(['t', 'families', 'series', 'values', 'histograms']);
  expect(await differ.next(2, families())).toEqual({ t: 2 });
});

test('the role of a family is told, and a family of another role is another family', async () => {
  const differ = new Differ();
  const jobs = gauge('jobs', 1);
  const told = { name: 'jobs', type: 'gauge', help: 'jobs' };
  expect(await differ.next(1, [{ ...jobs, role: 'library' }])).toMatchObject({
    families: [{ ...told, role: 'library' }],
  });
  expect((await differ.next(2, [jobs])).families).toEqual([told]);
});

test('only what changed is told', async () => {
  const differ = new Differ();
  const histogram = (buckets: number[], sum: number): MetricFamily => ({
    name: 'h',
    type: 'histogram',
    help: 'h',
    series: [{ labels: {}, bounds: [1, 2], buckets, sum }],
  });
  await differ.next(1, [gauge('a', 1, 2, 3), histogram([0, 5, 0], 7)]);
  expect(await differ.next(2, [gauge('a', 1, 4, 3), histogram([0, 6, 0], 9)])).toEqual({
    t: 2,
    values: [1, 4],
    histograms: [[3, 9, 1, 6]],
  });
});

test('a series that comes back has a number that no other series had', async () => {
  const differ = new Differ();
  const first = {
    t: 1,
    values: [0, 1, 1, 2],
    series: [
      [0, 0, { index: '0' }],
      [1, 0, { index: '1' }],
    ],
  };
  expect(await differ.next(1, [gauge('a', 1, 2)])).toMatchObject(first);
  expect(await differ.next(2, [gauge('a', 1)])).toEqual({ t: 2, gone: [1] });
  expect(await differ.next(3, [gauge('a', 1, 2)])).toEqual({ t: 3, series: [[2, 0, { index: '1' }]], values: [2, 2] });
});

test("what is told stays as it was, whatever becomes of the reader's objects", async () => {
  const differ = new Differ();
  const buckets = [1, 0];
  const own = { a: 'x' };
  const families: MetricFamily[] = [
    { name: 'h', type: 'histogram', help: 'h', series: [{ labels: own, bounds: [1], buckets, sum: 1 }] },
  ];
  const first = await differ.next(1, families);
  buckets[0] = 2;
  expect(await differ.next(2, families)).toEqual({ t: 2, histograms: [[0, 1, 0, 2]] });
  own.a = 'y';
  expect(first.series).toEqual([[0, 0, { a: 'x' }, [1]]]);
});

test('a summary is its quantiles, its sum and its count', async () => {
  const summary = (count: number): MetricFamily => ({
    name: 's_seconds',
    type: 'summary',
    help: 's',
    series: [
      {
        labels: { a: '1' },
        quantiles: [
          [0.5, 2],
          [0.99, 3],
        ],
        sum: 7,
        count,
      },
    ],
  });
  const differ = new Differ();
  const reader = new Reader();
  for (const count of [3, 4]) {
    reader.read(await differ.next(count, [summary(count)]));
    expect(reader.table()).toEqual({
      s_seconds: {
        type: 'summary',
        help: 's',
        series: {
          '[[["a","1"],["quantile","0.5"]],null]': 2,
          '[[["a","1"],["quantile","0.99"]],null]': 3,
        },
      },
      s_seconds_sum: { type: 'counter', help: 's', series: { '[[["a","1"]],null]': 7 } },
      s_seconds_count: { type: 'counter', help: 's', series: { '[[["a","1"]],null]': count } },
    });
  }
});

test('a family that breaks stays as it was, is told of once each time, and costs the others nothing', async () => {
  const failures: unknown[] = [];
  const differ = new Differ({ failed: (error) => failures.push(error) });
  const reader = new Reader();
  const broken = new Error('broken');
  const breaks = {
    ...gauge('a'),
    series: (function* () {
      yield { labels: { index: '0' }, value: 5 };
      throw broken;
    })(),
  };
  reader.read(await differ.next(1, [gauge('a', 1, 2), gauge('b', 1)]));
  reader.read(await differ.next(2, [breaks, gauge('b', 2)]));
  expect(failures).toEqual([broken]);
  expect(reader.table()).toEqual(tableOf([gauge('a', 5, 2), gauge('b', 2)]));
  reader.read(await differ.next(3, [gauge('a', 6), gauge('b', 2)]));
  expect(reader.table()).toEqual(tableOf([gauge('a', 6), gauge('b', 2)]));
});

test('a reading that waits for the processor is not busy', async () => {
  const wait = (seconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  const waiting = {
    ...gauge('a'),
    series: (function* () {
      wait(0.3);
      yield { labels: {}, value: 1 };
    })(),
  };
  const differ = new Differ();
  await differ.next(1, [waiting]);
  expect(differ.busy).toBeLessThan(0.2);
  const working = {
    ...gauge('b'),
    series: (function* () {
      const before = process.cpuUsage();
      const spent = () => {
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      while (spent() < 50_000);
      yield { labels: {}, value: 1 };
    })(),
  };
  await differ.next(2, [working]);
  expect(differ.busy).toBeGreaterThan(0.04);
});

test('of families of one name, and of series of the same labels, the first is told', async () => {
  const differ = new Differ();
  const reader = new Reader();
  const twice = {
    ...gauge('a'),
    series: [
      { labels: {}, value: 1 },
      { labels: {}, value: 2 },
    ],
  } as MetricFamily;
  for (const t of [1, 2]) {
    reader.read(await differ.next(t, [twice, gauge('a', 3)]));
    expect(reader.table()).toEqual({ a: { type: 'gauge', help: 'a', series: { '[[],null]': 1 } } });
  }
});

test('a family that does not fit is left out whole, said so, and back when there is room', async () => {
  const differ = new Differ({ maxSeries: 5 });
  const reader = new Reader();
  const steps: [given: MetricFamily[], shown: string[], left: string[]][] = [
    [[gauge('a', 1, 2, 3), gauge('b', 1, 2, 3), gauge('c', 1)], ['a', 'c'], ['b']],
    [[gauge('a', 1, 2, 3), gauge('b', 1, 2, 3), gauge('c', 1)], ['a', 'c'], ['b']],
    [[gauge('a', 1), gauge('b', 1, 2, 3), gauge('c', 1)], ['a', 'b', 'c'], []],
    [[gauge('a', 1), gauge('b', 1, 2, 3, 4), gauge('c', 1)], ['a', 'c'], ['b']],
    [[gauge('a', 1), gauge('c', 1)], ['a', 'c'], []],
  ];
  for (const [t, [given, shown, left]] of steps.entries()) {
    reader.read(await differ.next(t, given));
    expect(reader.table()).toEqual(tableOf(given.filter(({ name }) => shown.includes(name))));
    expect(reader.left).toEqual(left);
  }
});

test('families are bounded, too', async () => {
  const differ = new Differ({ maxFamilies: 2 });
  const reader = new Reader();
  for (const names of [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'd'],
  ]) {
    reader.read(
      await differ.next(
        1,
        names.map((name) => gauge(name, 1)),
      ),
    );
  }
  expect(reader.table()).toEqual(tableOf([gauge('a', 1)]));
  expect(reader.left).toEqual(['d']);
});

test('the event loop has its turns', async () => {
  const differ = new Differ({ sliceMs: 0 });
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await differ.next(
    1,
    Array.from('abcdefghij', (name) => gauge(name, 1)),
  );
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(8);
});
