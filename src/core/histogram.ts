import type { Drop } from './drop.ts';
import { isAmount } from './drop.ts';
import type { NativeHistogram } from './native/native-histogram.ts';
import type { Exemplar, HistogramSeries, Labels } from './snapshot.ts';

/** Linear search up to here, where it is as fast as a binary one (`bench/recording.ts`). */
const linearBounds = 16;

export interface HistogramExtras {
  /** Gets every observation too. Takes none below 0, so that bounds below 0 have none. */
  readonly native?: NativeHistogram | undefined;
}

/**
 * One series of a histogram with classic buckets, and native ones beside them where they are wanted.
 *
 * There is no count: it is the sum of the buckets, so the two cannot disagree. There is no private method either: one costs each
 * series 8 bytes (`bench/memory.ts`).
 */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Observations per bucket, the last for +Inf. */
  readonly #buckets: number[];
  #sum = 0;
  readonly #drop: Drop;
  readonly #native: NativeHistogram | undefined;
  /** By bucket; undefined until the first. */
  #exemplars: (Exemplar | undefined)[] | undefined;

  /** `bounds` must have passed `checkBuckets`. */
  constructor(bounds: readonly number[], drop: Drop, { native }: HistogramExtras = {}) {
    this.#bounds = bounds;
    this.#buckets = Array.from({ length: bounds.length + 1 }, () => 0); // half the size of a typed array
    this.#drop = drop;
    this.#native = native;
  }

  /** Counts `value`. What the histogram does not accept is dropped and counted. */
  observe(value: number): void {
    if (!isAmount(value) && !this.accepts(value)) {
      this.#drop(value);
      return;
    }
    const bounds = this.#bounds;
    let index = 0;
    if (bounds.length > linearBounds) index = binarySearch(bounds, value);
    else while (index < bounds.length && value > bounds[index]!) index += 1;
    this.#buckets[index]! += 1;
    this.#sum += value;
    if (this.#native !== undefined) this.#native.observe(value);
  }

  /**
   * Whether `value` can be counted. One that is not finite would spoil the sum for good. A negative one can be counted where a bound
   * is below 0: elsewhere it is a mistake, such as a difference of two wall clocks, and lets the sum go down.
   */
  accepts(value: unknown): value is number {
    if (isAmount(value)) return true;
    return typeof value === 'number' && value < 0 && value >= -Number.MAX_VALUE && hasNegativeBound(this.#bounds);
  }

  /** Puts an exemplar of what was observed beside its bucket, in place of the one that was there. Counts nothing. */
  exemplify(exemplar: Exemplar): void {
    this.#exemplars ??= this.#buckets.map(() => undefined);
    this.#exemplars[binarySearch(this.#bounds, exemplar.value)] = exemplar;
  }

  /** Adds observations that were counted elsewhere, in buckets of the same bounds. */
  add(buckets: readonly number[], sum: number): void {
    for (let index = 0; index < this.#buckets.length; index += 1) this.#buckets[index]! += buckets[index] ?? 0;
    this.#sum += sum;
  }

  get count(): number {
    let count = 0;
    for (const observations of this.#buckets) count += observations;
    return count;
  }

  /**
   * What was observed up to now; `buckets` and `exemplars` are the histogram's own, which go on changing.
   * Taken in one synchronous step: the count of the native buckets is that of the classic ones.
   */
  live(labels: Labels, key?: string): HistogramSeries {
    const native = this.#native === undefined ? undefined : this.#native.snapshot();
    return {
      labels,
      key,
      bounds: this.#bounds,
      buckets: this.#buckets,
      sum: this.#sum,
      native,
      exemplars: this.#exemplars,
    };
  }
}

/** Whether observations below 0 have a bucket of their own. */
export function hasNegativeBound(bounds: readonly number[]): boolean {
  return bounds.length > 0 && bounds[0]! < 0;
}

/** The index of the bucket that counts `value`. */
function binarySearch(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value > bounds[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}
