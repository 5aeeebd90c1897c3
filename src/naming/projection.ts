import { type HistogramNumbers, mergeInto } from '../core/histogram-sum.ts';
import { mergeNative } from '../core/native/merge.ts';
import type { HistogramSeries, Labels, NumberSeries } from '../core/snapshot.ts';
import type { MethodNumbers } from '../rpc/methods/method-numbers.ts';
import type { Seen } from '../rpc/methods/series.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallStore } from '../rpc/store.ts';

/** What of a series' labels comes from its method, in the spelling of a vocabulary. Every series of a method has them. */
export type LabelsOf = (method: Pick<MethodNumbers, 'path' | 'type' | 'labels' | 'target'>) => Labels;

/** What each method has; `seen` is what the vocabulary sees of targets, which by default is nothing. */
export function* perMethod<Series>(
  store: CallStore,
  read: (method: MethodNumbers) => readonly Series[],
  seen?: Seen,
): Generator<Series, void> {
  for (const method of store.methods(seen)) yield* read(method);
}

/** One counter for each method. */
export function counterSeries(
  store: CallStore,
  labelsOf: LabelsOf,
  read: (method: MethodNumbers) => number,
  seen?: Seen,
): Generator<NumberSeries, void> {
  return perMethod(
    store,
    (method) => [{ labels: labelsOf(method), value: read(method), created: method.created }],
    seen,
  );
}

/** What of a method says how its calls, or their attempts, ended. */
export type Outcomes = Pick<MethodNumbers, 'path' | 'type' | 'labels' | 'target' | 'created' | 'outcome'>;

/** A client's attempts at a method's calls. */
export function attemptsOf(method: MethodNumbers): Outcomes {
  const { path, type, labels, target, created } = method;
  return { path, type, labels, target, created, outcome: (code) => method.attempts(code) };
}

/** Histograms of the store as one. */
export type ReadHistograms = (
  histograms: readonly HistogramNumbers[],
  labels: Labels,
  created: number,
) => HistogramSeries;

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
    const parts = histograms.map((histogram) => histogram.live(labels));
    const native = emptyNative && mergeNative([emptyNative, ...parts.flatMap((part) => part.native ?? [])]);
    return { labels, bounds, ...mergeInto(parts, slots), native, created };
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

/** When a histogram of these statuses was empty: one status has a series from its first call on. */
function createdOf(method: Outcomes, codes: readonly number[]): number {
  const [code] = codes;
  const only = codes.length === 1 && code !== undefined ? method.outcome(code) : undefined;
  return only?.created ?? method.created;
}
