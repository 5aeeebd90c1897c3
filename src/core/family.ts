import { escapeQuoted } from './labels.ts';
import { printable } from './printable.ts';
import type { Labels } from './snapshot.ts';

/** What a user gives for a label. Numbers are written as JavaScript writes them; null and undefined are empty. */
export type LabelValues<Name extends string> = Readonly<Record<Name, string | number>>;

export interface LabeledSeries<Child> {
  readonly labels: Labels;
  /** `labelsKey` of the labels. */
  readonly key: string;
  readonly child: Child;
}

/** The value of every label of what does not fit. */
const other = 'other';

/** How many series a family may have, and who is told of what does not fit. */
export interface FamilyLimit {
  readonly maxSeries: number;
  readonly folded: () => void;
}

const noLimit: FamilyLimit = { maxSeries: Infinity, folded: () => {} };

/** All series of one metric, one for each combination of label values that was asked for. */
export class Family<Name extends string, Child> {
  readonly #labelNames: readonly Name[];
  /** What stands before each value in a key: `a="`, then `",b="`. */
  readonly #beforeValue: readonly string[];
  readonly #create: () => Child;
  readonly #reject: (problem: string) => void;
  readonly #limit: FamilyLimit;
  readonly #series = new Map<string, LabeledSeries<Child>>();

  constructor(
    labelNames: readonly Name[],
    create: () => Child,
    reject: (problem: string) => void,
    limit: FamilyLimit = noLimit,
  ) {
    this.#labelNames = labelNames;
    this.#beforeValue = labelNames.map((name, index) => `${index === 0 ? '' : '",'}${name}="`);
    this.#create = create;
    this.#reject = reject;
    this.#limit = limit;
  }

  /**
   * The series with these label values, made when it is first asked for. Keep it where it is used often.
   *
   * A missing label is empty, an unknown one is left out; either is counted as a fault, and nothing throws:
   * this runs inside the user's calls. Beyond the family's limit it is the one series whose labels are all `other`.
   */
  labels(values: LabelValues<Name>): Child {
    const resolved = this.#resolve(values);
    const key = this.#key(resolved);
    const known = this.#series.get(key);
    if (known !== undefined) return known.child;
    if (this.#series.size < this.#limit.maxSeries) return this.#add(resolved, key);
    // Slow path: values that somebody makes up must not fill the memory.
    this.#limit.folded();
    const others = this.#labelNames.map(() => other);
    const othersKey = this.#key(others);
    return this.#series.get(othersKey)?.child ?? this.#add(others, othersKey);
  }

  /** Forgets the series with these label values; says whether there was one. */
  remove(values: LabelValues<Name>): boolean {
    return this.#series.delete(this.#key(this.#resolve(values)));
  }

  series(): Iterable<LabeledSeries<Child>> {
    return this.#series.values();
  }

  #add(values: readonly string[], key: string): Child {
    const labels = Object.fromEntries(this.#labelNames.map((name, index) => [name, values[index]!]));
    const child = this.#create();
    this.#series.set(key, { labels: Object.freeze(labels), key: flat(key), child });
    return child;
  }

  #resolve(values: LabelValues<Name>): string[] {
    const given: Partial<Record<string, string | number | null>> = values ?? {};
    const names: readonly string[] = this.#labelNames;
    let found = 0;
    const resolved = names.map((name) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined; // a label may be called `constructor`
      if (value === undefined || value === null) return '';
      found += 1;
      // As it will be encoded: two values that UTF-8 cannot tell apart (lone surrogates) are one series.
      return printable(value).toWellFormed();
    });
    if (found < names.length || Object.keys(given).length > found) {
      this.#reject(`labels {${Object.keys(given).join(', ')}} given where {${names.join(', ')}} were declared`);
    }
    return resolved;
  }

  /** `labelsKey` of the labels with these values. */
  #key(values: readonly string[]): string {
    if (values.length === 0) return '';
    let key = '';
    for (const [index, value] of values.entries()) key += this.#beforeValue[index]! + escapeQuoted(value);
    return `${key}"`;
  }
}

/**
 * The same text in one piece: V8 keeps what was put together as a tree of its parts, several times as large, until something
 * reads all of it, as a regular expression does (`bench/memory.ts`).
 */
function flat(text: string): string {
  lineEnd.test(text);
  return text;
}

const lineEnd = /\n/;
