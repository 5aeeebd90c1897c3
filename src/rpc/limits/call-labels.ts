import { didYouMean } from '../../core/check-keys.ts';
import { quoted } from '../../core/printable.ts';
import type { Labels } from '../../core/snapshot.ts';
import type { CallStart } from '../call-start.ts';
import type { Faults } from '../faults.ts';
import { type CallLabel, type LateCallLabel, other, VariableLabel } from './variable-label.ts';

/** By name: the same value for all calls, one that is read from each, or one that is set while the call runs. */
export type CallLabelsSpec = Readonly<Record<string, string | CallLabel | LateCallLabel>>;

/** The user's labels with their values, and the key of these values. */
export interface LabelCombination {
  readonly key: string;
  readonly labels: Labels;
}

/** The user's labels of all calls, with the values that they have had. Their names must have been checked. */
export class CallLabels {
  /** Of a call of which nothing is known: all but the constant ones are empty. */
  readonly none: LabelCombination;
  /** Of a call that is beyond a limit: all but the constant ones are `other`. */
  readonly others: LabelCombination;
  /** The labels that are set while a call runs. */
  readonly late: readonly string[];
  readonly #all: Labels;
  readonly #variable: readonly VariableLabel[];
  readonly #faults: Faults;

  /** Throws `invalid_label` for what is neither a text nor a `CallLabel`. */
  constructor(spec: CallLabelsSpec, faults: Faults) {
    const entries = Object.entries(spec);
    this.#faults = faults;
    this.#variable = entries.flatMap(([name, label]) =>
      typeof label === 'string' ? [] : [new VariableLabel(name, label, faults)],
    );
    this.late = this.#variable.filter(({ isLate }) => isLate).map(({ name }) => name);
    this.#all = Object.fromEntries(entries.map(([name, label]) => [name, typeof label === 'string' ? label : '']));
    this.none = this.combination(this.#variable.map(() => ''));
    this.others = this.combination(this.#variable.map(() => other));
  }

  /** Whether some labels are not the same for all calls. */
  get isVariable(): boolean {
    return this.#variable.length > 0;
  }

  /** The values of a call that begins, one for each label that is not constant; late ones are empty. Never throws. */
  read(call: CallStart): string[] {
    return this.#variable.map((label) => label.read(call));
  }

  /**
   * Puts values of late labels among those of a call, and returns the names of those that it took. What is no late label is
   * counted as a fault. Never throws.
   */
  put(values: string[], given: Readonly<Record<string, unknown>>): string[] {
    const names = Object.keys(given);
    return names.filter((name) => {
      const index = this.#variable.findIndex((label) => label.isLate && label.name === name);
      if (index < 0) this.#faults.count('label', this.#unknown(name), name);
      else values[index] = this.#variable[index]!.print(() => given[name]);
      return index >= 0;
    });
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

  #unknown(name: string): string {
    const nearest = didYouMean(name, this.late);
    const remedy =
      nearest === undefined ? `declare it as { ${name}: { late: true } }` : `did you mean ${quoted(nearest)}?`;
    return `labelCall() has no late label ${quoted(name)}: ${remedy}`;
  }
}
