import { closeSync, constants, fstatSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BookFile } from './book-file.ts';
import { format, header, headerSlots, type Line, maxRegions, slotBytes } from './layout.ts';
import { Region, type WriteSync, writeWhole } from './region.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/** Slots of the first region of text, and of the largest of any kind: each is twice as large as the one before. */
const [smallestText, largestRegion] = [512, 131_072];

/** Slots of the first region of values: room for 150 methods, so that what changes in a turn is often one write. */
const smallestValues = 4096;

/** Says whether a book may grow by so many bytes. */
export type Allow = (bytes: number) => boolean;

/** Every field has a default; the default is in the signature of the constructor. */
export interface StorageOptions {
  /** By default a book may always grow. */
  readonly allow?: Allow | undefined;
  /** How bytes are written; tests count them, or have a full disk. */
  readonly write?: WriteSync | undefined;
}

/** Thrown where a book has no room for more. */
export class NoRoom extends Error {}

/** Slots that something may use; `at` counts from the start of the region. */
export interface Space {
  readonly region: Region;
  readonly at: number;
}

/** The file of a book: its header, its regions, and who uses which part of them. */
export class Storage {
  readonly #folder: string;
  /** The name of the file until it gets another one. */
  readonly #draft: string;
  readonly #file: number;
  readonly #allow: Allow;
  readonly #write: WriteSync;
  readonly #header = new Float64Array(headerSlots);
  readonly #regions: Region[] = [];
  /** Regions of text: where each begins, and its size, in bytes. */
  readonly #textRegions: { readonly start: number; readonly size: number }[] = [];
  #slots = headerSlots;
  #text = '';
  #textBytes = 0;
  #textRoom = 0;
  /** Spaces that nothing uses, by their size. */
  readonly #free = new Map<number, Space[]>();
  /** Spaces that nothing uses when the text that says so is written. */
  #freeSoon: (readonly [size: number, space: Space])[] = [];
  #isHeaderChanged = true;
  #hasNewRegions = false;

  constructor(folder: string, draft: string, { allow = () => true, write = writeSync }: StorageOptions) {
    this.#folder = folder;
    this.#draft = join(folder, draft);
    this.#allow = allow;
    this.#write = write;
    this.#header[header.format] = format;
    rmSync(this.#draft, { force: true });
    this.#file = openSync(this.#draft, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
  }

  get bytes(): number {
    return this.#slots * slotBytes;
  }

  /** Whether the file still has a name. */
  get isThere(): boolean {
    return fstatSync(this.#file).nlink > 0;
  }

  /** The file as a reader sees it. */
  read(): BookFile {
    return new BookFile(this.#file);
  }

  rename(fileName: string): void {
    renameSync(this.#draft, join(this.#folder, fileName));
  }

  /** Returns whether the name was free; the file has no name where it was not. */
  renameOnce(fileName: string): boolean {
    try {
      linkSync(this.#draft, join(this.#folder, fileName));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(this.#draft, { force: true });
    }
  }

  discard(): void {
    this.close();
    rmSync(this.#draft, { force: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  setHeader(slot: number, value: number): void {
    if (this.#header[slot] === value) return;
    this.#header[slot] = value;
    this.#isHeaderChanged = true;
  }

  /** Space of so many slots, all zero. Throws `NoRoom`, or what `fs` throws. */
  take(size: number): Space {
    const space = this.#spacesOf(size).pop() ?? this.#append(size);
    space.region.values.fill(0, space.at, space.at + size);
    space.region.mark(space.at, size);
    return space;
  }

  /** Takes back space that no text has named. */
  giveBack(size: number, space: Space): void {
    this.#spacesOf(size).push(space);
  }

  /** Takes back space that the text no longer names, once that is written: from then on readers can know it. */
  free(size: number, space: Space): void {
    this.#freeSoon.push([size, space]);
  }

  /** Adds a line to the text. Throws `NoRoom`, or what `fs` throws. */
  addLine(line: Line): true {
    const text = `${JSON.stringify(line)}\n`;
    const bytes = Buffer.byteLength(text);
    while (this.#textRoom < bytes) this.#addTextRegion();
    this.#textRoom -= bytes;
    this.#text += text;
    return true;
  }

  writeValues(): void {
    for (const region of this.#regions) region.write(this.#file, this.#write);
  }

  /** Writes the text, and then the header that says how much of it counts. */
  writeText(): void {
    if (this.#text !== '') this.#writeText(Buffer.from(this.#text));
    if (!this.#isHeaderChanged) return;
    this.#writeHeader();
    this.#isHeaderChanged = false;
    for (const [size, space] of this.#freeSoon) this.giveBack(size, space);
    this.#freeSoon = [];
  }

  /** Writes new regions before the length of the text that names them: readers can see half of one write. */
  #writeHeader(): void {
    const bytes = new Uint8Array(this.#header.buffer);
    const rest = header.beat * slotBytes;
    if (this.#hasNewRegions) writeWhole(this.#file, bytes.subarray(rest), rest, this.#write);
    this.#hasNewRegions = false;
    writeWhole(this.#file, bytes, 0, this.#write);
  }

  #writeText(bytes: Buffer): void {
    let start = 0;
    let done = 0;
    for (const region of this.#textRegions) {
      const from = this.#textBytes + done - start;
      const length = Math.min(region.size - from, bytes.length - done);
      if (from >= 0 && length > 0) {
        writeWhole(this.#file, bytes.subarray(done, done + length), region.start + from, this.#write);
        done += length;
      }
      start += region.size;
    }
    this.#textBytes += bytes.length;
    this.#text = '';
    this.setHeader(header.textBytes, this.#textBytes);
  }

  #addTextRegion(): void {
    const last = (this.#textRegions.at(-1)?.size ?? 0) / slotBytes;
    const slots = Math.min(Math.max(last * 2, smallestText), largestRegion);
    const start = this.#reserve(slots, true);
    this.#textRegions.push({ start: start * slotBytes, size: slots * slotBytes });
    this.#textRoom += slots * slotBytes;
  }

  #spacesOf(size: number): Space[] {
    const spaces = this.#free.get(size) ?? [];
    this.#free.set(size, spaces);
    return spaces;
  }

  #append(size: number): Space {
    let region = this.#regions.at(-1);
    if (region === undefined || region.values.length - region.used < size) {
      const wanted = Math.min(Math.max((region?.values.length ?? 0) * 2, smallestValues), largestRegion);
      const slots = Math.max(wanted, size);
      region = new Region(this.#reserve(slots, false), slots);
      this.#regions.push(region);
    }
    const at = region.used;
    region.used += size;
    return { region, at };
  }

  /** Makes the file longer, and returns the first new slot. The zeros are written, so that a full disk shows here. */
  #reserve(slots: number, isText: boolean): number {
    const regions = this.#header[header.regions]!;
    if (regions === maxRegions) throw new NoRoom(`the book has its ${maxRegions} regions`);
    if (!this.#allow(slots * slotBytes)) throw new NoRoom('the folder of the books has no room left (maxBytes)');
    const start = this.#slots;
    writeWhole(this.#file, new Uint8Array(slots * slotBytes), start * slotBytes, this.#write);
    this.#slots += slots;
    this.setHeader(header.firstRegion + regions, isText ? -slots : slots);
    this.setHeader(header.regions, regions + 1);
    this.#hasNewRegions = true;
    return start;
  }
}
