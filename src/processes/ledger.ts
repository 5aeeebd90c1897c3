import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Book } from './book.ts';
import { defaultMaxBytes } from './folder.ts';
import { type Generation, joinGeneration, newestGeneration, removeIfLast } from './generation.ts';
import { bootMilliseconds, type Identity, identify, type Life } from './identity.ts';
import type { Writer } from './layout.ts';
import { Neighbours } from './neighbours.ts';
import { OwnBook } from './own-book.ts';
import { OwnFolds } from './own-folds.ts';
import { retireDead } from './retire.ts';
import { bookEnding, lifeReader, type Shelf } from './shelf.ts';
import { soon } from './soon.ts';
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
  /** Whether no other process has a book here: then nobody has to be folded. */
  readonly isAlone?: boolean;
  readonly own?: Identity;
  /** Whether others live, as far as the system says so. Lifelines tell of those that are `unknown`. */
  readonly lifeOf?: (other: Identity) => Life;
  /** Warns of what is no fault. */
  readonly noted?: (message: string) => void;
  /** Seconds since 1970. */
  readonly wallClock?: () => number;
}

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
  #generation: Generation<OwnBook>;
  #neighbours: Neighbours;
  readonly #folds: OwnFolds;
  #ports: readonly number[] = [];
  #takes: readonly number[] = [];
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
    isAlone = false,
    lifeOf = lifeReader(own),
    noted = () => {},
    wallClock = () => Date.now() / 1000,
    ...options
  }: LedgerOptions) {
    this.own = own;
    this.#folds = new OwnFolds(own.name);
    this.#sources = [...options.sources];
    this.#options = { own, maxBytes, sweepSeconds, isAlone, lifeOf, noted, wallClock, ...options };
    this.#generation = this.#join();
    this.#neighbours = new Neighbours(this.folder, this.#options);
    this.#timer = setInterval(() => this.#guard(() => this.#sweep()), sweepSeconds * 1000).unref();
    process.on('exit', this.#exit);
  }

  /** The folder of the generation; another one after `onMove`. */
  get folder(): string {
    return this.#generation.folder;
  }

  get shelf(): Shelf {
    return this.#neighbours.shelf;
  }

  /** Rows for which there was no room. */
  get refused(): number {
    return this.#refused + this.#book.refused;
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

  /** Something changed: it is written at the end of this turn of the event loop, in a worker thread as soon as its code is over. */
  readonly plan = (): void => {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    soon(this.#turn);
  };

  /** Writes everything, and reads the books of all. Throws what `fs` throws. */
  refresh(): void {
    this.writeAll();
    this.shelf.refresh();
  }

  /** Writes everything that may have changed. Throws what `fs` throws. */
  writeAll(): void {
    if (this.#isClosed) return;
    for (const source of this.#sources) source.sweep(this.#book);
    this.#book.flush();
  }

  /** Calls `lost` when the process with a book of this name may be gone. Returns a function that stops it. */
  watch(name: string, lost: () => void): () => void {
    return this.#neighbours.watch(name, lost);
  }

  /** The ports on which this process answers scrapes. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Notes a port that this process takes when it is free, or takes no longer. */
  take(port: number, isTaken = true): void {
    const others = this.#takes.filter((one) => one !== port);
    this.#takes = isTaken ? [...others, port] : others;
    this.#describe();
  }

  /** Notes the ports on which this process answers scrapes. Whoever waits for one that is left out notices it at once. */
  answerOn(ports: readonly number[]): void {
    const isLeft = this.#ports.some((port) => !ports.includes(port));
    this.#ports = ports;
    this.#describe();
    if (isLeft) this.#generation.book.release();
  }

  get name(): string {
    return this.#folds.name;
  }

  /** Writes everything once more, and nothing after it. The numbers stay in the sum. Never throws. */
  close(): void {
    if (this.#isClosed) return;
    this.#guard(() => {
      this.#book.end();
      this.writeAll();
    });
    this.#isClosed = true;
    clearInterval(this.#timer);
    process.off('exit', this.#exit);
    this.#neighbours.disconnect();
    this.#generation.book.closeLifeline();
    if (this.#options.isAlone) this.#removeIfLast();
  }

  /** The process ends. If it is the last one, nothing of it is left. */
  readonly #exit = (): void => {
    this.close();
    this.#removeIfLast();
  };

  #removeIfLast(): void {
    this.#guard(() => removeIfLast(this.#options.group, this.#writer(), this.#neighbours.lifeOf));
  }

  readonly #turn = (): void => {
    this.#isPlanned = false;
    if (this.#isClosed) return;
    this.#guard(() => {
      for (const source of this.#sources) source.write(this.#book);
      this.#book.flush();
    });
  };

  get #book(): Book {
    return this.#generation.book.book;
  }

  #sweep(): void {
    this.#keepBook();
    this.#book.beat(bootMilliseconds());
    this.writeAll();
    this.#reportRefused();
    if (this.#options.isAlone) return;
    this.#neighbours.look(this.#folds.name);
    for (const source of this.#sources) source.settle?.(this.shelf.limits);
    retireDead(this.shelf, this.own);
    this.#keepNumber();
  }

  /** Moves where there is a newer generation; begins another book where this one is gone, or has too much text. */
  #keepBook(): void {
    const { folder, number, book: own } = this.#generation;
    if (newestGeneration(this.#options.group) !== number) this.#move();
    else if (!own.isIn(folder) || own.book.isWasteful) this.#renew();
  }

  /** Begins another book in the same generation: that goes on as long as one process of it lives. */
  #renew(): void {
    try {
      this.#replace({ ...this.#generation, book: this.#open(this.folder, this.#generation.book) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#move(); // the files of the generation are gone
    }
  }

  #move(): void {
    const { folder } = this.#generation;
    const path = join(folder, this.#fileName);
    const joined = this.#join(this.#generation.book);
    // A folder that vanished, and was made again, is another generation of the same name.
    if (joined.folder !== folder) rmSync(path, { force: true });
    this.#replace(joined);
    this.#neighbours.close();
    this.#neighbours = new Neighbours(this.folder, this.#options);
    for (const listener of this.#onMove) listener();
  }

  #replace(generation: Generation<OwnBook>): void {
    const old = this.#generation.book;
    this.#generation = generation;
    this.#refused += old.book.refused;
    old.close();
  }

  /** `last` is the book before. */
  #join(last?: OwnBook): Generation<OwnBook> {
    const { group, own, lifeOf, wallClock } = this.#options;
    return joinGeneration(group, (folder) => this.#open(folder, last), { own, lifeOf, now: wallClock });
  }

  #open(folder: string, last?: OwnBook): OwnBook {
    this.#folds.update(folder, () => this.#book.readBack());
    const { counts: folded } = this.#folds;
    const place = { folder, current: () => this.folder, last };
    return OwnBook.open(this.#sources, { ...this.#options, ...place, writer: this.#writer(), folded });
  }

  get #fileName(): string {
    return `${this.#folds.name}${bookEnding}`;
  }

  #writer(): Writer {
    return {
      ...this.own,
      name: this.#folds.name,
      worker: this.#worker,
      created: this.#options.wallClock(),
      ports: this.#ports,
      takes: this.#takes,
    };
  }

  #describe(): void {
    this.#guard(() => {
      this.#book.describe(this.#writer());
      this.#book.flush();
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
    const worker = this.shelf.workerOf(this.#folds.name);
    if (worker === undefined || worker === this.#worker) return;
    this.#worker = worker;
    this.#describe();
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.failed(error);
    }
  }
}
