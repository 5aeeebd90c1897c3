import { type HistogramNumbers, joinBounds, mergeInto, mergeWithin } from '../core/histogram-sum.ts';
import { mergeNative } from '../core/native/merge.ts';
import type { Collector } from '../core/registry.ts';
import type { HistogramSeries, Labels, LiveFamily, NativeBuckets, NumberSeries } from '../core/snapshot.ts';
import type { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { MethodNumbers } from '../rpc/methods/method-numbers.ts';
import type { Seen } from '../rpc/methods/series.ts';
import { statusNames } from '../rpc/status.ts';
import type { CallNumbers } from '../rpc/store-numbers.ts';

/** A family of a vocabulary, and the function that reads its series from the store at each scrape. */
export interface ProjectedFamily extends Omit<LiveFamily, 'series'> {
  readonly read: () => LiveFamily['series'];
}

export function collectorOf(families: readonly ProjectedFamily[]): Collector {
  return {
    families: families.map(({ name, type }) => ({ name, type })),
    collect: () => families.map(({ read, ...head }) => ({ ...head, series: read() })),
  };
}

/** Returns the labels that a vocabulary makes of a method. Every series of the method has them. */
export type LabelsOf = (method: Pick<MethodNumbers, 'path' | 'type' | 'labels' | 'target'>) => Labels;

/** The series that `read` makes of each method. `seen` returns what the vocabulary shows of a target: nothing by default. */
export function* perMethod<Series>(
  store: CallNumbers,
  read: (method: MethodNumbers) => readonly Series[],
  seen?: Seen,
): Generator<Series, void> {
  for (const method of store.methods(seen)) yield* read(method);
}

/** One counter for each method. */
export function counterSeries(
  store: CallNumbers,
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

/** The part of a method's numbers that says how its calls, or their attempts, ended. */
export type Outcomes = Pick<MethodNumbers, 'path' | 'type' | 'labels' | 'target' | 'created' | 'outcome'>;

/** A client's attempts at a method's calls. */
export function attemptsOf(method: MethodNumbers): Outcomes {
  const { path, type, labels, target, created } = method;
  return { path, type, labels, target, created, outcome: (code) => method.attempts(code) };
}

/** Merges histograms of a method into one series. */
export type ReadHistograms = (
  path: string,
  histograms: readonly HistogramNumbers[],
  labels: Labels,
  created: number,
) => HistogramSeries;

/** Merges the durations of a method's calls, of all statuses or of some, into one series. */
export type ReadDurations = (method: Outcomes, labels: Labels, codes?: readonly number[]) => HistogramSeries;

const allCodes: readonly number[] = Array.from(statusNames.keys());

/**
 * Returns a function that merges histograms of a method into one with these bounds. Each bound is one that the store
 * records for the method.
 *
 * The result is exact: each bucket is the sum of the store's buckets that it covers. Processes of another version may record bounds that
 * this one does not know: those join.
 */
export function histogramsWithin(store: CallNumbers, bounds: MethodBounds): ReadHistograms {
  const coverings: Covering[] = [];
  return (path, histograms, labels, created) => {
    const recorded = store.bounds.of(path);
    const parts = histograms.map((histogram) => histogram.live(labels));
    const native = mergeNatives(store, parts);
    if (parts.every((part) => part.bounds === recorded)) {
      const covering = findCovering(coverings, recorded, bounds.of(path));
      return { labels, bounds: covering.bounds, ...mergeInto(parts, covering.slots), native, created };
    }
    const foreign = parts.flatMap((part) => part.bounds.filter((bound) => !recorded.includes(bound)));
    const all = joinBounds([bounds.of(path), foreign]);
    return { labels, bounds: all, ...mergeWithin(parts, all), native, created };
  };
}

/** Undefined where there are no native buckets, and where a part with observations has none: the counts would not agree. */
function mergeNatives({ emptyNative }: CallNumbers, parts: readonly HistogramSeries[]): NativeBuckets | undefined {
  if (emptyNative === undefined) return undefined;
  const natives = parts.flatMap((part) => part.native ?? []);
  const isWhole = natives.length === parts.length || parts.every(({ native, buckets }) => native ?? isEmpty(buckets));
  return isWhole ? mergeNative([emptyNative, ...natives]) : undefined;
}

function isEmpty(buckets: readonly number[]): boolean {
  return buckets.every((count) => count === 0);
}

/** How the buckets of recorded bounds go into those of others. */
interface Covering {
  readonly recorded: readonly number[];
  readonly bounds: readonly number[];
  /** By recorded bucket, the index of the bucket that covers it. */
  readonly slots: readonly number[];
}

/** There are as many as there are different bounds: a few. */
function findCovering(known: Covering[], recorded: readonly number[], bounds: readonly number[]): Covering {
  let covering = known.find((one) => one.recorded === recorded && one.bounds === bounds);
  if (covering === undefined) {
    const covers = recorded.map((upper) => bounds.findIndex((bound) => upper <= bound));
    covering = { recorded, bounds, slots: [...covers, -1].map((slot) => (slot === -1 ? bounds.length : slot)) };
    known.push(covering);
  }
  return covering;
}

/** The same for the durations of a method's calls. */
export function durationsWithin(store: CallNumbers, bounds: MethodBounds): ReadDurations {
  const read = histogramsWithin(store, bounds);
  return (method, labels, codes = allCodes) => {
    const histograms = codes.flatMap((code) => method.outcome(code)?.durations ?? []);
    return read(method.path, histograms, labels, createdOf(method, codes));
  };
}

/** One series for each status that a method's calls have ended with. `labelsOf` returns the labels of a status. */
export function durationsByStatus(
  method: Outcomes,
  read: ReadDurations,
  labelsOf: (code: number) => Labels,
): HistogramSeries[] {
  return allCodes
    .filter((code) => method.outcome(code) !== undefined)
    .map((code) => read(method, labelsOf(code), [code]));
}

/** When the series of these statuses began, in seconds since 1970: a single status has a series from its first call on. */
function createdOf(method: Outcomes, codes: readonly number[]): number {
  const [code] = codes;
  const only = codes.length === 1 && code !== undefined ? method.outcome(code) : undefined;
  return only?.created ?? method.created;
}
