import type { HistogramSeries, NumberSeries } from '../snapshot.ts';

/** How the values of a gauge in several processes become one: added, the largest, the smallest, or each with the label `worker`. */
export type GaugeMerge = 'sum' | 'max' | 'min' | 'each';

export const gaugeMerges: readonly GaugeMerge[] = ['sum', 'max', 'min', 'each'];

/** Is told of each series of one metric of the user's. */
export interface SeriesWatcher {
  added(key: string, series: object): void;
  changed(series: object): void;
  removed(series: object): void;
}

/** How many series a metric with labels may have. */
export interface FamilyLimit {
  readonly maxSeries: number;
  /** The key of the series that has those for which there is no room. */
  readonly others: string;
}

/** A metric of the user's, for whoever writes it down at other times than scrapes do. */
export interface WatchedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly merge: GaugeMerge;
  /** Undefined for a metric with one series. */
  readonly limit: FamilyLimit | undefined;
  /** Reads series, each with its key. What it yields is to be used before the next one. */
  readonly read: (series: Iterable<readonly [key: string, series: object]>) => Iterable<NumberSeries | HistogramSeries>;
}

/** Is told of each metric that the user declares. */
export interface FamilyWatcher {
  declared(family: WatchedFamily): SeriesWatcher;
}
