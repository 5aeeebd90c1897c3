import { checkKeys, keysOf } from '../../core/check-keys.ts';
import { MetricsError } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';
import type { CallStart } from '../call-start.ts';
import type { Faults } from '../faults.ts';

/** A label of the user's on the metrics of calls, read from each call when it begins. */
export interface CallLabel {
  /**
   * Returns the value. `null` and `undefined` become the empty string; other values are converted to strings. What it throws is
   * counted, and the label is empty.
   * Called once for each call, while the call waits, and with `attempts` once for each attempt: not the place for work.
   */
  readonly from: (call: CallStart) => unknown;
  /** Most distinct values: the first ones stay, further ones are `other`. 50 by default. */
  readonly maxValues?: number | undefined;
}

/**
 * A label of the user's that only the handler or another interceptor knows: `metrics.labelCall(call, { tenant: 'acme' })` sets
 * it. On servers; empty on the calls of clients.
 */
export interface LateCallLabel {
  readonly late: true;
  /** As of `CallLabel`. */
  readonly maxValues?: number | undefined;
}

const defaultMaxValues = 50;

/** Longest value, in UTF-16 units; a longer one is `other`. No name that people give is longer; tokens are. */
const maxLength = 128;

export const other = 'other';

const keys = keysOf<CallLabel & LateCallLabel>({ from: true, late: true, maxValues: true });

/** One label that is not constant, with the values that it has had. */
export class VariableLabel {
  readonly name: string;
  /** Whether the user sets it while the call runs. */
  readonly isLate: boolean;
  readonly #from: ((call: CallStart) => unknown) | undefined;
  readonly #maxValues: number;
  readonly #faults: Faults;
  readonly #values = new Set<string>();

  /** Throws `invalid_label` for what is neither a `CallLabel` nor a `LateCallLabel`. */
  constructor(name: string, label: CallLabel | LateCallLabel, faults: Faults) {
    const given: Partial<CallLabel & LateCallLabel> = label ?? {}; // JavaScript may give anything
    if (typeof given === 'object') checkKeys(`callLabels: ${name}`, given, keys);
    const { from, late, maxValues = defaultMaxValues } = given;
    if ((typeof from === 'function') === (late === true)) {
      const choice = 'a text, { from: (call) => ... } or { late: true }';
      throw new MetricsError('invalid_label', `callLabels: ${name} must be ${choice}, not ${quoted(label)}`);
    }
    if (!Number.isSafeInteger(maxValues) || maxValues < 1) {
      const problem = `maxValues must be an integer of at least 1, not ${quoted(maxValues)}`;
      throw new MetricsError('invalid_label', `callLabels: ${name}: ${problem}`);
    }
    this.name = name;
    this.isLate = late === true;
    this.#from = from;
    this.#maxValues = maxValues;
    this.#faults = faults;
  }

  /** The value of a call that begins: empty where it is set later. Never throws. */
  read(call: CallStart): string {
    return this.#from === undefined ? '' : this.print(() => this.#from!(call));
  }

  /** What `value` returns, as text. Never throws: what it throws is counted, and the value is empty. */
  print(value: () => unknown): string {
    try {
      return this.#text(value());
    } catch (error) {
      this.#faults.count('label', error, this.name);
      return '';
    }
  }

  /** The same value, or `other` where it is beyond a limit, which is counted. */
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

  #text(value: unknown): string {
    if (typeof value === 'string') return value.toWellFormed();
    if (value === undefined || value === null) return '';
    if (value instanceof Uint8Array) return Buffer.from(value).toString().toWellFormed();
    if (value instanceof Promise) {
      value.catch(() => {}); // what it rejects with is nobody's
      throw new TypeError('a promise cannot be a label: the value has to be there when it is given');
    }
    return printable(value).toWellFormed();
  }
}
