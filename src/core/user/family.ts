import { printable } from '../printable.ts';
import type { LabelValues, SeriesKeys } from './series-keys.ts';

/** The value of every label of the series that counts what does not fit. */
const other = 'other';

/** What a family does about wrong labels, and about more series than it may have. */
export interface FamilyLimits {
  readonly maxSeries: number;
  /** Called for each use of a series that does not fit. */
  readonly folded: () => void;
  /** Called for labels that are not the declared ones. */
  readonly reject: (problem: string) => void;
}

/** All series of one metric: one for each combination of label values that was used. */
export class Family<Name extends string, Child> {
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

  /**
   * The series with these label values, made when it is first asked for. Keep it where it is used often.
   *
   * Never throws, as it runs inside the user's calls. An undeclared label drops the observation: the series that
   * this returns is in no scrape. A missing label is empty. Both are counted as faults, and each metric gets one warning.
   * Beyond the family's limit this returns the one series whose labels are all `other`.
   */
  labels(values: LabelValues<Name>): Child {
    const resolved = this.#resolve(values);
    if (resolved === undefined) return this.#dropped();
    const key = this.#keys.write(resolved);
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size < this.#limits.maxSeries) return this.#add(key);
    // Slow path: values that somebody makes up must not fill the memory.
    this.#limits.folded();
    const others = this.#keys.write(this.#keys.names.map(() => other));
    return this.#children.get(others) ?? this.#add(others);
  }

  /**
   * Removes the series with these label values from scrapes. Returns whether there was one.
   *
   * `labels` with the same values returns a new series. What goes on using the old one is in no scrape.
   */
  remove(values: LabelValues<Name>): boolean {
    const resolved = this.#resolve(values);
    return resolved !== undefined && this.#children.delete(this.#keys.write(resolved));
  }

  /** Removes every series, as `remove` does. */
  clear(): void {
    this.#children.clear();
  }

  /** Every series with its key, which the family's `SeriesKeys` reads. */
  children(): Iterable<readonly [key: string, child: Child]> {
    return this.#children;
  }

  #add(key: string): Child {
    const child = this.#create();
    this.#children.set(key, child);
    return child;
  }

  /** The series of observations that are dropped. */
  #dropped(): Child {
    this.#spare ??= this.#create();
    return this.#spare;
  }

  /** The values in the order of their declaration; undefined where a label is not declared. */
  #resolve(values: LabelValues<Name>): string[] | undefined {
    const given: Partial<Record<string, string | number | null>> = values ?? {};
    const names: readonly string[] = this.#keys.names;
    let own = 0;
    let missing = false;
    const resolved = names.map((name) => {
      const isOwn = Object.hasOwn(given, name); // a label may be called `constructor`
      if (isOwn) own += 1;
      const value = isOwn ? given[name] : undefined;
      missing ||= value === undefined || value === null;
      // As encoders will write it, so that values that UTF-8 cannot tell apart (lone surrogates) are one series.
      return value === undefined || value === null ? '' : printable(value).toWellFormed();
    });
    const isUndeclared = Object.keys(given).length > own;
    if (isUndeclared || missing) this.#reject(given, isUndeclared ? 'dropped' : 'the missing ones are empty');
    return isUndeclared ? undefined : resolved;
  }

  #reject(given: object, consequence: string): void {
    const keys = Object.keys(given).join(', ').slice(0, 200);
    this.#limits.reject(`labels {${keys}} given where {${this.#keys.names.join(', ')}} were declared: ${consequence}`);
  }
}
