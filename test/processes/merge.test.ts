import { afterEach, expect, test } from 'vitest';
import { Histogram } from '../../src/core/histogram.ts';
import { NativeHistogram } from '../../src/core/native/native-histogram.ts';
import type { HistogramSeries } from '../../src/core/snapshot.ts';
import { BookFile } from '../../src/processes/book-file.ts';
import { HistogramView } from '../../src/processes/histogram-view.ts';
import type { Rule } from '../../src/processes/layout.ts';
import type { PartSum } from '../../src/processes/part-sum.ts';
import { foldDead } from '../../src/processes/retire.ts';
import { isLate } from '../../src/processes/shelf.ts';
import {
  identityOf,
  Lives,
  newGeneration,
  readerOf,
  removeFolders,
  startProcess,
  type TestProcess,
  totals,
} from './folders.ts';
import { randomFrom } from './history.ts';

afterEach(removeFolders);

/** Three processes; `put` fills the book of each. The first dies and is folded, the second dies. */
function partOf(put: (process: TestProcess, index: number) => void): { living: PartSum; folded: PartSum | undefined } {
  const folder = newGeneration();
  const lives = new Lives();
  for (let index = 0; index < 3; index += 1) {
    const process = startProcess(folder, `p${index}`, { worker: index });
    put(process, index);
    process.book.flush();
  }
  const living = readerOf(folder, lives);
  living.refresh();
  lives.kill('p0');
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  foldDead(shelf, identityOf('x'));
  lives.kill('p1');
  shelf.refresh();
  const find = (of: typeof shelf) => of.sums.get(['thing'])?.parts.get('part');
  return { living: find(living)!, folded: find(shelf) };
}

const rules: [rule: Rule, living: number, folded: number | undefined][] = [
  ['sum', 111, 111],
  ['gauge', 111, 100],
  ['max', 100, 100],
  ['min', 1, 100],
];
test.each(rules)('%s: what the living and the dead have', (rule, living, folded) => {
  const part = partOf(({ rows }, index) => rows.put('part', rule, [10 ** index]));
  expect([part.living.at(0), part.folded?.at(0)]).toEqual([living, folded]);
});

test('each: every living process has its own', () => {
  const own = ({ own: all }: PartSum) => all.map(({ worker, row }) => [worker, row.values[row.from]]);
  const { living, folded } = partOf(({ rows }, index) => rows.put('part', 'each', [10 ** index]));
  expect(own(living)).toEqual([
    [0, 1],
    [1, 10],
    [2, 100],
  ]);
  expect(own(folded!)).toEqual([[2, 100]]);
});

test('the earliest creation stays, also when its process is folded', () => {
  const { living, folded } = partOf(({ rows }, index) => rows.put('part', 'sum', [1], [7, 9, 8][index]));
  expect([living.created, folded!.created]).toEqual([7, 7]);
});

test('the latest exemplar of each bucket stays, also when its process is folded', () => {
  const exemplar = (timestamp: number) => ({ labels: { trace_id: `${timestamp} "é"` }, value: 1, timestamp });
  const { living, folded } = partOf(({ rows }, index) => {
    rows.putHistogram('part', 'sum', { labels: {}, bounds: [1], buckets: [1, 1], sum: 2 }, 0);
    rows.putExemplars('part', [exemplar([30, 20, 10][index]!), index === 1 ? exemplar(5) : undefined]);
  });
  expect(living.exemplars).toEqual([exemplar(30), exemplar(5)]);
  expect(folded!.exemplars).toEqual([exemplar(30), exemplar(5)]);
});

test('different bounds join: counts at shared bounds are exact', () => {
  const sizes: HistogramSeries[] = [
    { labels: {}, bounds: [1, 3], buckets: [1, 10, 100], sum: 0.5 },
    { labels: {}, bounds: [2, 3], buckets: [2, 20, 200], sum: 0.25 },
    { labels: {}, bounds: [1, 3], buckets: [4, 40, 400], sum: 0.125 },
  ];
  const { living, folded } = partOf(({ rows }, index) => rows.putHistogram('part', 'sum', sizes[index]!, 0));
  for (const part of [living, folded!]) {
    const { bounds, buckets, sum } = new HistogramView(part).live({});
    expect({ bounds, buckets, sum }).toEqual({ bounds: [1, 2, 3], buckets: [5, 2, 70, 700], sum: 0.875 });
  }
});

/** A histogram with observations, and the same of another one in which all are. */
function observe(values: readonly number[], all: Histogram): Histogram {
  const histogram = new Histogram([1, 10], () => {}, { native: new NativeHistogram({ maxBuckets: 8 }) });
  for (const value of values) for (const one of [histogram, all]) one.observe(value);
  return histogram;
}

