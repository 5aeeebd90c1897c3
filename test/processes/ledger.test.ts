import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Book } from '../../src/processes/book.ts';
import { Ledger, type LedgerOptions } from '../../src/processes/ledger.ts';
import { Lifeline } from '../../src/processes/lifeline.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import type { Source } from '../../src/processes/source.ts';
import {
  booksIn,
  identityOf,
  Lives,
  newFolder,
  ones,
  readerOf,
  removeFolders,
  startProcess,
  totals,
} from './folders.ts';

const open: Ledger[] = [];
afterEach(() => {
  for (const ledger of open.splice(0)) ledger.close();
  removeFolders();
});

/** A counter of a test. */
class Count implements Source {
  value = 0;
  #rows: EntityRows | undefined;

  restart(): () => void {
    const rows = this.#rows;
    this.#rows = undefined;
    return () => {
      this.#rows = rows;
    };
  }

  write(book: Book): void {
    this.#rows ??= new EntityRows(book, ['thing'], {});
    this.#rows.put('count', 'sum', [this.value]);
  }

  sweep(book: Book): void {
    this.write(book);
  }
}

interface Started {
  readonly ledger: Ledger;
  readonly count: Count;
  readonly errors: unknown[];
}

function start(group: string, name: string, lives: Lives, options: Partial<LedgerOptions> = {}): Started {
  const [count, errors] = [new Count(), [] as unknown[]];
  const failed = (error: unknown) => errors.push(error);
  const own = identityOf(name);
  const ledger = new Ledger({ group, sources: [count], failed, own, lifeOf: lives.of, sweepSeconds: 0.02, ...options });
  open.push(ledger);
  return { ledger, count, errors };
}

/** What a reader of a process's folder sees. */
function seenIn({ ledger }: Started, lives: Lives): number | undefined {
  const shelf = readerOf(ledger.folder, lives);
  const { count } = totals(shelf);
  shelf.close();
  return count;
}

test('what is marked is written at the end of the turn, once', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const process = start(group, 'a', lives, { sweepSeconds: 1000 });
  process.count.value = 5;
  process.ledger.plan();
  process.ledger.plan();
  expect(seenIn(process, lives)).toBe(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(seenIn(process, lives)).toBe(5);
});

test('an end writes everything, and keeps it in the sum', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const [ends, lives_] = [start(group, 'a', lives), start(group, 'b', lives)];
  ends.count.value = 7;
  ends.ledger.close();
  expect(seenIn(lives_, lives)).toBe(7);
});

test('a sweep folds the dead', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const process = start(group, 'a', lives);
  startProcess(process.ledger.folder, 'dead', { count: 9 });
  lives.kill('dead');
  await expect.poll(() => booksIn(process.ledger.folder)).toEqual(['a.book', 'retired-1']);
  expect(seenIn(process, lives)).toBe(9);
  expect(process.errors).toEqual([]);
});

test('a sweep folds those that the system does not know when nobody listens on their sockets', async () => {
  const process = start(newFolder(), 'a', new Lives(), { lifeOf: () => 'unknown' });
  const { folder } = process.ledger;
  startProcess(folder, 'other', { count: 9, level: 3 });
  const lifeline = new Lifeline(folder, 'other');
  const lifeOfOther = () => process.ledger.shelf.processes.find(({ file }) => file.writer.name === 'other')?.life;
  await expect.poll(lifeOfOther).toBe('alive');
  lifeline.close();
  await expect.poll(() => readdirSync(folder).sort()).toEqual(['a.book', 'a.life', expect.any(String), 'retired-1']);
  process.ledger.refresh();
  expect(totals(process.ledger.shelf)).toEqual({ count: 9, level: undefined });
});

test('a socket that vanishes is made again', async () => {
  const { ledger } = start(newFolder(), 'a', new Lives());
  rmSync(join(ledger.folder, 'a.life'));
  await expect.poll(() => readdirSync(ledger.folder)).toContain('a.life');
});

