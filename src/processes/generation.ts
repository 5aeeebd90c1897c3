import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BookFile } from './book-file.ts';
import { foldersIn, privateFolder } from './folder.ts';
import type { Identity, Life } from './identity.ts';
import { writeFirstRetired } from './retire.ts';
import { bookEnding } from './shelf.ts';

/** How often another process may be faster before something else must be wrong. */
const mostAttempts = 100;

const prefix = 'gen-';

/** What is opened in a generation. */
interface Closable {
  close(): void;
}

/** Opens a book in a folder. */
export type OpenBook<Book extends Closable> = (folder: string) => Book;

/** What `joinGeneration` needs. */
export interface GenerationInput {
  readonly own: Identity;
  readonly lifeOf: (other: Identity) => Life;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Called between all steps, for tests of every interleaving. */
  readonly step?: (name: string) => void;
}

/** A generation that was joined, or begun. */
export interface Generation<Book> {
  readonly folder: string;
  readonly number: number;
  readonly book: Book;
}

/**
 * Opens a book in the generation of a group that lives, or in a new one if no process of the group lives.
 *
 * A new generation is put in place by a rename, whole and with the first book in it. A rename onto a folder that has files fails: then
 * another process was faster. Throws what `fs` throws.
 */
export function joinGeneration<Book extends Closable>(
  group: string,
  openBook: OpenBook<Book>,
  { own, lifeOf, now, step = () => {} }: GenerationInput,
): Generation<Book> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const newest = newestGeneration(group);
    step('listed');
    const path = join(group, `${prefix}${newest}`);
    if (newest > 0 && hasLiving(path, lifeOf)) {
      step('saw a living one');
      const joined = tryTo(() => ({ folder: path, number: newest, book: openBook(path) }));
      if (joined !== undefined) return joined;
      continue; // it was removed meanwhile
    }
    step('saw nobody');
    const begun = beginGeneration(group, newest + 1, openBook, own, now());
    step('tried to begin');
    if (begun !== undefined) {
      removeOlder(group, newest + 1);
      return begun;
    }
  }
  throw new Error(`the folder ${group} changes faster than it can be read`);
}

/** The number of the newest generation; 0 where there is none. */
export function newestGeneration(group: string): number {
  const numbers = foldersIn(group).map((name) => Number(/^gen-(\d{1,9})$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** Removes the groups of a user in which nobody lives. Never throws. */
export function removeAbandoned(user: string, keep: string, lifeOf: (other: Identity) => Life): void {
  for (const name of foldersIn(user)) {
    const group = join(user, name);
    if (group === keep) continue;
    const generations = foldersIn(group);
    const isAbandoned = generations.every((generation) => !hasLiving(join(group, generation), lifeOf));
    if (isAbandoned) tryTo(() => rmSync(group, { recursive: true, force: true }));
  }
}

/** Removes a group if nobody but the caller lives in it. Never throws. */
export function removeIfLast(group: string, own: Identity, lifeOf: (other: Identity) => Life): void {
  const others = (other: Identity): Life => (other.name === own.name ? 'dead' : lifeOf(other));
  if (foldersIn(group).some((name) => hasLiving(join(group, name), others))) return;
  tryTo(() => rmSync(group, { recursive: true, force: true }));
}

/** Whether a process with a book in this folder lives, or may live. A book that cannot be read may be a newer version's. */
function hasLiving(folder: string, lifeOf: (other: Identity) => Life): boolean {
  const names = tryTo(() => readdirSync(folder)) ?? [];
  return names
    .filter((name) => name.endsWith(bookEnding))
    .some((name) => lifeIn(join(folder, name), lifeOf) !== 'dead');
}

function lifeIn(path: string, lifeOf: (other: Identity) => Life): Life {
  try {
    const file = new BookFile(path);
    file.close();
    return file.hasEnded ? 'dead' : lifeOf(file.writer);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'dead' : 'unknown';
  }
}

function beginGeneration<Book extends Closable>(
  group: string,
  number: number,
  openBook: OpenBook<Book>,
  own: Identity,
  created: number,
): Generation<Book> | undefined {
  const temporary = join(group, `begin-${own.name}`);
  const folder = join(group, `${prefix}${number}`);
  rmSync(temporary, { recursive: true, force: true });
  privateFolder(temporary);
  writeFirstRetired(temporary, own, created);
  const book = openBook(temporary);
  try {
    renameSync(temporary, folder);
    return { folder, number, book };
  } catch (error) {
    book.close();
    rmSync(temporary, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException; // what `fs` throws
    // Another process was faster, or took the group for abandoned.
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOENT'].includes(code ?? '')) return undefined;
    throw error;
  }
}

function removeOlder(group: string, number: number): void {
  for (const name of foldersIn(group)) {
    const other = Number(/^gen-(\d{1,9})$/.exec(name)?.[1] ?? number);
    if (other < number) tryTo(() => rmSync(join(group, name), { recursive: true, force: true }));
  }
}

/** What `action` returns; undefined if it throws because something is not there any more. */
function tryTo<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // what `fs` throws
    if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EACCES') return undefined;
    throw error;
  }
}
