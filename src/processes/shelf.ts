import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BookFile } from './book-file.ts';
import { bootMilliseconds, type Identity, identify, type Life, lifeOf } from './identity.ts';
import { UnreadableBook } from './lines.ts';
import { SeriesLimits } from './series-limits.ts';
import { Sums } from './sums.ts';

/** The ending of books; `retired-N` has none. */
export const bookEnding = '.book';
export const retiredPrefix = 'retired-';

/** How often the folder is listed again where it changes meanwhile. */
const mostAttempts = 100;

/** A process that has not been at work for so long is late, in seconds. It sweeps once a second. */
const lateAfter = 5;

/** A process of which nobody can say whether it lives is taken for dead as far as gauges go, in seconds. */
const goneAfter = 60;

/** What readers know of one process. */
export interface KnownProcess {
  readonly file: BookFile;
  readonly life: Life;
  /** Seconds since it was last seen at work. */
  readonly idleSeconds: number;
  /** The value of its label `worker`; undefined where only its sums count. */
  readonly worker: number | undefined;
}

/** The sum of the dead. */
export interface Retired {
  /** Of its file: `retired-0` is empty, and begins the generation. */
  readonly number: number;
  readonly file: BookFile;
}

/** Every field has a default; the default is in the signature of the constructor. */
export interface ShelfOptions {
  /** Called once for each book that cannot be read. */
  readonly refused?: (name: string, error: unknown) => void;
  readonly lifeOf?: (other: Identity) => Life;
  /** Milliseconds since boot. */
  readonly now?: () => number;
  /** Lists the folder; tests return what a listing can return that is made while files come and go. */
  readonly list?: (folder: string) => string[];
  /** Called between all steps of reading the folder, for tests of every interleaving. */
  readonly step?: (name: string) => void;
}

/** All books of one generation. It only reads: any number of processes and threads can have one. */
export class Shelf {
  readonly folder: string;
  readonly limits: SeriesLimits = new SeriesLimits();
  readonly sums: Sums = new Sums(this.limits);
  readonly #refused: (name: string, error: unknown) => void;
  readonly #lifeOf: (other: Identity) => Life;
  readonly #now: () => number;
  readonly #step: (name: string) => void;
  readonly #list: (folder: string) => string[];
  readonly #books = new Map<string, BookFile>();
  readonly #unreadable = new Set<string>();
  #retired: Retired | undefined;
  #processes: readonly KnownProcess[] = [];
  /** Those that are dead stay so: a book is asked for once. */
  readonly #dead = new Set<string>();

  constructor(
    folder: string,
    {
      refused = () => {},
      lifeOf: lifeOfOther = lifeReader(),
      now = bootMilliseconds,
      step = () => {},
      list = (path) => readdirSync(path),
    }: ShelfOptions = {},
  ) {
    this.folder = folder;
    this.#refused = refused;
    this.#lifeOf = lifeOfOther;
    this.#now = now;
    this.#step = step;
    this.#list = list;
  }

  /** The processes whose books are not folded, as of the last `refresh`. */
  get processes(): readonly KnownProcess[] {
    return this.#processes;
  }

