import type { BookFile } from './book-file.ts';
import { identicalArrays } from './bounds.ts';
import type { FoldedCounts } from './folded-counts.ts';
import {
  type CellKind,
  cellSlots,
  copyAt,
  type EntityKey,
  type EntityMeta,
  header,
  type Rule,
  type Writer,
} from './layout.ts';
import type { Region } from './region.ts';
import { NoRoom, Storage, type StorageOptions } from './storage.ts';

/** A part of an entity in a book. */
export interface Row {
  readonly number: number;
  readonly region: Region;
  /** From the start of the region. */
  readonly at: number;
  readonly width: number;
  readonly cells: Map<CellKind, Cell>;
}

interface Cell {
  readonly region: Region;
  readonly at: number;
  readonly capacity: number;
  sequence: number;
}

/** What a row is, besides its place. */
export interface RowHead {
  readonly entity: number;
  readonly part: string;
  readonly rule: Rule;
  readonly width: number;
  /** Seconds since 1970. */
  readonly created?: number | undefined;
  readonly bounds?: readonly number[] | undefined;
  readonly isPrecise?: boolean | undefined;
  /** When its series began, in milliseconds since boot. */
  readonly since?: number | undefined;
}

/** What a book may have besides its folder and its writer. */
export interface BookOptions extends StorageOptions {
  /** Counts of this process that the retired sum has: rows are put without them. */
  readonly folded?: FoldedCounts | undefined;
}

/** Errors that say that a disk, or what a user may have of it, is full. */
const fullDisk: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * Writes one book. Changes stay in memory until `flush`.
 *
 * What there is no room for is not in the book, and counted in `refused`. What was added can always be changed: its space on the disk
 * is reserved. Every method throws what else `fs` throws.
 */
export class Book {
  readonly folded: FoldedCounts | undefined;
  readonly #storage: Storage;
  readonly #bounds: (readonly number[])[] = [];
  #entities = 0;
  #rows = 0;
  #freedRows = 0;
  readonly #unfreed: Row[] = [];
  /** Cells that were given another content since the last flush. */
  readonly #flips = new Set<Cell>();
  /** Whether there was no room since the last beat: nothing more is tried until the next one. */
  #isFull = false;
  /** How often there was no room. */
  refused = 0;

  /** Begins a book in this folder. Readers do not see it before `publish`. */
  constructor(folder: string, who: Writer, { folded, ...storage }: BookOptions = {}) {
    this.folded = folded;
    this.#storage = new Storage(folder, `new-${who.name}`, storage);
    this.describe(who);
  }

  /** Writes everything, and gives the file its name. A file that had the name is replaced in one step. */
  publish(fileName: string): void {
    this.flush();
    this.#storage.rename(fileName);
  }

  /** Writes everything, and gives the file a name that no file may have. Returns whether it was free. */
  publishOnce(fileName: string): boolean {
    this.flush();
    return this.#storage.renameOnce(fileName);
  }

  /** Removes what was not published, and closes. */
  discard(): void {
    this.#storage.discard();
  }

  /** The book as it was last written, also if the file has no name any more. */
  readBack(): BookFile {
    return this.#storage.read();
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#storage.bytes;
  }

  /** Whether the file is still where it was put. */
  get isThere(): boolean {
    return this.#storage.isThere;
  }

  /** Whether most of the text is about rows that are gone: a new book would be smaller. */
  get isWasteful(): boolean {
    return this.#freedRows > 1000 && this.#freedRows * 2 > this.#rows;
  }

  /** Says who writes. What was said before no longer holds. */
  describe(who: Writer): void {
    this.#storage.addLine(['who', who]);
  }

