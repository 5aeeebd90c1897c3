import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Book } from './book.ts';
import { bytesIn } from './folder.ts';
import { type Generation, joinGeneration, newestGeneration, removeIfLast } from './generation.ts';
import { bootMilliseconds, type Identity, identify, type Life } from './identity.ts';
import type { Writer } from './layout.ts';
import { OwnFolds } from './own-folds.ts';
import { foldDead, removeFolded, removeStates } from './retire.ts';
import { bookEnding, lifeReader, Shelf } from './shelf.ts';
import type { Source } from './source.ts';

/** Every field but the first three has a default; the default is in the signature of the constructor. */
export interface LedgerOptions {
  /** The folder of the processes that belong together; it must be safe. */
  readonly group: string;
  readonly sources: readonly Source[];
  /** Counts what goes wrong. */
  readonly failed: (error: unknown) => void;
  /** Most bytes of all books together. */
  readonly maxBytes?: number;
  readonly sweepSeconds?: number;
  readonly own?: Identity;
  readonly lifeOf?: (other: Identity) => Life;
  /** Seconds since 1970. */
  readonly wallClock?: () => number;
}

/** Most bytes of all books together: half of what `/dev/shm` has in a container by default. */
const defaultMaxBytes = 32 * 2 ** 20;

/**
 * Keeps the book of this process: writes it at the end of a turn in which something changed, and sweeps once a second.
 *
 * A sweep also folds the dead, and looks whether the book and the generation are still the ones to write to. None of the
 * timers keeps the process alive.
 */
export class Ledger {
  readonly own: Identity;
  readonly #options: Required<LedgerOptions>;
  readonly #sources: Source[];
  readonly #timer: NodeJS.Timeout;
  #generation: Generation<Book>;
  #shelf: Shelf;
  readonly #folds: OwnFolds;
  #ports: readonly number[] = [];
  #worker = 0;
  #isPlanned = false;
  #isClosed = false;
  #refused = 0;
  #reported = 0;
  readonly #onMove = new Set<() => void>();

