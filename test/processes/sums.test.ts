import { afterEach, expect, test } from 'vitest';
import { Histogram } from '../../src/core/histogram.ts';
import { NativeHistogram } from '../../src/core/native/native-histogram.ts';
import type { NumberSeries } from '../../src/core/snapshot.ts';
import { BookFile } from '../../src/processes/book-file.ts';
import { FamilySums } from '../../src/processes/family-sums.ts';
import type { Rule } from '../../src/processes/layout.ts';
import { foldDead } from '../../src/processes/retire.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import { unlimited } from '../../src/processes/series-limits.ts';
import type { Shelf } from '../../src/processes/shelf.ts';
import { Sums } from '../../src/processes/sums.ts';
import {
  identityOf,
  Lives,
  newFolder,
  newGeneration,
  readerOf,
  removeFolders,
  startProcess,
  type TestProcess,
} from './folders.ts';
import { randomFrom } from './history.ts';

afterEach(removeFolders);

const rules: readonly Rule[] = ['sum', 'sum', 'sum', 'gauge', 'max', 'min', 'each'];
const bounds: readonly (readonly number[])[] = [[1, 3], [1, 3], [2, 3], [2]];

/** What a part says, as far as every reader must agree on it: one that goes on may know bounds that are gone. */
function partsOf(shelf: Shelf): ReadonlyMap<string, unknown> {
  const all = [...shelf.sums.all()].flatMap(({ key, parts }) => {
    return Array.from(parts, ([name, part]) => {
      const own = part.own.map(({ worker, row }) => [worker, row.values[row.from]]);
      const buckets = Array.from({ length: part.width - 1 }, (_, index) => part.at(index));
      const count = buckets.reduce((sum, bucket) => sum + bucket, 0);
      const numbers = part.bounds === undefined ? part.at(0) : [count, part.at(part.width - 1)];
      const { books, exemplars = [], native } = part;
      const times = exemplars.flatMap((one) => one?.timestamp ?? []);
      return [`${key.join(' ')} ${name}`, { numbers, own, books, times, native }] as const;
    });
  });
  return new Map(all);
}

/** One thing that a process does. Its counters only grow; `time` also does. */
function act({ rows, book }: TestProcess, random: () => number, time: number): void {
  const place = Math.floor(random() * 12);
  const rule = rules[place % rules.length]!;
  if (random() < 0.2) rows.remove(`number ${place}`);
  else rows.put(`number ${place}`, rule, [rule === 'sum' ? time / 8 : Math.floor(random() * 1000)]);
  const shape = bounds[Math.floor(random() * bounds.length)]!;
  const native = place % 4 === 0 ? new NativeHistogram({}) : undefined;
  const histogram = new Histogram(shape, () => {}, { native });
  for (let observed = 0; observed < time; observed += 1) histogram.observe(observed / 8);
  const part = `histogram ${place}`;
  const known = shapes.get(rows)?.get(part) ?? shape;
  if (random() < 0.2 || known !== shape) rows.remove(part);
  rows.putHistogram(part, 'sum', histogram.live({}), 0);
  shapes.set(rows, new Map([...(shapes.get(rows) ?? []), [part, shape]]));
  const exemplar = { labels: { trace_id: 'a' }, value: 1, timestamp: time };
  if (random() < 0.3) rows.putExemplars(part, [undefined, exemplar]);
  book.flush();
}

/** The bounds that each part of a process has now. */
const shapes = new WeakMap<TestProcess['rows'], Map<string, readonly number[]>>();

test('a reader that goes on has what a new one has, whatever has happened', () => {
  for (let seed = 0; seed < 8; seed += 1) {
    const random = randomFrom(seed);
    const folder = newGeneration();
    const lives = new Lives();
    const shelf = readerOf(folder, lives);
    const processes: TestProcess[] = [];
    for (let step = 0; step < 60; step += 1) {
      if (processes.length === 0 || random() < 0.1) {
        processes.push(startProcess(folder, `p${seed}-${step}`, { worker: step, count: step }));
      }
      const at = Math.floor(random() * processes.length);
      if (random() < 0.07) lives.kill(processes.splice(at, 1)[0]!.name);
      else act(processes[at]!, random, step);
      shelf.refresh();
      if (random() < 0.3) foldDead(shelf, identityOf('x'));
      if (random() < 0.5) shelf.refresh();
      shelf.refresh();
      const anew = readerOf(folder, lives);
      anew.refresh();
      expect(partsOf(shelf)).toEqual(partsOf(anew));
      anew.close();
    }
    shelf.close();
  }
});

