import type { Histogram } from './histogram.ts';
import { mergeNative } from './native/merge.ts';
import type { Exemplar, HistogramSeries, Labels } from './snapshot.ts';

/** What of a histogram is read. */
export type HistogramNumbers = Pick<Histogram, 'count' | 'live'>;

/**
 * Several histograms, of which there is at least one, read as one. It has the bounds of all: processes of two versions can have
 * different ones.
 */
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
    const common = { labels, key, native: native && mergeNative([native, ...natives]) };
    if (parts.every((part) => part.bounds === bounds)) {
      return { ...common, bounds, ...mergeInto(parts, Array.from(parts[0]!.buckets.keys())) };
    }
    const all = joinBounds(parts.map((part) => part.bounds));
    return { ...common, bounds: all, ...mergeWithin(parts, all) };
  }
}

/** Every bound of these lists, increasing. */
export function joinBounds(lists: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(lists.flat())].sort((left, right) => left - right);
}

/**
 * The observations of histograms whose bounds differ, within these bounds.
 *
 * A bucket goes to the first bound that is not below its own upper bound. So the count at a bound that a histogram does not have is its count at the next lower
 * one: no count ever falls when bounds join, and at shared bounds it is exact.
 */
export function mergeWithin(
  parts: readonly HistogramSeries[],
  bounds: readonly number[],
): Pick<HistogramSeries, 'buckets' | 'sum' | 'exemplars'> {
  const within = parts.map((part) => {
    const covers = part.bounds.map((upper) => bounds.findIndex((bound) => upper <= bound));
    const slots = [...covers, -1].map((slot) => (slot === -1 ? bounds.length : slot));
    return { labels: part.labels, bounds, ...mergeInto([part], slots) };
  });
  return mergeInto(
    within,
    Array.from({ length: bounds.length + 1 }, (_, slot) => slot),
  );
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
