import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ReadCell } from './cell.ts';
import {
  type CellKind,
  cellSlots,
  copyAt,
  type EntityKey,
  type EntityMeta,
  format,
  header,
  headerSlots,
  type Line,
  type Rule,
  slotBytes,
  type Writer,
} from './layout.ts';
import { check, checkRegions, readLines, UnreadableBook } from './lines.ts';
import { ReadRegion } from './read-region.ts';
import { checkFile, mostBytes } from './readable-file.ts';

const { O_NOFOLLOW, O_RDONLY } = constants;

/** How often a book that changes under the reader is read again. It writes once in a turn of its event loop. */
const mostAttempts = 200;

/** An entity as a book has it. */
export interface ReadEntity {
  readonly key: EntityKey;
  meta: EntityMeta;
}

/** A row as a reader has it. */
export interface ReadRow {
  readonly entity: ReadEntity;
  readonly part: string;
  readonly rule: Rule;
  readonly at: number;
  readonly width: number;
  readonly created: number | undefined;
  readonly bounds: readonly number[] | undefined;
  readonly isPrecise: boolean;
  /** When its series began, in milliseconds since boot. */
  readonly since?: number | undefined;
  /** Whether its series stays under `other`. */
  isOut?: boolean;
  /** The values of its region as last read; those of the rule `sum` never fall. */
  readonly values: Float64Array;
  /** Where the row begins in them. It has twice its width where it is precise. */
  readonly from: number;
  readonly cells: ReadonlyMap<CellKind, ReadCell>;
}

const noCells: ReadonlyMap<CellKind, ReadCell> = new Map();

/** Reads one book, again and again. What it has read stays as it is until `read` is called again. */
export class BookFile {
  readonly #file: number;
  readonly #isOpenedHere: boolean;
  readonly #step: () => void;
  readonly #header = new Float64Array(headerSlots);
  readonly #regions: ReadRegion[] = [];
  readonly #textRegions: { readonly start: number; readonly size: number }[] = [];
  readonly #entities: ReadEntity[] = [];
  readonly #bounds: (readonly number[])[] = [];
  readonly #rows: (ReadRow | undefined)[] = [];
  readonly #cells = new Map<ReadRow, Map<CellKind, ReadCell>>();
  #present: readonly ReadRow[] = [];
  #presentVersion = -1;
  #knownRegions = 0;
  #slots = headerSlots;
  #textBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #writer: Writer | undefined;
  /** Changes whenever there are other rows than before. */
  version = 0;

