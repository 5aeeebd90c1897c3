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

  constructor(keys: SeriesKeys<Name>, create: () => Child, limits: FamilyLimits) {
    this.#keys = keys;
    this.#create = create;
    this.#limits = limits;
  }

  /**
   * The series with these label values, made when it is first asked for. Keep it where it is used often.
   *
   * A missing label is empty, an unknown one is left out; either is counted as a fault, and nothing throws:
   * this runs inside the user's calls. Beyond the family's limit it is the one series whose labels are all `other`.
   */
  labels(values: LabelValues<Name>): Child {
    const key = this.#keys.write(this.#resolve(values));
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size < this.#limits.maxSeries) return this.#add(key);
    // Slow path: values that somebody makes up must not fill the memory.
    this.#limits.folded();
    const others = this.#keys.write(this.#keys.names.map(() => other));
    return this.#children.get(others) ?? this.#add(others);
  }

  /** Removes the series with these label values. Returns whether there was one. */
  remove(values: LabelValues<Name>): boolean {
    return this.#children.delete(this.#keys.write(this.#resolve(values)));
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

  #resolve(values: LabelValues<Name>): string[] {
    const given: Partial<Record<string, string | number | null>> = values ?? {};
    const names: readonly string[] = this.#keys.names;
    let found = 0;
    const resolved = names.map((name) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined; // a label may be called `constructor`
      if (value === undefined || value === null) return '';
      found += 1;
      // As encoders will write it, so that values that UTF-8 cannot tell apart (lone surrogates) are one series.
      return printable(value).toWellFormed();
    });
    if (found < names.length || Object.keys(given).length > found) {
      this.#limits.reject(`labels {${Object.keys(given).join(', ')}} given where {${names.join(', ')}} were declared`);
    }
    return resolved;
  }
}