  /** The newest retired sum, as of the last `refresh`. */
  get retired(): Retired {
    if (this.#retired === undefined) throw new Error('the shelf has not been read');
    return this.#retired;
  }

  /** Books that this version cannot read: their numbers are missing. */
  get unreadable(): number {
    return this.#unreadable.size;
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = this.#retired?.file.bytes ?? 0;
    for (const file of this.#books.values()) bytes += file.bytes;
    return bytes;
  }

  /** Reads everything, and makes the sums of it. Throws what `fs` throws, and keeps the sums as they were. */
  refresh(): void {
    let attempts = 1;
    for (; !this.#open(); attempts += 1)
      if (attempts === mostAttempts) throw new Error('the books change faster than they can be read');
    // Asked before the books are read: what dies afterwards has written all that is read of it.
    const processes = Array.from(this.#books.values(), (file) => this.#known(file));
    for (const { file } of processes) this.#read(file);
    this.#processes = numberWorkers(processes);
    this.sums.add([{ file: this.retired.file, worker: undefined }, ...this.#processes]);
  }

  /** The living process that answers on this port. `isGone` says by name which ones are known to be gone. */
  ownerOf(port: number, isGone: (name: string) => boolean = () => false): KnownProcess | undefined {
    return this.#processes.find(({ file: { writer }, life }) => {
      return life !== 'dead' && writer.ports.includes(port) && !isGone(writer.name);
    });
  }

  /** Whoever is to take this port when its owner is gone, so that not all prepare for it: the first by name of those that wait. */
  heirOf(port: number): KnownProcess | undefined {
    const waiting = this.#processes.filter((one) => {
      const { takes = [], ports } = one.file.writer;
      return one.life !== 'dead' && !isLate(one) && takes.includes(port) && !ports.includes(port);
    });
    const names = waiting.map(({ file }) => file.writer.name).sort();
    return waiting.find(({ file }) => file.writer.name === names[0]);
  }

  /** The number of a living process, by the name of its book. */
  workerOf(name: string): number | undefined {
    return this.#processes.find(({ file }) => file.writer.name === name)?.worker;
  }

  close(): void {
    for (const file of this.#books.values()) file.close();
    this.#books.clear();
    this.#retired?.file.close();
    this.#retired = undefined;
  }

  /**
   * Opens what is there. Returns false if the folder changed meanwhile, so that a book could be missing, or be counted twice.
   *
   * A fold puts `retired-N+1` in place before any book goes, and takes away older sums in rising order. So if `retired-N+1` is
   * not there and then `retired-N` is, no book was folded since `retired-N`, and the list has all of them.
   */
  #open(): boolean {
    const names = this.#list(this.folder);
    this.#step('listed');
    const number = Math.max(...names.map(retiredNumber));
    try {
      if (number < 0 || !this.#openRetired(number)) return false;
      this.#step('opened the sum');
      const folded = new Set(this.retired.file.writer.folded);
      const books = names.filter((name) => name.endsWith(bookEnding)).map((name) => name.slice(0, -bookEnding.length));
      const present = books.filter((name) => !folded.has(name));
      this.#forget(present);
      for (const name of present) {
        this.#openBook(name);
        this.#step('opened a book');
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // it was folded meanwhile
      throw error;
    }
    const path = (of: number) => join(this.folder, `${retiredPrefix}${of}`);
    const isNewest = !existsSync(path(number + 1)) && existsSync(path(number));
    this.#step('checked');
    return isNewest;
  }

  /**
   * Returns false for a number below the last one: the folder was listed while it changed. It is another generation if all files
   * vanished and were made again.
   */
  #openRetired(number: number): boolean {
    const last = this.#retired;
    if (number === last?.number && last.file.isThere) return true;
    const file = new BookFile(join(this.folder, `${retiredPrefix}${number}`));
    const isSameGeneration = file.writer.created === last?.file.writer.created;
    if (isSameGeneration && number < last.number) {
      file.close();
      return false;
    }
    last?.file.close();
    this.#retired = { number, file };
    return true;
  }

  #openBook(name: string): void {
    const known = this.#books.get(name);
    if (known?.isThere === true) return; // it is replaced where its text became too long
    try {
      const file = new BookFile(join(this.folder, `${name}${bookEnding}`));
      if (file.writer.name !== name) throw new UnreadableBook('the book has the name of another one');
      known?.close();
      this.#books.set(name, file);
      this.#unreadable.delete(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
      this.#refuse(name, error);
    }
  }

  #refuse(name: string, error: unknown): void {
    if (this.#unreadable.has(name)) return;
    this.#unreadable.add(name);
    this.#refused(name, error);
  }

  #forget(living: readonly string[]): void {
    const names = new Set(living);
    for (const [name, file] of this.#books) {
      if (names.has(name)) continue;
      file.close();
      this.#books.delete(name);
      this.#dead.delete(name);
    }
    for (const name of this.#unreadable) if (!names.has(name)) this.#unreadable.delete(name);
  }

  #known(file: BookFile): Omit<KnownProcess, 'worker'> {
    const { writer } = file;
    // A book that was ended is complete, whatever its process does.
    const isDead = file.hasEnded || this.#dead.has(writer.name);
    const life = isDead ? 'dead' : this.#lifeOf(writer);
    if (life === 'dead') this.#dead.add(writer.name);
    return { file, life, idleSeconds: Math.max(0, this.#now() - file.beat) / 1000 };
  }

  /** A book that cannot be read this time keeps what was read of it before. */
  #read(file: BookFile): void {
    try {
      file.read();
      this.#unreadable.delete(file.writer.name);
    } catch (error) {
      this.#refuse(file.writer.name, error);
    }
  }
}

/**
 * Gives each living process a number of its own: the one that it has, or the lowest free one if an older process has that.
 * All readers give the same numbers, and the process itself takes it over.
 */
function numberWorkers(processes: readonly Omit<KnownProcess, 'worker'>[]): KnownProcess[] {
  const taken = new Set<number>();
  const inOrder = [...processes].sort(({ file: { writer: some } }, { file: { writer: other } }) => {
    return some.worker - other.worker || some.created - other.created || (some.name < other.name ? -1 : 1);
  });
  const living = inOrder.filter(hasGauges);
  const isFirst = ({ file }: Omit<KnownProcess, 'worker'>) => {
    return living.find((one) => one.file.writer.worker === file.writer.worker)?.file === file;
  };
  for (const one of living) if (isFirst(one)) taken.add(one.file.writer.worker);
  return inOrder.map((one) => {
    if (!hasGauges(one)) return { ...one, worker: undefined };
    if (isFirst(one)) return { ...one, worker: one.file.writer.worker };
    let worker = 0;
    while (taken.has(worker)) worker += 1;
    taken.add(worker);
    return { ...one, worker };
  });
}

/** Whether the gauges of a process count. One of another namespace may be dead: its gauges count as long as it writes. */
function hasGauges({ life, idleSeconds }: Omit<KnownProcess, 'worker'>): boolean {
  return life === 'alive' || (life === 'unknown' && idleSeconds <= goneAfter);
}

/** The number of a retired sum; -1 for any other file. */
export function retiredNumber(name: string): number {
  const [, digits] = /^retired-(\d{1,12})$/.exec(name) ?? [];
  return Number(digits ?? -1);
}

/** Whether a process has not been at work for a while: it is blocked, or the machine is. */
export function isLate({ idleSeconds }: KnownProcess): boolean {
  return idleSeconds > lateAfter;
}

/** Whether other threads live, as the calling thread sees it. */
export function lifeReader(own: Identity = identify()): (other: Identity) => Life {
  return (other) => lifeOf(other, own);
}