  /**
   * Reads the book at a path, or a file that is open and stays so. `step` is called within the reading of a cell, for tests.
   * Throws `UnreadableBook`, or what `fs` throws.
   */
  constructor(place: string | number, step: () => void = () => {}) {
    this.#step = step;
    this.#isOpenedHere = typeof place === 'string';
    this.#file = typeof place === 'string' ? openSync(place, O_RDONLY | O_NOFOLLOW) : place;
    try {
      checkFile(fstatSync(this.#file));
      this.read();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get writer(): Writer {
    return found(this.#writer);
  }

  /** A slot of the header. */
  at(slot: (typeof header)[keyof typeof header]): number {
    return this.#header[slot]!;
  }

  /** Milliseconds since boot. */
  get beat(): number {
    return this.at(header.beat);
  }

  get hasEnded(): boolean {
    return this.at(header.ended) === 1;
  }

  get bytes(): number {
    return this.#slots * slotBytes;
  }

  /** Whether the file still has its name. */
  get isThere(): boolean {
    return fstatSync(this.#file).nlink > 0;
  }

  /** The rows that are there; the same array as long as `version` is the same. */
  get rows(): readonly ReadRow[] {
    if (this.#presentVersion !== this.version) {
      this.#present = this.#rows.filter((row) => row !== undefined);
      this.#presentVersion = this.version;
    }
    return this.#present;
  }

  /**
   * Reads what has changed.
   *
   * The writer may write meanwhile. Text that comes in while values are read could mean that they belong to other rows: then all is
   * read again. The length of new text is read before the rest of the header, which so has every region that the text names.
   */
  read(): void {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      this.#readHeader();
      if (this.#header[header.textBytes] !== this.#textBytes) {
        const textBytes = this.#readSlot(header.textBytes);
        this.#readHeader();
        if (textBytes > this.#textBytes) this.#readText(textBytes);
      }
      for (const region of this.#regions) this.#readInto(region.used, region.start);
      if (this.#readSlot(header.textBytes) === this.#textBytes) {
        this.#accept();
        return;
      }
    }
    throw new UnreadableBook('the book changes faster than it can be read');
  }

  close(): void {
    if (this.#isOpenedHere) closeSync(this.#file);
  }

  #accept(): void {
    for (const region of this.#regions) region.accept();
    for (const cells of this.#cells.values()) for (const cell of cells.values()) this.#acceptCell(cell);
  }

  /** The number of the copy is read before and after the copy itself, each in a read of its own: the kernel may copy in any order. */
  #acceptCell(cell: ReadCell): void {
    const region = this.#regionOf(cell.at);
    if (region.values[cell.at - region.start] === cell.sequence) return;
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const sequence = this.#readSlot(cell.at);
      this.#step();
      const copy = new Float64Array(cell.capacity);
      this.#readInto(copy, copyAt(cell.at, cell.capacity, sequence));
      if (this.#readSlot(cell.at) === sequence) {
        cell.accept(copy, sequence);
        return;
      }
    }
  }

  #readSlot(slot: number): number {
    const value = new Float64Array(1);
    this.#readInto(value, slot);
    return value[0]!;
  }

  #regionOf(slot: number): ReadRegion {
    return found(this.#regions.find(({ start, values }) => slot >= start && slot < start + values.length));
  }

  #readInto(values: Float64Array, slot: number): void {
    check(readSync(this.#file, values, 0, values.byteLength, slot * slotBytes) === values.byteLength);
  }

  #readHeader(): void {
    this.#readInto(this.#header, 0);
    if (this.#header[header.format] !== format) throw new UnreadableBook('the book is of another version');
    const count = this.#header[header.regions]!;
    checkRegions(count, Array.from(this.#header.subarray(header.firstRegion, header.firstRegion + count)));
    for (; this.#knownRegions < count; this.#knownRegions += 1) {
      const size = this.#header[header.firstRegion + this.#knownRegions]!;
      if (size === 0) return; // it is being written: no text names it yet
      const slots = Math.abs(size);
      check((this.#slots + slots) * slotBytes <= mostBytes);
      if (size > 0) this.#regions.push(new ReadRegion(this.#slots, slots));
      else this.#textRegions.push({ start: this.#slots * slotBytes, size: slots * slotBytes });
      this.#slots += slots;
    }
  }

  #readText(end: number): void {
    const bytes = Buffer.alloc(end - this.#textBytes);
    let [start, done] = [0, 0];
    for (const region of this.#textRegions) {
      const from = this.#textBytes + done - start;
      const length = Math.min(region.size - from, bytes.length - done);
      if (from >= 0 && length > 0) {
        check(readSync(this.#file, bytes, done, length, region.start + from) === length);
        done += length;
      }
      start += region.size;
    }
    check(done === bytes.length);
    this.#textBytes = end;
    const text = Buffer.concat([this.#rest, bytes]);
    const last = text.lastIndexOf(0x0a) + 1;
    this.#rest = text.subarray(last);
    for (const line of readLines(text.subarray(0, last))) this.#take(line);
  }

  #take(line: Line): void {
    this.version += 1;
    if (line[0] === 'who') this.#writer = line[1];
    else if (line[0] === 'entity') this.#entities.push({ key: line[1], meta: line[2] });
    else if (line[0] === 'bounds') this.#bounds.push(line[1]);
    else if (line[0] === 'row') this.#addRow(line);
    else if (line[0] === 'meta') this.#entity(line[1]).meta = line[2];
    else if (line[0] === 'free') this.#free(line[1]);
    else if (line[0] === 'out') this.#row(line[1]).isOut = true;
    else this.#addCell(line);
  }

  #addRow([, entity, part, rule, at, width, created, bounds, isPrecise, since]: Line &
    readonly ['row', ...unknown[]]): void {
    const size = isPrecise ? 2 * width : width;
    const region = this.#regionOf(at);
    check(at + size <= region.start + region.values.length);
    const ownBounds = bounds === null ? undefined : found(this.#bounds[bounds]);
    const from = at - region.start;
    // The sum of a histogram with a bound below 0 may fall.
    const mayFall = ownBounds !== undefined && ownBounds.length > 0 && ownBounds[0]! < 0 ? 1 : 0;
    region.begin(from, size, rule === 'sum' ? width - mayFall : 0);
    this.#rows.push({
      entity: this.#entity(entity),
      part,
      rule,
      at,
      width,
      created: created ?? undefined,
      bounds: ownBounds,
      isPrecise,
      since: since ?? undefined,
      values: region.accepted,
      from,
      cells: noCells,
    });
  }

  #free(number: number): void {
    const row = this.#row(number);
    this.#regionOf(row.at).grows.fill(0, row.from, row.from + row.width);
    this.#cells.delete(row);
    this.#rows[number] = undefined;
  }

  #addCell([, number, kind, at, capacity]: Line & readonly ['cell', ...unknown[]]): void {
    const known = this.#row(number);
    check(capacity > 0);
    const region = this.#regionOf(at);
    check(at + cellSlots(capacity) <= region.start + region.values.length);
    region.use(at - region.start + cellSlots(capacity));
    const cells = this.#cells.get(known) ?? new Map<CellKind, ReadCell>();
    cells.set(kind, new ReadCell(at, capacity, cells.get(kind)?.content));
    if (known.cells === cells) return;
    const row = { ...known, cells };
    this.#rows[number] = row;
    this.#cells.delete(known);
    this.#cells.set(row, cells);
  }

  #row(number: number): ReadRow {
    return found(this.#rows[number]);
  }

  #entity(number: number): ReadEntity {
    return found(this.#entities[number]);
  }
}

function found<Item>(item: Item | undefined): Item {
  check(item !== undefined);
  return item;
}
