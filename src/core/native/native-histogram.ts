import type { NativeBuckets } from '../snapshot.ts';
import { bucketIndex, halved, maxSchema, minSchema, upperBound } from './bucket-index.ts';

/** How fine a native histogram is. */
export interface NativeHistogramOptions {
  /** Each bucket is at most this many times as wide as the one below it: above 1, at most 65536; 1.1 by default. */
  readonly factor?: number | undefined;
  /** Buckets of one series; where more would be needed, they become coarser. 160 by default. */
  readonly maxBuckets?: number | undefined;
}

export interface NativeHistogramSettings extends NativeHistogramOptions {
  /** What is observed up to here is counted as zero; by default 2^-128, as in client_golang. */
  readonly zeroThreshold?: number;
  /** The zero bucket may grow up to here before the others become coarser; by default it does not grow. */
  readonly maxZeroThreshold?: number;
}

/** Slots kept free on either side of what has been observed, so that the window grows rarely. */
const margin = 16;

/**
 * One series of a histogram with exponential buckets, of which only those that are not empty cost anything in a scrape.
 *
 * At most `maxBuckets` of them, by the strategy of client_golang less its first step, which resets the whole histogram
 * once an hour has passed. Here the same observations are in classic buckets, and calls are counted by them, so nothing
 * may ever fall. First the zero bucket grows; then neighbours are put together, at the worst down to schema -4,
 * where 72 buckets hold every double above 2^-128. Precision is lost, never a count.
 */
export class NativeHistogram {
  readonly #maxBuckets: number;
  readonly #maxZeroThreshold: number;
  #schema: number;
  #zeroThreshold: number;
  #zeroCount = 0;
  /** Observations per bucket, in a window over the indexes: half the time of a Map. */
  #counts = new Float64Array(0);
  /** The index of the window's first bucket. */
  #first = 0;
  /** Buckets that are not empty. */
  #populated = 0;

  /** The settings must have passed `checkNative`. */
  constructor({
    factor = 1.1,
    maxBuckets = 160,
    zeroThreshold = 2 ** -128,
    maxZeroThreshold = zeroThreshold,
  }: NativeHistogramSettings = {}) {
    this.#schema = schemaOf(factor);
    this.#maxBuckets = maxBuckets;
    this.#zeroThreshold = zeroThreshold;
    this.#maxZeroThreshold = maxZeroThreshold;
  }

  /** Counts `value`, which must be finite and not negative. */
  observe(value: number): void {
    if (value <= this.#zeroThreshold) {
      this.#zeroCount += 1;
      return;
    }
    const index = bucketIndex(value, this.#schema);
    const slot = index - this.#first;
    const counts = this.#counts;
    if (slot >= 0 && slot < counts.length && counts[slot]! > 0) counts[slot]! += 1;
    else this.#open(index); // Slow path: the first observation of a bucket.
  }

  /** A copy, taken in one synchronous step. */
  snapshot(): NativeBuckets {
    const indexes: number[] = [];
    const counts: number[] = [];
    for (const [slot, count] of this.#counts.entries()) {
      if (count === 0) continue;
      indexes.push(this.#first + slot);
      counts.push(count);
    }
    return { schema: this.#schema, zeroThreshold: this.#zeroThreshold, zeroCount: this.#zeroCount, indexes, counts };
  }

  #open(index: number): void {
    this.#cover(index);
    this.#counts[index - this.#first] = 1;
    this.#populated += 1;
    while (this.#populated > this.#maxBuckets) if (!this.#widenZero() && !this.#halve()) return;
  }

  #cover(index: number): void {
    const counts = this.#counts;
    const slot = index - this.#first;
    if (slot >= 0 && slot < counts.length) return;
    const empty = counts.length === 0;
    const first = empty ? index - margin : Math.min(this.#first, index - margin);
    const end = empty ? index + margin : Math.max(this.#first + counts.length, index + margin);
    const grown = new Float64Array(end - first);
    grown.set(counts, empty ? 0 : this.#first - first);
    this.#counts = grown;
    this.#first = first;
  }

  /** Counts the lowest bucket as zero; false where that would count too much as zero. */
  #widenZero(): boolean {
    const lowest = this.#counts.findIndex((count) => count > 0);
    const bound = upperBound(this.#first + lowest, this.#schema);
    if (bound > this.#maxZeroThreshold) return false;
    this.#zeroThreshold = bound;
    this.#zeroCount += this.#counts[lowest]!;
    this.#counts[lowest] = 0;
    this.#populated -= 1;
    return true;
  }

  /** Puts each two buckets together that are one at the next coarser schema; false where there is none. */
  #halve(): boolean {
    if (this.#schema === minSchema) return false;
    const counts = this.#counts;
    const first = halved(this.#first);
    const merged = new Float64Array(halved(this.#first + counts.length) - first + 1);
    this.#populated = 0;
    for (const [slot, count] of counts.entries()) {
      if (count === 0) continue;
      const into = halved(this.#first + slot) - first;
      if (merged[into] === 0) this.#populated += 1;
      merged[into]! += count;
    }
    this.#schema -= 1;
    this.#counts = merged;
    this.#first = first;
    return true;
  }
}

/** The finest of which a bucket is at most `factor` times as wide as the one below; the finest of all where none is. */
function schemaOf(factor: number): number {
  const schema = 0 - Math.floor(Math.log2(Math.log2(factor))); // not -0
  return Math.min(Math.max(schema, minSchema), maxSchema);
}