  /** Opens the book. Throws what `fs` throws. */
  constructor({
    own = identify(),
    maxBytes = defaultMaxBytes,
    sweepSeconds = 1,
    lifeOf = lifeReader(own),
    wallClock = () => Date.now() / 1000,
    ...options
  }: LedgerOptions) {
    this.own = own;
    this.#folds = new OwnFolds(own.name);
    this.#sources = [...options.sources];
    this.#options = { own, maxBytes, sweepSeconds, lifeOf, wallClock, ...options };
    this.#generation = this.#join();
    this.#shelf = this.#openShelf();
    this.#timer = setInterval(() => this.#trySweep(), sweepSeconds * 1000).unref();
    process.on('exit', this.#exit);
  }

  /** The folder of the generation; another one after `onMove`. */
  get folder(): string {
    return this.#generation.folder;
  }

  get shelf(): Shelf {
    return this.#shelf;
  }

  /** Rows for which there was no room. */
  get refused(): number {
    return this.#refused + this.#generation.book.refused;
  }

  /** Adds numbers of the process; they are written from the next sweep on. */
  add(source: Source): void {
    this.#sources.push(source);
  }

  /** Calls `listener` whenever the process has moved to another folder. Returns a function that ends that. */
  onMove(listener: () => void): () => void {
    this.#onMove.add(listener);
    return () => this.#onMove.delete(listener);
  }

  /** Something changed: it is written at the end of this turn of the event loop. */
  readonly plan = (): void => {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(this.#turn);
  };

  /** Writes everything, and reads the books of all. Throws what `fs` throws. */
  refresh(): void {
    this.writeAll();
    this.#shelf.refresh();
  }

  /** Writes everything that may have changed. Throws what `fs` throws. */
  writeAll(): void {
    if (this.#isClosed) return;
    const { book } = this.#generation;
    for (const source of this.#sources) source.sweep(book);
    book.flush();
  }

  /** The ports on which this process answers scrapes. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Notes the ports on which this process answers scrapes. */
  answerOn(ports: readonly number[]): void {
    this.#ports = ports;
    this.#describe();
  }

  /** Writes everything once more, and nothing after it. The numbers stay in the sum. Never throws. */
  close(): void {
    if (this.#isClosed) return;
    this.#guard(() => {
      this.#generation.book.end();
      this.writeAll();
    });
    this.#isClosed = true;
    clearInterval(this.#timer);
    process.off('exit', this.#exit);
  }

  /** The process ends. If it is the last one, nothing of it is left. */
  readonly #exit = (): void => {
    this.close();
    this.#guard(() => removeIfLast(this.#options.group, this.#writer(), this.#options.lifeOf));
  };

  readonly #turn = (): void => {
    this.#isPlanned = false;
    if (!this.#isClosed) this.#guard(() => this.#write());
  };

  #write(): void {
    const { book } = this.#generation;
    for (const source of this.#sources) source.write(book);
    book.flush();
  }

  #trySweep(): void {
    this.#guard(() => this.#sweep());
  }

  #sweep(): void {
    this.#keepBook();
    this.#generation.book.beat(bootMilliseconds());
    this.writeAll();
    this.#reportRefused();
    const shelf = this.#shelf;
    shelf.refresh();
    for (const source of this.#sources) source.settle?.(shelf.limits);
    foldDead(shelf, this.own);
    removeFolded(shelf.folder, shelf.retired.file.writer.folded ?? []);
    removeStates(shelf.folder, shelf.retired);
    this.#keepNumber();
  }

  /** Moves where there is a newer generation; begins another book where this one is gone, or has too much text. */
  #keepBook(): void {
    const { book, number } = this.#generation;
    if (newestGeneration(this.#options.group) !== number) this.#move();
    else if (!book.isThere || book.isWasteful) this.#renew();
  }

  /** Begins another book in the same generation: that goes on as long as one process of it lives. */
  #renew(): void {
    try {
      this.#replace({ ...this.#generation, book: this.#openBook(this.#generation.folder) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#move(); // the files of the generation are gone
    }
  }

  #move(): void {
    const { folder } = this.#generation;
    const path = join(folder, this.#fileName);
    this.#replace(this.#join());
    // A folder that vanished, and was made again, is another generation of the same name.
    if (this.#generation.folder !== folder) rmSync(path, { force: true });
    this.#shelf.close();
    this.#shelf = this.#openShelf();
    for (const listener of this.#onMove) listener();
  }

  #replace(generation: Generation<Book>): void {
    const { book } = this.#generation;
    this.#generation = generation;
    this.#refused += book.refused;
    book.close();
  }

  #join(): Generation<Book> {
    const { group, own, lifeOf, wallClock } = this.#options;
    return joinGeneration(group, (folder) => this.#openBook(folder), { own, lifeOf, now: wallClock });
  }

  #openBook(folder: string): Book {
    this.#folds.update(folder, () => this.#generation.book.readBack());
    const allow = (bytes: number) => this.#hasRoom(folder, bytes);
    const book = new Book(folder, this.#writer(), { allow, folded: this.#folds.counts });
    book.beat(bootMilliseconds());
    const sources = this.#sources;
    const goBack = sources.map((source) => source.restart());
    try {
      for (const source of sources) source.sweep(book);
      book.publish(this.#fileName);
      return book;
    } catch (error) {
      for (const undo of goBack) undo();
      book.discard();
      throw error;
    }
  }

  get #fileName(): string {
    return `${this.#folds.name}${bookEnding}`;
  }

  #openShelf(): Shelf {
    const { lifeOf, failed } = this.#options;
    return new Shelf(this.#generation.folder, { lifeOf, refused: (_name, error) => failed(error) });
  }

  #writer(): Writer {
    return {
      ...this.own,
      name: this.#folds.name,
      worker: this.#worker,
      created: this.#options.wallClock(),
      ports: this.#ports,
    };
  }

  #describe(): void {
    this.#guard(() => {
      this.#generation.book.describe(this.#writer());
      this.#generation.book.flush();
    });
  }

  /** A sweep in which rows found no room counts once. */
  #reportRefused(): void {
    if (this.refused === this.#reported) return;
    this.#reported = this.refused;
    this.#options.failed(
      new Error('the folder of the books is full: series are missing in scrapes (processes: { maxBytes })'),
    );
  }

  /** Takes the number that readers give this process: two that begin at once have the same at first. */
  #keepNumber(): void {
    const worker = this.#shelf.workerOf(this.#folds.name);
    if (worker === undefined || worker === this.#worker) return;
    this.#worker = worker;
    this.#describe();
  }

  /** A folder in which a generation is begun gets another name. */
  #hasRoom(folder: string, bytes: number): boolean {
    const current = existsSync(folder) ? folder : this.#generation.folder;
    return bytesIn(current) + bytes <= this.#options.maxBytes;
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.failed(error);
    }
  }
}
