import type { LabelValues, SeriesKeys } from './series-keys.ts';
import type { SeriesWatcher } from './series-watcher.ts';

/** What a family does about wrong labels, and about more series than it may have. */
export interface FamilyLimits {
  readonly maxSeries: number;
  /** Called for each use of a series that does not fit. */
  readonly folded: () => void;
  /** Called for labels that are not the declared ones. */
  readonly reject: (problem: string) => void;
  /** Is told of the series that come and go; nobody by default. */
  watcher?: SeriesWatcher | undefined;
}

/** A metric with labels: one series for each combination of label values that was used. */
export interface LabeledMetric<Name extends string, Series> {
  /**
   * The series with these label values, made when it is first asked for. Keep it where it is used often.
   *
   * Never throws, as it runs inside the user's calls. An undeclared label drops the observation: the series that
   * this returns is in no scrape. A missing label is empty. Both are counted as faults, and each metric gets one warning.
   * Beyond the metric's limit this returns the one series whose labels are all `other`.
   */
  labels(values: LabelValues<Name>): Series;
  /**
   * Removes the series with these label values from scrapes. Returns whether there was one.
   *
   * `labels` with the same values returns a new series. What goes on using the old one is in no scrape.
   */
  remove(values: LabelValues<Name>): boolean;
  /** Removes every series, as `remove` does. */
  clear(): void;
}

/** A metric with labels as the registry keeps it. */
export class Family<Name extends string, Child extends object> implements LabeledMetric<Name, Child> {
  readonly #keys: SeriesKeys<Name>;
  readonly #create: () => Child;
  readonly #limits: FamilyLimits;
  readonly #children = new Map<string, Child>();
  #spare: Child | undefined;

  constructor(keys: SeriesKeys<Name>, create: () => Child, limits: FamilyLimits) {
    this.#keys = keys;
    this.#create = create;
    this.#limits = limits;
  }

  labels(values: LabelValues<Name>): Child {
    const key = this.#keys.keyOf(values, this.#limits.reject);
    if (key === undefined) return this.#dropped();
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size < this.#limits.maxSeries) return this.#add(key);
    // Slow path: values that somebody makes up must not fill the memory.
    this.#limits.folded();
    return this.#children.get(this.#keys.others) ?? this.#add(this.#keys.others);
  }

  remove(values: LabelValues<Name>): boolean {
    const key = this.#keys.keyOf(values, this.#limits.reject);
    const child = key === undefined ? undefined : this.#children.get(key);
    if (key === undefined || child === undefined) return false;
    this.#limits.watcher?.removed(child);
    return this.#children.delete(key);
  }

  clear(): void {
    for (const child of this.#children.values()) this.#limits.watcher?.removed(child);
    this.#children.clear();
  }

  /** Every series with its key, which the family's `SeriesKeys` reads. */
  children(): Iterable<readonly [key: string, child: Child]> {
    return this.#children;
  }

  #add(key: string): Child {
    const child = this.#create();
    this.#children.set(key, child);
    this.#limits.watcher?.added(key, child);
    return child;
  }

  /** The series of observations that are dropped. */
  #dropped(): Child {
    this.#spare ??= this.#create();
    return this.#spare;
  }
}
