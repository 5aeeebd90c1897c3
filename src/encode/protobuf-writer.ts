/** Most characters that are written one by one (`bench/scrape.ts`). */
const shortText = 32;

/**
 * Writes protobuf's wire format into a buffer that grows and is used again.
 *
 * Numbers are doubles: integers are right up to 2^53 in size.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafe(4096);
  #length = 0;

  /** Begins a message: a field of the one around it, or without `field` one with nothing but its length before it. */
  open(field?: number): number {
    if (field !== undefined) this.#tag(field, 2);
    this.#reserve(1);
    this.#length += 1;
    return this.#length;
  }

  /** Ends the message that `open` began, by what it returned; messages end in the reverse order. */
  close(start: number): void {
    const length = this.#length - start;
    // Now, for the length too: once the writer is back at `start`, growing would lose what follows.
    this.#reserve(10);
    if (length > 127) {
      // One byte was left for the length: make room for the others.
      const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
      this.#bytes.copyWithin(start + more, start, this.#length);
    }
    const end = this.#length;
    this.#length = start - 1;
    this.#varint(length);
    this.#length += end - start;
  }

  /** uint64, or an enum's number. */
  uint(field: number, value: number): void {
    this.#tag(field, 0);
    this.#varint(value);
  }

  sint(field: number, value: number): void {
    this.#tag(field, 0);
    this.#zigzag(value);
  }

  packedSint(field: number, values: readonly number[]): void {
    const start = this.open(field);
    for (const value of values) this.#zigzag(value);
    this.close(start);
  }

  double(field: number, value: number): void {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  string(field: number, text: string): void {
    const start = this.open(field);
    this.#reserve(text.length * 3);
    if (text.length > shortText || !this.#ascii(text)) this.#length += this.#bytes.write(text, this.#length);
    this.close(start);
  }

  /** Bytes that were written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** What was written since the last time, as bytes of the caller's own. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Writes the text if it is ASCII. A call of the buffer's own `write` costs more than these few characters. */
  #ascii(text: string): boolean {
    const start = this.#length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      this.#bytes[start + index] = code;
    }
    this.#length = start + text.length;
    return true;
  }

  #tag(field: number, type: 0 | 1 | 2): void {
    this.#varint(field * 8 + type);
  }

  /** 0, -1, 1, -2, ... as 0, 1, 2, 3, ...: its lowest seven bits apart, because twice the number may exceed 2^53. */
  #zigzag(value: number): void {
    const size = value < 0 ? -value - 1 : value;
    const low = (size % 64) * 2 + (value < 0 ? 1 : 0);
    if (size < 64) this.#varint(low);
    else {
      this.#reserve(1);
      this.#bytes[this.#length++] = low + 128;
      this.#varint(Math.floor(size / 64));
    }
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    // Not with shifts: those have 32 bits.
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}
