import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Book } from './book.ts';
import type { BookFile } from './book-file.ts';
import type { Identity } from './identity.ts';
import { shelfKey, type Writer } from './layout.ts';
import { lifelineEnding } from './lifeline.ts';
import { EntityRows } from './rows.ts';
import { type Placing, unlimited } from './series-limits.ts';
import { bookEnding, type Retired, retiredNumber, retiredPrefix, type Shelf } from './shelf.ts';
import { Sums } from './sums.ts';

/** How many folded books a retired sum remembers by name. A process whose book was folded although it lives looks there. */
const mostNames = 1000;

/**
 * Files with the state in which books were folded: `folded-N.FOLDER.BOOK`. A process whose book was folded although it lives finds
 * in it what its next book leaves out. It looks once a second.
 */
const statePrefix = 'folded-';

/** How many of them are kept. */
const mostStates = 8;

/** For how long one is kept, in seconds. */
const keepStates = 60;

/** Puts the books of the dead into the retired sum, and removes what that leaves. Call it after `refresh`. */
export function retireDead(shelf: Shelf, own: Identity): void {
  foldDead(shelf, own);
  removeFolded(shelf.folder, shelf.retired.file.writer.folded ?? []);
  removeStates(shelf.folder, shelf.retired);
}

/**
 * Puts the books of the dead into the retired sum. Returns how many; 0 also if another process was faster.
 *
 * Needs no lock. The sums are a chain of files that nobody changes, and `link` puts the next one in place only if there is none.
 * Call it after `refresh`; `step` is called between all steps, for tests of every interleaving.
 */
export function foldDead(shelf: Shelf, own: Identity, step: (name: string) => void = () => {}): number {
  const dead = shelf.processes.filter(({ life }) => life === 'dead').map(({ file }) => file);
  if (dead.length === 0) return 0;
  const { number, file } = shelf.retired;
  const names = dead.map(({ writer }) => writer.name);
  const killed = dead.filter(({ hasEnded }) => !hasEnded);
  const states = killed.slice(-mostStates).map((one) => writeState(shelf.folder, own, number + 1, one));
  const book = writeRetired(shelf.folder, own, file, { dead, states, placing: shelf.limits.snapshot() });
  step('written');
  const isFirst = book.publishOnce(`${retiredPrefix}${number + 1}`);
  book.close();
  step('linked');
  if (!isFirst) return 0;
  removeFolded(shelf.folder, names, step);
  return dead.length;
}

/**
 * Removes what a fold leaves: its books, and older retired sums in rising order. A process that was killed between has left
 * some of them, so this is also for any time.
 */
export function removeFolded(folder: string, folded: readonly string[], step: (name: string) => void = () => {}): void {
  const names = readdirSync(folder);
  const present = new Set(names);
  for (const name of folded) {
    const [book, lifeline] = [`${name}${bookEnding}`, `${name}${lifelineEnding}`];
    if (present.has(book)) {
      rmSync(join(folder, book), { force: true });
      step('removed a book');
    }
    if (present.has(lifeline)) rmSync(join(folder, lifeline), { force: true });
  }
  const numbers = names.map(retiredNumber).filter((number) => number >= 0);
  const newest = Math.max(...numbers);
  for (const number of numbers.sort((some, other) => some - other)) {
    if (number === newest) continue;
    rmSync(join(folder, `${retiredPrefix}${number}`), { force: true });
    step('removed a sum');
  }
}

/** Removes states that are old, and those of folds that another process was faster than. `known` is the newest sum. */
export function removeStates(folder: string, { number, file }: Retired): void {
  const { states = [] } = file.writer;
  for (const name of readdirSync(folder)) {
    const [, digits] = /^folded-(\d{1,12})\./.exec(name) ?? [];
    // A later one belongs to a fold that goes on.
    if (digits === undefined || Number(digits) > number) continue;
    const path = join(folder, name);
    if (!states.includes(name) || ageOf(path) > keepStates) rmSync(path, { force: true });
  }
}

/** Seconds since the file was written. */
function ageOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 0 : (Date.now() - stats.mtimeMs) / 1000;
}

/** Writes the sums of a book as they are folded, and returns the name of the file. */
function writeState(folder: string, own: Identity, number: number, file: BookFile): string {
  const fileName = `${statePrefix}${number}.${own.name}.${file.writer.name}`;
  const sums = new Sums(unlimited);
  sums.add([{ file, worker: undefined }]);
  const book = new Book(folder, retiredWriter(own, file.writer.created, {}));
  try {
    putSums(book, sums);
    book.publish(fileName);
    book.close();
    return fileName;
  } catch (error) {
    book.discard();
    throw error;
  }
}

/** What goes into a retired sum. */
interface Folding {
  readonly dead: readonly BookFile[];
  readonly states: readonly string[];
  /** The limits of all processes: the dead have no room that the living have. */
  readonly placing: Placing;
}

function writeRetired(folder: string, own: Identity, retired: BookFile, { dead, states, placing }: Folding): Book {
  const sums = new Sums(placing);
  sums.add([retired, ...dead].map((file) => ({ file, worker: undefined })));
  const names = [...(retired.writer.folded ?? []), ...dead.map(({ writer }) => writer.name)];
  const folded = names.slice(-mostNames);
  const all = [...(retired.writer.states ?? []), ...states].slice(-mostStates);
  const book = new Book(folder, retiredWriter(own, retired.writer.created, { folded, states: all }));
  try {
    const killed = dead.filter(({ hasEnded }) => !hasEnded).length;
    const deaths = (sums.get(shelfKey)?.parts.get('deaths')?.at(0) ?? 0) + killed;
    new EntityRows(book, shelfKey, {}).put('deaths', 'sum', [deaths]);
    putSums(book, sums);
    return book;
  } catch (error) {
    book.discard();
    throw error;
  }
}

function putSums(book: Book, sums: Sums): void {
  for (const { key, meta, parts } of sums.all()) {
    if (key[0] === shelfKey[0]) continue;
    const rows = new EntityRows(book, key, meta);
    for (const [name, part] of parts) if (part.rule === 'sum') rows.putSum(name, part);
  }
  if (book.refused > 0) throw new Error('there is no room to fold the books of the dead');
}

/** Who writes a retired sum; `created` is when the generation began. */
function retiredWriter(own: Identity, created: number, folds: Pick<Writer, 'folded' | 'states'>): Writer {
  return { ...own, name: `sum-${own.name}`, worker: -1, created, ports: [], ...folds };
}

/** Begins a generation: the retired sum of nobody. */
export function writeFirstRetired(folder: string, own: Identity, created: number): void {
  const book = new Book(folder, retiredWriter(own, created, { folded: [] }));
  book.publish(`${retiredPrefix}0`);
  book.close();
}
