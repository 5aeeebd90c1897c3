import type { FamilyHead, HistogramSeries, LiveFamily, NumberSeries } from '../snapshot.ts';
import type { Family } from './family.ts';
import type { GaugeFamilies } from './gauge-reader.ts';
import type { SeriesKeys } from './series-keys.ts';
import type { FamilyWatcher, GaugeMerge, WatchedFamily } from './series-watcher.ts';

/** A metric of the user's, and how scrapes read it. */
export interface Metric extends Pick<WatchedFamily, 'limit'> {
  readonly metric: unknown;
  /** Undefined for a gauge that is read and has no values in `gauges`. */
  readonly collect: (gauges: GaugeFamilies) => LiveFamily | undefined;
  /** Lets a watcher know of its series; undefined for a gauge that is read. */
  readonly watch?: (watcher: FamilyWatcher) => void;
}

export interface Declared extends Metric, FamilyHead {
  /** What two declarations of one name must agree on, as text. */
  readonly shape: string;
  readonly merge: GaugeMerge;
}

/** How the series of one metric are made and read. */
export interface Kind<Child extends object> {
  readonly create: () => Child;
  /** Makes the metric with labels; a plain `Family` by default. */
  readonly family?: (...parts: ConstructorParameters<typeof Family<string, Child>>) => Family<string, Child>;
  readonly read: (
    children: Iterable<readonly [key: string, child: Child]>,
    keys: SeriesKeys<string>,
  ) => Iterable<NumberSeries | HistogramSeries>;
}