test('books that change the bounds of a part: each bucket goes where its bound is', () => {
  const folder = newGeneration();
  const [some, other] = ['a', 'b'].map((name, worker) => startProcess(folder, name, { worker }));
  const shelf = readerOf(folder, new Lives());
  const part = () => {
    shelf.refresh();
    const sum = shelf.sums.get(['thing'])!.parts.get('sizes')!;
    return [sum.bounds, Array.from({ length: sum.width }, (_, index) => sum.at(index))];
  };
  some!.rows.putHistogram('sizes', 'sum', { labels: {}, bounds: [1, 3], buckets: [1, 10, 100], sum: 5 }, 0);
  some!.book.flush();
  expect(part()).toEqual([[1, 3], [1, 10, 100, 5]]); // biome-ignore format: a line for each
  other!.rows.putHistogram('sizes', 'sum', { labels: {}, bounds: [2, 3], buckets: [2, 20, 200], sum: 7 }, 0);
  other!.book.flush();
  expect(part()).toEqual([[1, 2, 3], [1, 2, 30, 300, 12]]); // biome-ignore format: as above
});

test('rows that come and go: their room is used again, and no sum has what another one left there', () => {
  const process = startProcess(newFolder(), 'p');
  const file = process.book.readBack();
  const sums = new Sums(unlimited);
  for (let round = 0; round < 8; round += 1) {
    for (let part = 0; part < 2000; part += 1) process.rows.put(`${round} ${part}`, 'sum', [part]);
    for (let part = 0; part < 2000; part += 1) if (part > 3) process.rows.remove(`${round - 1} ${part}`);
    process.book.flush();
    file.read();
    sums.add([{ file, worker: 0 }]);
    const parts = [...sums.get(['thing'])!.parts];
    expect(parts).toHaveLength(2 + 2000 + 4 * round);
    for (const [name, part] of parts.slice(2)) expect(part.at(0)).toBe(Number(name.split(' ')[1]));
    const room = new Set(parts.map(([, { pairs }]) => pairs));
    const size = [...room].reduce((slots, { high }) => slots + high.length, 0);
    expect(size).toBeLessThan(16_000);
  }
  process.book.discard();
});

test('a sum of many books is as exact as if each had been added alone', () => {
  const folder = newGeneration();
  const values = [1e16, 1, 1, 0.1, 0.2];
  for (const [index, value] of values.entries()) startProcess(folder, `p${index}`, { worker: index, count: value });
  const shelf = readerOf(folder, new Lives());
  shelf.refresh();
  expect(shelf.sums.get(['thing'])!.parts.get('count')!.at(0)).toBe(10_000_000_000_000_002);
  expect(new BookFile(`${folder}/p0.book`).rows).toHaveLength(2);
});

test('a series that goes while a scrape is read is left out, and does not fall to 0', () => {
  const { book } = startProcess(newFolder(), 'p');
  const rows = new EntityRows(book, ['family', 'jobs_total', 'counter'], { help: 'Jobs' });
  for (const kind of ['a', 'b', 'c']) rows.put(`kind="${kind}"`, 'sum', [7]);
  const file = book.readBack();
  const sums = new Sums(unlimited);
  const update = () => {
    book.flush();
    file.read();
    sums.add([{ file, worker: 0 }]);
  };
  update();
  const [family] = new FamilySums(() => sums).user(() => {});
  const seen: unknown[] = [];
  for (const series of family!.series) {
    seen.push([series.key, (series as NumberSeries).value]);
    rows.remove('kind="b"');
    update();
  }
  expect(seen).toEqual([
    ['kind="a"', 7],
    ['kind="c"', 7],
  ]);
  book.discard();
});
