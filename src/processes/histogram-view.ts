import type { HistogramNumbers } from '../core/histogram-sum.ts';
import type { HistogramSeries, Labels } from '../core/snapshot.ts';
import { identicalArrays } from './bounds.ts';
import type { PartSum } from './sums.ts';

/** A histogram of all processes. `usual` are bounds that a reader knows by their identity, if they are the same. */
export class HistogramView implements HistogramNumbers {
  readonly #part: PartSum;
  readonly #usual: readonly number[];

  constructor(part: PartSum, usual: readonly number[] = []) {
    this.#part = part;
    this.#usual = usual;
  }

  get count(): number {
    return this.#buckets().reduce((count, bucket) => count + bucket, 0);
  }

  live(labels: Labels, key?: string): HistogramSeries {
    const { native, exemplars, created } = this.#part;
    const sum = this.#part.at(this.#part.values.length - 1);
    return { labels, key, bounds: this.#bounds, buckets: this.#buckets(), sum, native, exemplars, created };
  }

  get #bounds(): readonly number[] {
    const { bounds = [] } = this.#part;
    return identicalArrays(bounds, this.#usual) ? this.#usual : bounds;
  }

  #buckets(): number[] {
    const { values, low } = this.#part;
    const buckets: number[] = [];
    for (let index = 0; index < values.length - 1; index += 1) buckets.push(values[index]! + low[index]!);
    return buckets;
  }
}