test('files that vanish are written again, whole', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const process = start(group, 'a', lives);
  process.count.value = 4;
  rmSync(group, { recursive: true });
  await expect.poll(() => booksIn(process.ledger.folder)).toEqual(['a.book', 'retired-0']);
  expect(seenIn(process, lives)).toBe(4);
  process.count.value = 6;
  process.ledger.refresh();
  expect(totals(process.ledger.shelf).count).toBe(6);
});

test('a process moves to a newer generation with all that it has', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const process = start(group, 'a', lives);
  process.count.value = 4;
  const blind = new Lives();
  blind.kill('a'); // as a process that saw nobody while this one joined
  const other = start(group, 'b', blind, { sweepSeconds: 1000 });
  expect(other.ledger.folder).toBe(join(group, 'gen-2'));
  const moved = new Promise<void>((resolve) => process.ledger.onMove(resolve));
  await moved;
  expect(process.ledger.folder).toBe(other.ledger.folder);
  expect(seenIn(other, lives)).toBe(4);
  expect(totals(process.ledger.shelf).count).toBe(4);
});

test('two that begin at once end up with numbers of their own', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const both = [start(group, 'a', lives), start(group, 'b', lives)];
  const workers = () => {
    const shelf = readerOf(both[0]!.ledger.folder, lives);
    shelf.refresh();
    return shelf.processes.map(({ file }) => file.writer.worker).sort((some, other) => some - other);
  };
  await expect.poll(workers).toEqual([0, 1]);
});

test('a process that answers on a port is found by it', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const [a, b] = [start(group, 'a', lives), start(group, 'b', lives)];
  a.ledger.answerOn([8000]);
  b.ledger.refresh();
  expect(b.ledger.shelf.ownerOf(8000)?.file.writer.name).toBe('a');
  expect(b.ledger.shelf.ownerOf(9000)).toBeUndefined();
  lives.kill('a');
  b.ledger.refresh();
  expect(b.ledger.shelf.ownerOf(8000)).toBeUndefined();
});

test('a process that takes a port no longer is not its heir', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const [a, b] = [start(group, 'a', lives), start(group, 'b', lives)];
  const heir = () => {
    b.ledger.refresh();
    return b.ledger.shelf.heirOf(8000)?.file.writer.name;
  };
  for (const { ledger } of [a, b]) ledger.take(8000);
  expect(heir()).toBe('a');
  a.ledger.take(8000, false);
  expect(heir()).toBe('b');
});

test('the budget is for all books of a folder together', () => {
  const [group, lives] = [newFolder(), new Lives()];
  const a = start(group, 'a', lives, { maxBytes: 1e6 });
  const { book } = startProcess(a.ledger.folder, 'large');
  new EntityRows(book, ['large'], {}).put('x', 'sum', ones(100_000));
  a.count.value = 5;
  a.ledger.add(new Wide());
  a.ledger.refresh();
  const b = start(group, 'b', lives, { maxBytes: 1e6, sources: [new Wide()] });
  expect([a.ledger.refused, b.ledger.refused]).toEqual([1, 1]);
  expect(seenIn(a, lives)).toBe(5);
});

test('rows without room are counted', async () => {
  const { ledger, errors } = start(newFolder(), 'a', new Lives(), { maxBytes: 100_000 });
  ledger.add(new Wide());
  await expect.poll(() => String(errors[0])).toContain('the folder of the books is full');
});

/** Something that needs 400 kB. */
class Wide extends Count {
  override write(book: Book): void {
    new EntityRows(book, ['wide'], {}).put('x', 'sum', ones(50_000));
  }
}

test('what a source throws is counted, and the next sweep tries again', async () => {
  const [group, lives] = [newFolder(), new Lives()];
  const process = start(group, 'a', lives);
  let isBroken = true;
  process.ledger.add({
    restart: () => () => {},
    write: () => {},
    sweep: () => {
      if (isBroken) throw new Error('broken');
    },
  });
  await expect.poll(() => process.errors.length).toBeGreaterThan(0);
  isBroken = false;
  process.count.value = 3;
  await expect.poll(() => seenIn(process, lives)).toBe(3);
});
