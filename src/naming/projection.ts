import { mergeNative } from '../core/native-histogram-merge.ts';
import type { HistogramSeries, Labels, NativeBuckets, NumberSeries } from '../core/snapshot.ts';
import type { Method } from '../rpc/method.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';

/** What of a series' labels comes from its method, in the spelling of a vocabulary. Every series of a method has them. */
export type LabelsOf = (method: Method) => Labels;

export function* perMethod<Series>(
  store: CallStore,
  read: (method: Method) => readonly Series[],
): Generator<Series, void> {
  for (const method of store.methods()) yield* read(method);
}

/** One counter for each method. */
export function counterSeries(
  store: CallStore,
  labelsOf: LabelsOf,
  read: (method: Method) => number,
): Generator<NumberSeries, void> {
  return perMethod(store, (method) => [{ labels: labelsOf(method), value: read(method), created: method.created }]);
}

/** Durations of a method's calls, of all statuses or of these. */
export type ReadDurations = (method: Method, labels: Labels, codes?: readonly number[]) => HistogramSeries;

const allCodes: readonly number[] = Array.from(statusNames.keys());

/**
 * Reads the store's durations as a histogram with these bounds, each of which is one of the store's.
 * Exact: each bucket is the sum of those of the store that it covers.
 */
export function durationsWithin(
  { bounds: recorded, emptyNative }: CallStore,
  bounds: readonly number[],
): ReadDurations {
  const covering = recorded.map((upper) => bounds.findIndex((bound) => upper <= bound));
  /** By bucket of the store, the index of the one that covers it. */
  const slots = [...covering, -1].map((slot) => (slot === -1 ? bounds.length : slot));

  return (method, labels, codes = allCodes) => {
    const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
    const natives: NativeBuckets[] = [];
    let exemplars: Exemplars | undefined;
    let sum = 0;
    for (const code of codes) {
      const durations = method.outcome(code)?.durations.live(labels);
      if (durations === undefined) continue;
      for (let index = 0; index < slots.length; index += 1) buckets[slots[index]!]! += durations.buckets[index]!;
      sum += durations.sum;
      if (durations.native !== undefined) natives.push(durations.native);
      if (durations.exemplars === undefined) continue;
      exemplars ??= buckets.map(() => undefined);
      for (const [index, exemplar] of durations.exemplars.entries()) {
        const slot = slots[index]!;
        exemplars[slot] = later(exemplars[slot], exemplar);
      }
    }
    const native = emptyNative && mergeNative([emptyNative, ...natives]);
    return { labels, bounds, buckets, sum, native, created: createdOf(method, codes), exemplars };
  };
}

/** One histogram for each status that a method's calls have ended with; `nameOf` gives the status's labels. */
export function durationsByStatus(
  method: Method,
  read: ReadDurations,
  labelsOf: (code: number) => Labels,
): HistogramSeries[] {
  return allCodes
    .filter((code) => method.outcome(code) !== undefined)
    .map((code) => read(method, labelsOf(code), [code]));
}

type Exemplars = Exclude<HistogramSeries['exemplars'], undefined>[number][];

/** Of two exemplars of a bucket the later one; of two at the same time the one that was there. */
function later<Of extends Exemplars[number]>(some: Of, other: Of): Of {
  if (some === undefined || other === undefined) return some ?? other;
  return some.timestamp >= other.timestamp ? some : other;
}

/** When a histogram of these statuses was empty: one status has a series from its first call on. */
function createdOf(method: Method, codes: readonly number[]): number {
  const [code] = codes;
  const only = codes.length === 1 && code !== undefined ? method.outcome(code) : undefined;
  return only?.created ?? method.created;
}
