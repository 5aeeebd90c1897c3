import type { HistogramNumbers } from '../core/histogram-sum.ts';
import type { HistogramSeries, Labels } from '../core/snapshot.ts';
import { identicalArrays } from './bounds.ts';
import type { PartSum } from './part-sum.ts';

/**
 * A histogram of all processes. `usual` are bounds that a reader knows by their identity, if they are the same.
 *
 * Like those of a histogram of one process, its `buckets` are one array, which is filled again when they are read again.
 */
export class HistogramView implements HistogramNumbers {
  readonly #part: PartSum;
  readonly #usual: readonly number[];
  #bounds: readonly number[] | undefined;
  #shown: readonly number[] = [];
  readonly #buckets: number[] = [];

  constructor(part: PartSum, usual: readonly number[] = []) {
    this.#part = part;
    this.#usual = usual;
  }

  get count(): number {
    let count = 0;
    for (let index = 0; index < this.#part.width - 1; index += 1) count += this.#part.at(index);
    return count;
  }

  get bounds(): readonly number[] {
    const { bounds = [] } = this.#part;
    if (bounds !== this.#bounds) {
      this.#bounds = bounds;
      this.#shown = identicalArrays(bounds, this.#usual) ? this.#usual : bounds;
    }
    return this.#shown;
  }

  get buckets(): readonly number[] {
    const { high, low } = this.#part.pairs;
    const { from, width } = this.#part;
    this.#buckets.length = width - 1;
    for (let index = 0; index < width - 1; index += 1) this.#buckets[index] = high[from + index]! + low[from + index]!;
    return this.#buckets;
  }

  get sum(): number {
    return this.#part.at(this.#part.width - 1);
  }

  live(labels: Labels, key?: string): HistogramSeries {
    const { native, exemplars, created } = this.#part;
    const { bounds, buckets, sum } = this;
    return { labels, key, bounds, buckets, sum, native, exemplars, created };
  }
}
