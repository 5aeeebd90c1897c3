import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Histogram } from '../../src/core/histogram.ts';
import { NativeHistogram } from '../../src/core/native/native-histogram.ts';
import { Book } from '../../src/processes/book.ts';
import { BookFile } from '../../src/processes/book-file.ts';
import { FoldedCounts } from '../../src/processes/folded-counts.ts';
import { HistogramView } from '../../src/processes/histogram-view.ts';
import type { PartSum } from '../../src/processes/part-sum.ts';
import { foldDead, removeStates } from '../../src/processes/retire.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import { unlimited } from '../../src/processes/series-limits.ts';
import { Sums } from '../../src/processes/sums.ts';
import { identityOf, Lives, newFolder, newGeneration, readerOf, removeFolders, startProcess } from './folders.ts';
import { randomFrom } from './history.ts';

afterEach(removeFolders);

type Put = (rows: EntityRows, stage: number) => void;

/** The sum of books of one process: each is folded when the next one begins. `put` writes what the process has by then. */
function sumOfBooks(stages: number, put: Put): PartSum {
  const folder = newFolder();
  const counts = new FoldedCounts();
  const files: BookFile[] = [];
  for (let stage = 0; stage < stages; stage += 1) {
    const who = { ...identityOf(`book ${stage}`), worker: 0, created: 1, ports: [] };
    const book = new Book(folder, who, { folded: counts });
    const rows = new EntityRows(book, ['thing'], {});
    if (stage > 0) put(rows, stage - 1);
    put(rows, stage);
    book.publish(`${stage}.book`);
    book.close();
    files.push(new BookFile(join(folder, `${stage}.book`)));
    counts.add(files.at(-1)!);
  }
  const sums = new Sums(unlimited);
  sums.add(files.map((file) => ({ file, worker: undefined })));
  for (const file of files) file.close();
  return sums.get(['thing'])!.parts.get('part')!;
}

const stagesOf = 5;

const histograms: [name: string, make: () => Histogram, spread: number][] = [
  ['classic', () => new Histogram([1, 10], () => {}), 10],
  ['native', () => new Histogram([1, 10], () => {}, { native: new NativeHistogram() }), 10],
  [
    'native, and it becomes coarser',
    () => new Histogram([1, 10], () => {}, { native: new NativeHistogram({ maxBuckets: 8 }) }),
    10,
  ],
  [
    'native, with a zero threshold that is no bound',
    () => new Histogram([1, 10], () => {}, { native: new NativeHistogram({ zeroThreshold: 0.3 }) }),
    2,
  ],
];
test.each(histograms)(
  'a histogram in several books that were folded is what one would be: %s',
  (_name, make, spread) => {
    const random = randomFrom(3);
    const one = make();
    const stages = Array.from({ length: stagesOf }, (_, stage) => {
      for (let times = 0; times < 40 * stage; times += 1) one.observe(random() * spread ** stage);
      const { native, ...series } = one.live({});
      const copy = { ...series, buckets: [...series.buckets] };
      return native === undefined
        ? copy
        : { ...copy, native: { ...native, indexes: [...native.indexes], counts: [...native.counts] } };
    });
    const sum = sumOfBooks(stagesOf, (rows, stage) => rows.putHistogram('part', 'sum', stages[stage]!, 7));
    const alone = sumOfBooks(1, (rows) => rows.putHistogram('part', 'sum', stages.at(-1)!, 7));
    expect(new HistogramView(sum).live({})).toEqual(new HistogramView(alone).live({}));
    expect(sum.at(sum.values.length - 1)).toBe(stages.at(-1)!.sum);
  },
);

test('amounts that floats round are in the sum once, to the last bit', () => {
  const random = randomFrom(5);
  const amounts: number[] = [];
  for (let size = 1e-9; size < 1e9; size *= 3) amounts.push((amounts.at(-1) ?? 0) + random() * size);
  const sum = sumOfBooks(amounts.length, (rows, stage) => rows.put('part', 'sum', [amounts[stage]!], 7));
  expect([sum.values[0], sum.low[0]]).toEqual([amounts.at(-1), 0]);
});

const remakes: [name: string, createdAgain: number][] = [
  ['later', 8],
  ['in the same millisecond', 7],
];
test.each(remakes)('a series that was removed and made again %s counts from 0', (_name, createdAgain) => {
  const sum = sumOfBooks(2, (rows, stage) => {
    rows.remove('part');
    if (stage === 0) rows.put('part', 'sum', [100], 7);
    else rows.put('part', 'sum', [3], createdAgain);
  });
  expect(sum.at(0)).toBe(103);
});

test('a gauge is whole in every book', () => {
  const folder = newFolder();
  const { book } = startProcess(folder, 'a', { level: 5 });
  const counts = new FoldedCounts();
  counts.add(book.readBack());
  expect(counts.get(['thing'], 'level', undefined)).toBeUndefined();
});

test('the state in which a book was folded is kept for a minute, and that of an orderly end never', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const orderly = startProcess(folder, 'orderly');
  orderly.book.end();
  orderly.book.flush();
  for (const name of ['a', 'b']) startProcess(folder, name, { count: 1 });
  lives.kill('a', 'b');
  const shelf = readerOf(folder, lives);
  const states = () => readdirSync(folder).filter((name) => name.startsWith('folded-'));
  const refresh = () => {
    shelf.refresh();
    removeStates(folder, shelf.retired);
  };
  refresh();
  // Another process has begun to fold, and loses.
  startProcess(folder, 'other');
  const lost = () => {
    throw new Error('killed');
  };
  const other = readerOf(folder, lives);
  other.refresh();
  expect(() => foldDead(other, identityOf('y'), lost)).toThrow('killed');
  refresh();
  expect(states()).toEqual(['folded-1.y.a', 'folded-1.y.b']);
  foldDead(shelf, identityOf('x'));
  refresh();
  expect(states()).toEqual(['folded-1.x.a', 'folded-1.x.b']);
  utimesSync(join(folder, 'folded-1.x.a'), 1, 1);
  refresh();
  expect(states()).toEqual(['folded-1.x.b']);
});
