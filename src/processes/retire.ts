import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Book } from './book.ts';
import type { BookFile } from './book-file.ts';
import type { Identity } from './identity.ts';
import type { Writer } from './layout.ts';
import { EntityRows } from './rows.ts';
import { bookEnding, retiredNumber, retiredPrefix, type Shelf } from './shelf.ts';
import { Sums } from './sums.ts';

/** How many folded books a retired sum remembers by name. A process whose book was folded although it lives looks there. */
const mostNames = 1000;

/** The key of what is known of the whole service. */
export const shelfKey = ['shelf'] as const;

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
  const book = writeRetired(shelf.folder, own, file, dead);
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
  for (const name of folded) {
    rmSync(join(folder, `${name}${bookEnding}`), { force: true });
    step('removed a book');
  }
  const numbers = readdirSync(folder)
    .map(retiredNumber)
    .filter((number) => number >= 0);
  const newest = Math.max(...numbers);
  for (const number of numbers.sort((some, other) => some - other)) {
    if (number === newest) continue;
    rmSync(join(folder, `${retiredPrefix}${number}`), { force: true });
    step('removed a sum');
  }
}

function writeRetired(folder: string, own: Identity, retired: BookFile, dead: readonly BookFile[]): Book {
  const sums = new Sums();
  sums.add([retired, ...dead].map((file) => ({ file, worker: undefined })));
  const names = [...(retired.writer.folded ?? []), ...dead.map(({ writer }) => writer.name)];
  const book = new Book(folder, retiredWriter(own, retired.writer.created, names.slice(-mostNames)));
  try {
    const killed = dead.filter(({ hasEnded }) => !hasEnded).length;
    const deaths = (sums.get(shelfKey)?.parts.get('deaths')?.at(0) ?? 0) + killed;
    new EntityRows(book, shelfKey, {}).put('deaths', 'sum', [deaths]);
    for (const { key, meta, parts } of sums.all()) {
      if (key[0] === shelfKey[0]) continue;
      const rows = new EntityRows(book, key, meta);
      for (const [name, part] of parts) if (part.rule === 'sum') rows.putSum(name, part);
    }
    if (book.refused > 0) throw new Error('there is no room to fold the books of the dead');
    return book;
  } catch (error) {
    book.discard();
    throw error;
  }
}

/** Who writes a retired sum; `created` is when the generation began. */
function retiredWriter(own: Identity, created: number, folded: readonly string[]): Writer {
  return { ...own, name: `sum-${own.name}`, worker: -1, created, ports: [], folded };
}

/** Begins a generation: the retired sum of nobody. */
export function writeFirstRetired(folder: string, own: Identity, created: number): void {
  const book = new Book(folder, retiredWriter(own, created, []));
  book.publish(`${retiredPrefix}0`);
  book.close();
}
