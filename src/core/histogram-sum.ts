import type { Histogram } from './histogram.ts';
import { mergeNative } from './native/merge.ts';
import type { Exemplar, HistogramSeries, Labels } from './snapshot.ts';

/** What of a histogram is read. */
export type HistogramNumbers = Pick<Histogram, 'count' | 'live'>;

/** Several histograms with the same bounds, of which there is at least one, read as one. */
export class HistogramSum implements HistogramNumbers {
  readonly #parts: readonly HistogramNumbers[];

  constructor(parts: readonly HistogramNumbers[]) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#parts.reduce((count, part) => count + part.count, 0);
  }

  live(labels: Labels, key?: string): HistogramSeries {
    const parts = this.#parts.map((part) => part.live(labels, key));
    const { bounds } = parts[0]!;
    const [native, ...natives] = parts.flatMap((part) => part.native ?? []);
    const merged = mergeInto(parts, Array.from(parts[0]!.buckets.keys()));
    return { labels, key, bounds, ...merged, native: native && mergeNative([native, ...natives]) };
  }
}

/** The observations of all parts; `slots` has, for each bucket of theirs, the one that it goes into. */
export function mergeInto(
  parts: readonly HistogramSeries[],
  slots: readonly number[],
): Pick<HistogramSeries, 'buckets' | 'sum' | 'exemplars'> {
  const buckets = Array.from({ length: slots.at(-1)! + 1 }, () => 0); // that for +Inf is the last
  let exemplars: (Exemplar | undefined)[] | undefined;
  let sum = 0;
  for (const part of parts) {
    for (let index = 0; index < slots.length; index += 1) buckets[slots[index]!]! += part.buckets[index]!;
    sum += part.sum;
    if (part.exemplars === undefined) continue;
    exemplars ??= buckets.map(() => undefined);
    for (const [index, exemplar] of part.exemplars.entries()) {
      const slot = slots[index]!;
      exemplars[slot] = later(exemplars[slot], exemplar);
    }
  }
  return { buckets, sum, exemplars };
}

/** Of two exemplars the later one; of two at the same time the one that was there. */
export function later(some: Exemplar | undefined, other: Exemplar | undefined): Exemplar | undefined {
  if (some === undefined || other === undefined) return some ?? other;
  return some.timestamp >= other.timestamp ? some : other;
}
