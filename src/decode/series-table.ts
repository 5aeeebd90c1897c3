import type { LabelPairs } from './labels.ts';

/** Slots of an empty table. A power of two, as every later size. */
const leastSlots = 16;

/**
 * A number for each series, in about 30 bytes a series whatever its labels are.
 *
 * It keeps 64 bits of a hash, not the labels. Of a million series, two have the same hash with a probability of 1 to 40 million.
 * The order of labels makes no difference, and a label with an empty value is none, as for Prometheus.
 */
export class SeriesTable {
  #size = 0;
  #high = new Uint32Array(leastSlots);
  #low = new Uint32Array(leastSlots);
  #values = new Float64Array(leastSlots);
  /** Halves of the hash of what is looked for: written by `#hash`, read right after it. */
  #wantedHigh = 0;
  #wantedLow = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a series; undefined where it has none. Labels named `without` are left out. */
  get(name: string, labels: LabelPairs, without?: string): number | undefined {
    this.#hash(name, labels, without);
    const slot = this.#find();
    return this.#isFree(slot) ? undefined : this.#values[slot];
  }

  /** Gives a series a number. Returns the one that it had; undefined where it had none. */
  set(name: string, labels: LabelPairs, value: number, without?: string): number | undefined {
    const before = this.add(name, labels, value, without);
    if (before !== undefined) this.#values[this.#find()] = value;
    return before;
  }

  /** Gives a series a number unless it has one: then it returns that. */
  add(name: string, labels: LabelPairs, value: number, without?: string): number | undefined {
    this.#hash(name, labels, without);
    let slot = this.#find();
    if (!this.#isFree(slot)) return this.#values[slot];
    if (this.#size * 4 >= this.#high.length * 3) {
      this.#grow();
      slot = this.#find();
    }
    this.#put(slot, this.#wantedHigh, this.#wantedLow, value);
    this.#size += 1;
    return undefined;
  }

  #put(slot: number, high: number, low: number, value: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#values[slot] = value;
  }

  /** The slot of what is looked for, or the free one where it belongs. */
  #find(): number {
    const last = this.#high.length - 1;
    for (let slot = this.#wantedLow & last; ; slot = (slot + 1) & last) {
      if (this.#isFree(slot)) return slot;
      if (this.#high[slot] === this.#wantedHigh && this.#low[slot] === this.#wantedLow) return slot;
    }
  }

  /** No hash is 0. */
  #isFree(slot: number): boolean {
    return this.#high[slot] === 0 && this.#low[slot] === 0;
  }

  #grow(): void {
    const [high, low, values] = [this.#high, this.#low, this.#values];
    const [wantedHigh, wantedLow] = [this.#wantedHigh, this.#wantedLow];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(high.length * 2);
    this.#values = new Float64Array(high.length * 2);
    for (let slot = 0; slot < high.length; slot += 1) {
      [this.#wantedHigh, this.#wantedLow] = [high[slot]!, low[slot]!];
      if (this.#wantedHigh !== 0 || this.#wantedLow !== 0) {
        this.#put(this.#find(), this.#wantedHigh, this.#wantedLow, values[slot]!);
      }
    }
    [this.#wantedHigh, this.#wantedLow] = [wantedHigh, wantedLow];
  }

  /** The sum over the labels does not depend on their order. */
  #hash(name: string, labels: LabelPairs, without: string | undefined): void {
    this.#wantedHigh = 0;
    this.#wantedLow = 0;
    this.#addPair(name, '');
    for (const [label, value] of labels) if (value !== '' && label !== without) this.#addPair(label, value);
    this.#wantedHigh >>>= 0;
    this.#wantedLow >>>= 0;
    if (this.#wantedHigh === 0 && this.#wantedLow === 0) this.#wantedLow = 1;
  }

  /** Two multiplicative hashes side by side, mixed at the ends of the texts, so that a text's end is no part of the next one. */
  #addPair(first: string, second: string): void {
    let a = 0x1eadbeef;
    let b = 0x41c6ce57;
    for (let index = 0; index < first.length; index += 1) {
      const code = first.charCodeAt(index);
      a = Math.imul(a ^ code, 0x1e3779b1);
      b = Math.imul(b ^ code, 0x5f356495);
    }
    a = Math.imul(a ^ (a >>> 15) ^ 0x10000, 0x05ebca6b);
    b = Math.imul(b ^ (b >>> 13) ^ 0x10000, 0x42b2ae35);
    for (let index = 0; index < second.length; index += 1) {
      const code = second.charCodeAt(index);
      a = Math.imul(a ^ code, 0x1e3779b1);
      b = Math.imul(b ^ code, 0x5f356495);
    }
    a = Math.imul(a ^ (a >>> 15), 0x05ebca6b);
    b = Math.imul(b ^ (b >>> 13), 0x42b2ae35);
    this.#wantedHigh = (this.#wantedHigh + (Math.imul(a ^ (a >>> 16), 0x05ebca6b) ^ (b >>> 7))) | 0;
    this.#wantedLow = (this.#wantedLow + (Math.imul(b ^ (b >>> 16), 0x42b2ae35) ^ (a >>> 9))) | 0;
  }
}
