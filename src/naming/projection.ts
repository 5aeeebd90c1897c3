import type { Histogram } from '../core/histogram.ts';
import { mergeNative } from '../core/native-histogram-merge.ts';
import type { HistogramSeries, Labels, NativeBuckets, NumberSeries } from '../core/snapshot.ts';
import type { Method } from '../rpc/method.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';

/** What of a series' labels comes from its method, in the spelling of a vocabulary. Every series of a method has them. */
export type LabelsOf = (method: Pick<Method, 'path' | 'type' | 'labels'>) => Labels;

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

/** What of a method says how its calls, or their attempts, ended. */
export type Outcomes = Pick<Method, 'path' | 'type' | 'labels' | 'created' | 'outcome'>;

/** A client's attempts at a method's calls. */
export function attemptsOf(method: Method): Outcomes {
  const { path, type, labels, created } = method;
  return { path, type, labels, created, outcome: (code) => method.attempts(code) };
}

/** Histograms of the store as one. */
export type ReadHistograms = (histograms: Iterable<Histogram>, labels: Labels, created: number) => HistogramSeries;

/** Durations of a method's calls, of all statuses or of these. */
export type ReadDurations = (method: Outcomes, labels: Labels, codes?: readonly number[]) => HistogramSeries;

const allCodes: readonly number[] = Array.from(statusNames.keys());

/**
 * Reads histograms of the store as one with these bounds, each of which is one of the store's.
 * Exact: each bucket is the sum of those of the store that it covers.
 */
export function histogramsWithin(
  { bounds: recorded, emptyNative }: CallStore,
  bounds: readonly number[],
): ReadHistograms {
  const covering = recorded.map((upper) => bounds.findIndex((bound) => upper <= bound));
  /** By bucket of the store, the index of the one that covers it. */
  const slots = [...covering, -1].map((slot) => (slot === -1 ? bounds.length : slot));

  return (histograms, labels, created) => {
    const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
    const natives: NativeBuckets[] = [];
    let exemplars: Exemplars | undefined;
    let sum = 0;
    for (const histogram of histograms) {
      const part = histogram.live(labels);
      for (let index = 0; index < slots.length; index += 1) buckets[slots[index]!]! += part.buckets[index]!;
      sum += part.sum;
      if (part.native !== undefined) natives.push(part.native);
      if (part.exemplars === undefined) continue;
      exemplars ??= buckets.map(() => undefined);
      for (const [index, exemplar] of part.exemplars.entries()) {
        const slot = slots[index]!;
        exemplars[slot] = later(exemplars[slot], exemplar);
      }
    }
    const native = emptyNative && mergeNative([emptyNative, ...natives]);
    return { labels, bounds, buckets, sum, native, created, exemplars };
  };
}

/** The same for the durations of a method's calls. */
export function durationsWithin(store: CallStore, bounds: readonly number[]): ReadDurations {
  const read = histogramsWithin(store, bounds);
  return (method, labels, codes = allCodes) => {
    const histograms = codes.flatMap((code) => method.outcome(code)?.durations ?? []);
    return read(histograms, labels, createdOf(method, codes));
  };
}

/** One histogram for each status that a method's calls have ended with; `labelsOf` gives the status's labels. */
export function durationsByStatus(
  method: Outcomes,
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
function createdOf(method: Outcomes, codes: readonly number[]): number {
  const [code] = codes;
  const only = codes.length === 1 && code !== undefined ? method.outcome(code) : undefined;
  return only?.created ?? method.created;
}
