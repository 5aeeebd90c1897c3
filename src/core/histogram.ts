import type { Drop } from './drop.ts';
import { isAmount } from './drop.ts';
import type { HistogramSeries, Labels } from './snapshot.ts';

/** Linear search up to here, where it is as fast as a binary one (`bench/recording.ts`). */
const linearBounds = 16;

/**
 * One series of a histogram with classic buckets.
 *
 * There is no count: it is the sum of the buckets, so the two cannot disagree.
 */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Observations per bucket, the last for +Inf. */
  readonly #buckets: Float64Array;
  #sum = 0;
  readonly #drop: Drop;

  /** `bounds` must have passed `checkBuckets`. */
  constructor(bounds: readonly number[], drop: Drop) {
    this.#bounds = bounds;
    this.#buckets = new Float64Array(bounds.length + 1);
    this.#drop = drop;
  }

  /** Counts `value`. Negative and non-finite ones are dropped and counted: either would spoil the sum for good. */
  observe(value: number): void {
    if (!isAmount(value)) {
      this.#drop(value);
      return;
    }
    const bucket = this.#bounds.length <= linearBounds ? this.#linear(value) : this.#binary(value);
    this.#buckets[bucket]! += 1;
    this.#sum += value;
  }

  get count(): number {
    let count = 0;
    for (const observations of this.#buckets) count += observations;
    return count;
  }

  /** A copy, taken in one synchronous step. */
  snapshot(labels: Labels): HistogramSeries {
    return { labels, bounds: this.#bounds, buckets: this.#buckets.slice(), sum: this.#sum };
  }

  #linear(value: number): number {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index += 1;
    return index;
  }

  #binary(value: number): number {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value > this.#bounds[middle]!) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