test('native buckets are exact, also when their process is folded', () => {
  const random = randomFrom(3);
  const all = new Histogram([1, 10], () => {}, { native: new NativeHistogram({ maxBuckets: Infinity }) });
  const { living, folded } = partOf(({ rows }, index) => {
    const values = Array.from({ length: 50 }, () => 10 ** (random() * (index + 1)));
    rows.putHistogram('part', 'sum', observe(values, all).live({}), 0);
  });
  for (const part of [living, folded!]) {
    const { buckets, native } = new HistogramView(part).live({});
    const classic = buckets.reduce((sum, count) => sum + count, 0);
    expect(native!.counts.reduce((sum, count) => sum + count, native!.zeroCount)).toBe(classic);
    expect(classic).toBe(all.count);
    expect(buckets).toEqual(all.live({}).buckets);
    expect(native!.schema).toBeLessThan(all.live({}).native!.schema);
  }
});

test('native buckets are left out where a process has none of its own: the counts would not agree', () => {
  const all = new Histogram([1, 10], () => {});
  const { living } = partOf(({ rows }, index) => {
    const { native, ...series } = observe([1, 2], all).live({});
    rows.putHistogram('part', 'sum', index === 1 ? series : { ...series, native }, 0);
  });
  expect(living.native).toBeUndefined();
  expect(new HistogramView(living).count).toBe(6);
});

test('a sum of floats does not depend on who was folded when', () => {
  // As floats, one after the other, they are 1e16: as a pair the small ones make 2.
  const values = [1e16, 1, 1];
  const sums = [[0], [1], [2], [1, 2], [0, 1]].map((dead) => {
    const folder = newGeneration();
    const lives = new Lives();
    for (const [index, value] of values.entries()) startProcess(folder, `p${index}`, { count: value });
    lives.kill(...dead.map((index) => `p${index}`));
    const shelf = readerOf(folder, lives);
    const before = totals(shelf).count;
    foldDead(shelf, identityOf('x'));
    return [before, totals(shelf).count];
  });
  expect(new Set(sums.flat())).toEqual(new Set([1e16 + 2]));
});

test('a book of a later version: parts that nobody here knows are summed and folded all the same', () => {
  const { living, folded } = partOf(({ rows }, index) => rows.put('part', 'sum', index === 2 ? [1, 5] : [1]));
  expect([living.at(0), living.at(1), folded!.at(0), folded!.at(1)]).toEqual([3, 5, 3, 5]);
});

test('processes that begin at the same time get numbers of their own; the older keeps the one that it has', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const start = (name: string, worker: number, created: number) => startProcess(folder, name, { worker, created });
  start('old', 0, 1);
  start('new', 0, 3);
  start('newer', 0, 4);
  start('other', 2, 2);
  const shelf = readerOf(folder, lives);
  const numbers = () => {
    shelf.refresh();
    return ['old', 'new', 'newer', 'other'].map((name) => shelf.workerOf(name));
  };
  expect(numbers()).toEqual([0, 1, 3, 2]);
  lives.kill('old');
  expect(numbers()).toEqual([undefined, 0, 1, 2]);
});

test('a reader that is open sees rows of the dead until they are folded, and no label set twice', () => {
  const { living } = partOf(({ book, rows }) => {
    rows.put('part', 'sum', [1]);
    book.flush();
  });
  expect(living.books).toBe(3);
});

test('a book keeps its identity when it is written anew under its name', () => {
  const folder = newGeneration();
  const lives = new Lives();
  startProcess(folder, 'a', { count: 5 });
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  startProcess(folder, 'a', { count: 6 });
  shelf.refresh();
  expect(shelf.sums.get(['thing'])?.parts.get('count')?.at(0)).toBe(6);
  expect(new BookFile(`${folder}/a.book`).writer.name).toBe('a');
});

test('a process of another namespace: its gauges count while it writes, its sums for ever, and it is never folded', () => {
  const folder = newGeneration();
  const process = startProcess(folder, 'elsewhere', { count: 3, level: 4 });
  let now = 0;
  const shelf = readerOf(folder, new Lives(), { lifeOf: () => 'unknown', now: () => now });
  expect(totals(shelf)).toEqual({ count: 3, level: 4 });
  now = 100_000;
  expect(totals(shelf)).toEqual({ count: 3, level: undefined });
  expect(isLate(shelf.processes[0]!)).toBe(true);
  process.book.beat(99_000);
  process.book.flush();
  totals(shelf);
  expect(totals(shelf)).toEqual({ count: 3, level: 4 });
  expect(foldDead(shelf, identityOf('x'))).toBe(0);
});