  /** Adds an entity, and returns its number; undefined if there is no room. */
  addEntity(key: EntityKey, meta: EntityMeta): number | undefined {
    return this.#tryTo(() => {
      this.#storage.addLine(['entity', key, meta]);
      this.#entities += 1;
      return this.#entities - 1;
    });
  }

  /** Returns whether there was room for it. */
  changeMeta(entity: number, meta: EntityMeta): boolean {
    return this.#tryTo(() => this.#storage.addLine(['meta', entity, meta])) !== undefined;
  }

  /** Adds a row of zeros; undefined if there is no room. */
  addRow(head: RowHead): Row | undefined {
    return this.#tryTo(() => this.#addRow(head));
  }

  #addRow({ entity, part, rule, width, created, bounds, isPrecise = false, since }: RowHead): Row {
    const boundsNumber = bounds === undefined ? null : this.#numberOf(bounds);
    const size = isPrecise ? 2 * width : width;
    const { region, at } = this.#storage.take(size);
    try {
      this.#storage.addLine([
        'row',
        entity,
        part,
        rule,
        region.start + at,
        width,
        created ?? null,
        boundsNumber,
        isPrecise,
        since ?? null,
      ]);
    } catch (error) {
      this.#storage.giveBack(size, { region, at });
      throw error;
    }
    this.#rows += 1;
    return { number: this.#rows - 1, region, at, width: size, cells: new Map() };
  }

  /** Sets the values of a row. Those that are as before cost no writing. */
  put(row: Row, numbers: ArrayLike<number>): void {
    const { region, at } = row;
    const { values } = region;
    let isChanged = false;
    for (let index = 0; index < numbers.length; index += 1) {
      if (values[at + index] === numbers[index]) continue;
      values[at + index] = numbers[index]!;
      isChanged = true;
    }
    if (isChanged) region.mark(at, numbers.length);
  }

  /** Sets the values of a histogram: its buckets, and after them its sum. */
  putHistogram({ region, at }: Row, buckets: readonly number[], sum: number): void {
    const { values } = region;
    let isChanged = false;
    for (let index = 0; index < buckets.length; index += 1) {
      if (values[at + index] === buckets[index]) continue;
      values[at + index] = buckets[index]!;
      isChanged = true;
    }
    if (!isChanged) return; // nothing was observed
    values[at + buckets.length] = sum;
    region.mark(at, buckets.length + 1);
  }

  /** Sets the content of a row's cell, which readers see whole: the old one or the new one. Once in a flush. */
  putWhole(row: Row, kind: CellKind, numbers: ArrayLike<number>): void {
    const known = row.cells.get(kind);
    const isKnown = known !== undefined && known.capacity >= numbers.length;
    const cell = isKnown ? known : this.#tryTo(() => this.#addCell(row, kind, numbers.length));
    if (cell === undefined) return;
    const { region, capacity } = cell;
    // A second content in one flush goes to the same copy: readers use the other one.
    if (!this.#flips.has(cell)) cell.sequence += 1;
    const at = copyAt(cell.at, capacity, cell.sequence);
    region.values.set(numbers, at);
    region.mark(at, numbers.length);
    this.#flips.add(cell);
  }

  /** From now on the series of the row is under `other`, whatever room there will be. Returns whether there was room to say so. */
  keepOut(row: Row): boolean {
    return this.#tryTo(() => this.#storage.addLine(['out', row.number])) !== undefined;
  }

  /** Takes a row out of the book; at a later beat where the text has no room. Its space is used again after the next flush. */
  free(row: Row): void {
    if (this.#tryTo(() => this.#storage.addLine(['free', row.number])) === undefined) {
      this.#unfreed.push(row);
      return;
    }
    this.#freedRows += 1;
    this.#storage.free(row.width, row);
    for (const cell of row.cells.values()) this.#storage.free(cellSlots(cell.capacity), cell);
  }

  /** Notes that the process is at work, in milliseconds since boot. */
  beat(milliseconds: number): void {
    this.#isFull = false;
    for (const row of this.#unfreed.splice(0)) this.free(row);
    this.#storage.setHeader(header.beat, milliseconds);
  }

  /** Notes what its servers do, as an index of `bookStates`, and whether the process is about to end. */
  setLife(servers: number, isEnding: boolean): void {
    this.#storage.setHeader(header.servers, servers);
    this.#storage.setHeader(header.ending, Number(isEnding));
  }

  /** Notes that the process ends by itself. */
  end(): void {
    this.#storage.setHeader(header.ended, 1);
  }

  /** Writes what has changed: values, then which copies hold, then the text, then the header. Each names only what is there. */
  flush(): void {
    this.#storage.writeValues();
    if (this.#flips.size > 0) {
      for (const { region, at, sequence } of this.#flips) {
        region.values[at] = sequence;
        region.mark(at, 1);
      }
      this.#flips.clear();
      this.#storage.writeValues();
    }
    this.#storage.writeText();
  }

  close(): void {
    this.#storage.close();
  }

  /** What `action` returns; undefined if there is no room. */
  #tryTo<Result>(action: () => Result): Result | undefined {
    if (!this.#isFull) {
      try {
        return action();
      } catch (error) {
        const isRoom = error instanceof NoRoom || fullDisk.includes((error as NodeJS.ErrnoException).code);
        if (!isRoom) throw error;
        this.#isFull = true;
      }
    }
    this.refused += 1;
    return undefined;
  }

  #addCell(row: Row, kind: CellKind, length: number): Cell {
    const capacity = 2 ** Math.ceil(Math.log2(length));
    const { region, at } = this.#storage.take(cellSlots(capacity));
    this.#storage.addLine(['cell', row.number, kind, region.start + at, capacity]);
    const old = row.cells.get(kind);
    if (old !== undefined) this.#storage.free(cellSlots(old.capacity), old);
    const cell = { region, at, capacity, sequence: 0 };
    row.cells.set(kind, cell);
    return cell;
  }

  #numberOf(bounds: readonly number[]): number {
    const known = this.#bounds.findIndex((one) => one === bounds || identicalArrays(one, bounds));
    if (known !== -1) return known;
    this.#storage.addLine(['bounds', bounds]);
    return this.#bounds.push(bounds) - 1;
  }
}
