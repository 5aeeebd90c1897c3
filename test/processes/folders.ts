import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Book } from '../../src/processes/book.ts';
import type { Identity, Life } from '../../src/processes/identity.ts';
import { writeFirstRetired } from '../../src/processes/retire.ts';
import { EntityRows } from '../../src/processes/rows.ts';
import { Shelf, type ShelfOptions } from '../../src/processes/shelf.ts';

const folders: string[] = [];

/** A folder of a test, removed by `removeFolders`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'books-'));
  folders.push(folder);
  return folder;
}

/** The folder of a generation in which nothing has happened. */
export function newGeneration(created = 1000): string {
  const folder = newFolder();
  writeFirstRetired(folder, identityOf('first'), created);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Who writes a book of this name. */
export function identityOf(name: string): Identity {
  return { name, pid: 1, thread: 1, ticks: 1, namespace: 'here' };
}

/** What a process of a test counts. */
export interface Counted {
  readonly count?: number;
  /** A gauge. */
  readonly level?: number;
  readonly worker?: number;
  readonly created?: number;
}

/** A process of a test: its book, with a counter and a gauge. */
export class TestProcess {
  readonly name: string;
  readonly book: Book;
  readonly rows: EntityRows;

  constructor(folder: string, name: string, { count = 0, level = 0, worker = 0, created = 2000 }: Counted = {}) {
    this.name = name;
    this.book = new Book(folder, { ...identityOf(name), worker, created, ports: [] });
    this.rows = new EntityRows(this.book, ['thing'], {});
    this.rows.put('count', 'sum', [count], created);
    this.rows.put('level', 'gauge', [level]);
    this.book.publish(`${name}.book`);
  }

  set(count: number): void {
    this.rows.put('count', 'sum', [count]);
    this.book.flush();
  }
}

/** Tells which of the processes are dead. */
export class Lives {
  readonly #dead = new Set<string>();

  kill(...names: string[]): void {
    for (const name of names) this.#dead.add(name);
  }

  readonly of = ({ name }: Identity): Life => (this.#dead.has(name) ? 'dead' : 'alive');
}

/** A reader of this folder. */
export function readerOf(folder: string, lives: Lives, options: ShelfOptions = {}): Shelf {
  return new Shelf(folder, { lifeOf: lives.of, ...options });
}

/** What the shelf says now. */
export function totals(shelf: Shelf): { count: number | undefined; level: number | undefined } {
  shelf.refresh();
  const parts = shelf.sums.get(['thing'])?.parts;
  return { count: parts?.get('count')?.at(0), level: parts?.get('level')?.at(0) };
}

/** The books and retired sums of a folder, without what stands beside them. */
export function booksIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('folded-') && !name.endsWith('.life'))
    .sort();
}

/** Makes a book one of another version. */
export function writeVersion(path: string, version: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(new Float64Array([version]).buffer), 0, 8, 0);
  closeSync(file);
}

/** Makes the book of a process that a test knows by this name. */
export function startProcess(...parts: ConstructorParameters<typeof TestProcess>): TestProcess {
  return new TestProcess(...parts);
}

/** So many ones. */
export function ones(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}
