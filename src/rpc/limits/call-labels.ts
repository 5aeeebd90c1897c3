import { MetricsError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Labels } from '../../core/snapshot.ts';
import type { CallStart } from '../call-start.ts';
import type { Faults } from '../faults.ts';

/** A label of the user's on the metrics of calls, from what is known of a call when it begins. */
export interface CallLabel {
  /**
   * Null and undefined are empty, what is no text is printed. What it throws is counted, and the label is empty.
   * Called once for each call, while it waits, and with `attempts` once for each attempt: not the place for work.
   */
  readonly from: (call: CallStart) => unknown;
  /** Distinct values, the first ones that come; further ones are `other`. 50 by default. */
  readonly maxValues?: number | undefined;
}

/** By name: the same value for all calls, or one that is read from each. */
export type CallLabelsSpec = Readonly<Record<string, string | CallLabel>>;

/** The user's labels with their values, and the key of these values. */
export interface LabelCombination {
  readonly key: string;
  readonly labels: Labels;
}

const defaultMaxValues = 50;

/** Longest value, in UTF-16 units; a longer one is `other`. No name that people give is longer; tokens are. */
const maxLength = 128;

const other = 'other';

/** The user's labels of all calls, with the values that they have had. Their names must have been checked. */
export class CallLabels {
  /** Of a call of which nothing is known: all but the constant ones are empty. */
  readonly none: LabelCombination;
  /** Of a call that is beyond a limit: all but the constant ones are `other`. */
  readonly others: LabelCombination;
  readonly #all: Labels;
  readonly #variable: readonly VariableLabel[];

  /** Throws `invalid_label` for what is neither a text nor a `CallLabel`. */
  constructor(spec: CallLabelsSpec, faults: Faults) {
    const entries = Object.entries(spec);
    this.#variable = entries.flatMap(([name, label]) =>
      typeof label === 'string' ? [] : [new VariableLabel(name, label, faults)],
    );
    this.#all = Object.fromEntries(entries.map(([name, label]) => [name, typeof label === 'string' ? label : '']));
    this.none = this.combination(this.#variable.map(() => ''));
    this.others = this.combination(this.#variable.map(() => other));
  }

  /** Whether labels have to be read from calls. */
  get isVariable(): boolean {
    return this.#variable.length > 0;
  }

  /** What the user's functions say of a call, one text for each label that is not constant. Never throws. */
  read(call: CallStart): string[] {
    return this.#variable.map((label) => label.read(call));
  }

  /** What tells these values from any others. */
  key(values: readonly string[]): string {
    if (values.length === 1) return values[0]!;
    let key = '';
    for (const value of values) key += `${value.length}:${value}`;
    return key;
  }

  /** The same values, those beyond their limits `other`, and counted. */
  admit(values: readonly string[]): string[] {
    return this.#variable.map((label, index) => label.admit(values[index]!));
  }

  /** All labels of a call, with these values of those that are not constant. */
  combination(values: readonly string[]): LabelCombination {
    const variable = this.#variable.map(({ name }, index) => [name, values[index]!]);
    const labels: Labels = Object.freeze({ ...this.#all, ...Object.fromEntries(variable) });
    return { key: this.key(values), labels };
  }
}

class VariableLabel {
  readonly name: string;
  readonly #from: (call: CallStart) => unknown;
  readonly #maxValues: number;
  readonly #faults: Faults;
  readonly #values = new Set<string>();

  constructor(name: string, label: CallLabel, faults: Faults) {
    const { from, maxValues = defaultMaxValues } = (label ?? {}) as Partial<CallLabel>; // JavaScript may give anything
    if (typeof from !== 'function') {
      throw new MetricsError('invalid_label', `labels: ${name} must be a text or { from: (call) => ... }`);
    }
    if (!Number.isSafeInteger(maxValues) || maxValues < 1) {
      const problem = `maxValues must be an integer of at least 1, not ${printable(maxValues)}`;
      throw new MetricsError('invalid_label', `labels: ${name}: ${problem}`);
    }
    this.name = name;
    this.#from = from;
    this.#maxValues = maxValues;
    this.#faults = faults;
  }

  read(call: CallStart): string {
    try {
      const value = this.#from(call);
      return typeof value === 'string' ? value.toWellFormed() : this.#print(value);
    } catch (error) {
      this.#faults.count('label', error, this.name);
      return '';
    }
  }

  admit(value: string): string {
    if (value === '' || value === other || this.#values.has(value)) return value;
    if (value.length > maxLength) {
      return this.#fold(`has a value of over ${maxLength} characters`);
    }
    if (this.#values.size >= this.#maxValues) return this.#fold(`has its ${this.#maxValues} values (maxValues)`);
    this.#values.add(value);
    return value;
  }

  #fold(problem: string): string {
    const said = `label "${this.name}" ${problem}`;
    this.#faults.fold('label_values', said, said);
    return other;
  }

  #print(value: unknown): string {
    if (value === undefined || value === null) return '';
    if (value instanceof Uint8Array) return Buffer.from(value).toString().toWellFormed();
    if (value instanceof Promise) {
      value.catch(() => {}); // what it rejects with is nobody's
      throw new TypeError('an async function cannot give a label: the call begins now');
    }
    return printable(value).toWellFormed();
  }
}
