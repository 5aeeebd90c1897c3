import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ReadCell } from './cell.ts';
import { copyAt, format, header, headerSlots, slotBytes, type Writer } from './layout.ts';
import { check, checkRegions, readLines, UnreadableBook } from './lines.ts';
import { ReadRegion, regionOf } from './read-region.ts';
import { type ReadRow, ReadRows, slotsOf } from './read-rows.ts';
import { checkFile, mostBytes } from './readable-file.ts';

const { O_NOFOLLOW, O_RDONLY } = constants;

/** How often all is read again because rows were taken out meanwhile. */
const mostReadings = 5;

/** How often a copy that changes under the reader is read again. The writer writes once in a turn of its event loop. */
const mostCopies = 200;

/** A copy of a cell that was read whole. */
interface Copy {
  readonly content: Float64Array;
  readonly sequence: number;
}

/** Reads one book, again and again. What it has read stays as it is until `read` is called again. */
export class BookFile {
  readonly #file: number;
  readonly #isOpenedHere: boolean;
  readonly #step: () => void;
  readonly #header = new Float64Array(headerSlots);
  readonly #regions: ReadRegion[] = [];
  readonly #textRegions: { readonly start: number; readonly size: number }[] = [];
  readonly #rows = new ReadRows(this.#regions);
  #knownRegions = 0;
  #slots = headerSlots;
  #textBytes = 0;
  /** Text that was read and not taken. */
  #text: Buffer = Buffer.alloc(0);

  /**
   * Reads the book at a path, or a file that is open and stays so. `step` is called before the values are read, and within the
   * reading of a cell, for tests. Throws `UnreadableBook`, or what `fs` throws.
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
    return this.#rows.writer;
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
    return this.#rows.present;
  }

  /** Changes whenever there are other rows than before. */
  get version(): number {
    return this.#rows.version;
  }

  /**
   * Reads what has changed.
   *
   * The writer may write meanwhile. Rows that it adds wait for the next reading. The space of those that it takes out may have other
   * numbers already: then all is read again, and after a few attempts these rows keep what they had. So every reading comes to an end.
   */
  read(): void {
    for (let attempt = 1; ; attempt += 1) {
      this.#readInto(this.#header, 0);
      if (this.#header[header.format] !== format) throw new UnreadableBook('the book is of another version');
      if (this.#header[header.textBytes] !== this.#textBytes) this.#readText();
      this.#takeText();
      this.#step();
      for (const region of this.#regions) this.#readInto(region.used, region.start);
      const copies = this.#readCopies();
      if (this.#readSlot(header.textBytes) !== this.#textBytes) this.#readText();
      const gone = this.#rows.goneBy(readLines(wholeLines(this.#text)));
      // A header that was read by halves may say that the book has ended, and not have the length of its last text.
      const isWhole = gone.size === 0 && (!this.hasEnded || this.#text.length === 0);
      if (isWhole || attempt === mostReadings) {
        this.#accept(copies, gone);
        return;
      }
    }
  }

  close(): void {
    if (this.#isOpenedHere) closeSync(this.#file);
  }

  #accept(copies: ReadonlyMap<ReadCell, Copy>, gone: ReadonlySet<ReadRow | ReadCell>): void {
    for (const one of gone) if ('width' in one) regionOf(this.#regions, one.at).keep(one.from, slotsOf(one));
    for (const region of this.#regions) region.accept();
    for (const [cell, { content, sequence }] of copies) if (!gone.has(cell)) cell.accept(content, sequence);
  }

  /** The copies of cells that have another content than before. */
  #readCopies(): Map<ReadCell, Copy> {
    const copies = new Map<ReadCell, Copy>();
    for (const cell of this.#rows.cells()) {
      const { start, values } = regionOf(this.#regions, cell.at);
      const copy = values[cell.at - start] === cell.sequence ? undefined : this.#readCopy(cell);
      if (copy !== undefined) copies.set(cell, copy);
    }
    return copies;
  }

  /** The number of the copy is read before and after the copy itself, each in a read of its own: the kernel may copy in any order. */
  #readCopy({ at, capacity }: ReadCell): Copy | undefined {
    for (let attempt = 0; attempt < mostCopies; attempt += 1) {
      const sequence = this.#readSlot(at);
      this.#step();
      const content = new Float64Array(capacity);
      this.#readInto(content, copyAt(at, capacity, sequence));
      if (this.#readSlot(at) === sequence) return { content, sequence };
    }
    return undefined;
  }

  #readSlot(slot: number): number {
    const value = new Float64Array(1);
    this.#readInto(value, slot);
    return value[0]!;
  }

  #readInto(values: Float64Array, slot: number): void {
    check(readSync(this.#file, values, 0, values.byteLength, slot * slotBytes) === values.byteLength);
  }

  /** Reads the text that came in. Its length is read before the regions: so every region that the text names is there. */
  #readText(): void {
    const end = this.#readSlot(header.textBytes);
    this.#readRegions();
    const bytes = Buffer.alloc(Math.max(0, end - this.#textBytes));
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
    this.#textBytes += done;
    this.#text = Buffer.concat([this.#text, bytes]);
  }

  #readRegions(): void {
    const latest = new Float64Array(headerSlots);
    this.#readInto(latest, 0);
    const count = latest[header.regions]!;
    checkRegions(count, Array.from(latest.subarray(header.firstRegion, header.firstRegion + count)));
    for (; this.#knownRegions < count; this.#knownRegions += 1) {
      const size = latest[header.firstRegion + this.#knownRegions]!;
      if (size === 0) return; // it is being written: no text names it yet
      const slots = Math.abs(size);
      check((this.#slots + slots) * slotBytes <= mostBytes);
      if (size > 0) this.#regions.push(new ReadRegion(this.#slots, slots));
      else this.#textRegions.push({ start: this.#slots * slotBytes, size: slots * slotBytes });
      this.#slots += slots;
    }
  }

  #takeText(): void {
    if (this.#text.length === 0) return;
    const whole = wholeLines(this.#text);
    this.#text = this.#text.subarray(whole.length); // whatever it says, it is taken once
    for (const line of readLines(whole)) this.#rows.take(line);
  }
}

function wholeLines(text: Buffer): Buffer {
  return text.subarray(0, text.lastIndexOf(0x0a) + 1);
}
