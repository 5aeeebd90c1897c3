import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { foldDead, removeFolded } from '../../src/processes/retire.ts';
import {
  booksIn,
  identityOf,
  Lives,
  newGeneration,
  readerOf,
  removeFolders,
  startProcess,
  totals,
  writeVersion,
} from './folders.ts';

afterEach(removeFolders);

/** A folder with two dead processes and one that lives: 111 in all. */
function withDead() {
  const folder = newGeneration();
  const lives = new Lives();
  startProcess(folder, 'a', { count: 1, level: 1 });
  startProcess(folder, 'b', { count: 10, level: 1, worker: 1 });
  startProcess(folder, 'c', { count: 100, level: 5, worker: 2 });
  lives.kill('a', 'b');
  return { folder, lives };
}

/** Folds all dead of a folder. */
function fold(folder: string, lives: Lives, name: string, step?: (name: string) => void): number {
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  const folded = foldDead(shelf, identityOf(name), step);
  shelf.close();
  return folded;
}

test('a fold keeps the counts of the dead, and drops their gauges', () => {
  const { folder, lives } = withDead();
  const shelf = readerOf(folder, lives);
  expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  expect(fold(folder, lives, 'x')).toBe(2);
  expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  expect(booksIn(folder)).toEqual(['c.book', 'retired-1']);
  lives.kill('c');
  expect(fold(folder, lives, 'x')).toBe(1);
  expect(totals(shelf)).toEqual({ count: 111, level: undefined });
  expect(booksIn(folder)).toEqual(['retired-2']);
});

test('whatever a fold has done so far, a reader that has read before and a new one see every count once', () => {
  const { folder, lives } = withDead();
  const old = readerOf(folder, lives);
  old.refresh();
  const seen: string[] = [];
  fold(folder, lives, 'x', (step) => {
    seen.push(step);
    expect(totals(old), step).toEqual({ count: 111, level: 5 });
    expect(totals(readerOf(folder, lives)), step).toEqual({ count: 111, level: 5 });
  });
  expect(seen).toEqual(['written', 'linked', 'removed a book', 'removed a book', 'removed a sum']);
});

const readerSteps = ['listed', 'opened the sum', 'opened a book', 'checked'];
const folds: [name: string, folds: number][] = [
  ['one fold', 1],
  ['three folds', 3],
];
test.each(readerSteps.flatMap((step) => folds.map(([name, count]) => [name, step, count] as const)))(
  'a reader loses nothing to %s after it has %s',
  (_name, at, count) => {
    const { folder, lives } = withDead();
    let folded = 0;
    const shelf = readerOf(folder, lives, {
      step: (step) => {
        if (step !== at || folded === count) return;
        for (; folded < count; folded += 1) {
          fold(folder, lives, `folder-${folded}`);
          // So that the next fold has something to do.
          startProcess(folder, `late-${folded}`);
          lives.kill(`late-${folded}`);
        }
      },
    });
    expect(totals(shelf)).toEqual({ count: 111, level: 5 });
    expect(folded).toBe(count);
    expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  },
);

test('a listing that was made while books were removed is made again', () => {
  const { folder, lives } = withDead();
  let removed = 0;
  const seen: unknown[] = [];
  fold(folder, lives, 'x', (step) => {
    if (step !== 'removed a book') return;
    removed += 1;
    // The older sum is still there, the new one was not listed yet, and the books were removed before they were listed.
    const torn = [['retired-0', 'c.book']];
    const shelf = readerOf(folder, lives, { list: () => torn.pop() ?? readdirSync(folder) });
    seen.push(totals(shelf).count);
  });
  expect([removed, ...seen]).toEqual([2, 111, 111]);
});

const foldSteps = ['written', 'linked', 'removed a book', 'removed a sum'];
test.each(foldSteps)('a folder that is killed when it has %s leaves nothing that counts twice', (at) => {
  const { folder, lives } = withDead();
  const kill = (step: string) => {
    if (step === at) throw new Error('killed');
  };
  expect(() => fold(folder, lives, 'x', kill)).toThrow('killed');
  expect(totals(readerOf(folder, lives))).toEqual({ count: 111, level: 5 });
  // As a sweep of another process does.
  fold(folder, lives, 'y');
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  removeFolded(folder, shelf.retired.file.writer.folded ?? []);
  expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  expect(readdirSync(folder).filter((name) => /^[ab]\.book|^retired/.test(name))).toEqual(['retired-1']);
});

test.each(foldSteps)(
  'two processes that fold at the same time fold each book once: the other one comes when the first has %s',
  (at) => {
    const { folder, lives } = withDead();
    let others = 0;
    const folded = fold(folder, lives, 'x', (step) => {
      if (step === at && others === 0) others = 1 + fold(folder, lives, 'y');
    });
    expect(folded + others - 1).toBe(2);
    expect(totals(readerOf(folder, lives))).toEqual({ count: 111, level: 5 });
  },
);

test('two processes that fold different dead both succeed, one after the other', () => {
  const { folder, lives } = withDead();
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  lives.kill('c');
  expect(fold(folder, lives, 'y')).toBe(3);
  // It had seen two of them, and the sum before.
  expect(foldDead(shelf, identityOf('x'))).toBe(0);
  expect(totals(shelf)).toEqual({ count: 111, level: undefined });
});

test('deaths are counted through folds; an orderly end is none', () => {
  const folder = newGeneration();
  const lives = new Lives();
  const orderly = startProcess(folder, 'orderly', { count: 1 });
  orderly.book.end();
  orderly.book.flush();
  startProcess(folder, 'killed', { count: 1 });
  lives.kill('killed', 'orderly');
  fold(folder, lives, 'x');
  startProcess(folder, 'again', { count: 1 });
  lives.kill('again');
  fold(folder, lives, 'x');
  const shelf = readerOf(folder, lives);
  shelf.refresh();
  expect(shelf.sums.get(['shelf'])?.parts.get('deaths')?.at(0)).toBe(2);
});

test('a book that cannot be read is not folded, and is missing only as long as it cannot', () => {
  const { folder, lives } = withDead();
  const of = (name: string) => existsSync(join(folder, `${name}.book`));
  startProcess(folder, 'newer', { count: 1000 });
  lives.kill('newer');
  const refused: string[] = [];
  const shelf = readerOf(folder, lives, { refused: (name) => refused.push(name) });
  writeVersion(join(folder, 'newer.book'), 7);
  expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  expect(totals(shelf)).toEqual({ count: 111, level: 5 });
  expect(refused).toEqual(['newer']);
  expect(shelf.unreadable).toBe(1);
  expect(foldDead(shelf, identityOf('x'))).toBe(2);
  expect([of('a'), of('newer')]).toEqual([false, true]);
});
