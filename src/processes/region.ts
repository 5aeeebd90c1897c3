import { writeSync } from 'node:fs';
import { slotBytes } from './layout.ts';

/** Slots of a page: what is marked as changed together. */
const pageSlots = 64;

/**
 * Unchanged pages between two changed ones that are written along with them. A write costs 0.8 us and 4 kB more
 * of it 0.3 us (`bench/processes.ts`).
 */
const mostUnchangedPages = 16;

/** A region of a book as its writer has it: the values in memory, and which of them the file does not have yet. */
export class Region {
  readonly start: number;
  readonly values: Float64Array;
  used = 0;
  readonly #bytes: Uint8Array;
  readonly #changed: Uint8Array;
  #first = Infinity;
  #last = -1;

  /** `start` and `size` in slots. */
  constructor(start: number, size: number) {
    this.start = start;
    this.values = new Float64Array(size);
    this.#bytes = new Uint8Array(this.values.buffer);
    this.#changed = new Uint8Array(Math.ceil(size / pageSlots));
  }

  /** Marks slots as changed; `at` counts from the start of the region. */
  mark(at: number, width: number): void {
    const last = Math.floor((at + width - 1) / pageSlots);
    for (let page = Math.floor(at / pageSlots); page <= last; page += 1) {
      this.#changed[page] = 1;
      if (page < this.#first) this.#first = page;
      if (page > this.#last) this.#last = page;
    }
  }

  /** Writes what was marked; pages that lie close together are one write. Throws what `fs` throws, and keeps the marks. */
  write(file: number, writeBytes: WriteSync = writeSync): void {
    for (let page = this.#first; page <= this.#last; page += 1) {
      if (this.#changed[page] === 0) continue;
      const end = this.#endOfRun(page);
      const from = page * pageSlots * slotBytes;
      const to = Math.min(end * pageSlots * slotBytes, this.#bytes.length);
      writeWhole(file, this.#bytes.subarray(from, to), this.start * slotBytes + from, writeBytes);
      this.#changed.fill(0, page, end);
      page = end;
    }
    this.#first = Infinity;
    this.#last = -1;
  }

  /** The page after the last changed one of those that are written together. */
  #endOfRun(page: number): number {
    let end = page + 1;
    for (let next = end; next <= this.#last && next - end <= mostUnchangedPages; next += 1) {
      if (this.#changed[next] !== 0) end = next + 1;
    }
    return end;
  }
}

/** Writes all bytes. A full disk first writes fewer than asked for, without an error, and throws `ENOSPC` at the next attempt. */
export function writeWhole(file: number, bytes: Uint8Array, position: number, write: WriteSync = writeSync): void {
  let done = 0;
  while (done < bytes.length) {
    done += write(file, bytes, done, bytes.length - done, position + done);
  }
}

/** Writes as `fs.writeSync` does, and returns how many bytes. */
export type WriteSync = (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;
