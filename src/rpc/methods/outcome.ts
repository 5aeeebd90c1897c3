import type { Exemplars } from '../../core/exemplars.ts';
import { Histogram } from '../../core/histogram.ts';
import type { NativeHistogram } from '../../core/native/native-histogram.ts';
import type { Exemplar, Labels } from '../../core/snapshot.ts';
import type { OutcomeNumbers } from './method-numbers.ts';

/** Distinct exception classes kept per method and status; further ones are counted as `other`. */
const maxErrorTypes = 20;

/** The calls that ended with one status: how long they took, and the exceptions that caused it where they are known. */
export class Outcome implements OutcomeNumbers {
  /** When the first call ended so, in seconds since 1970. */
  readonly created: number;
  /** Seconds to the end of the call: on a server from the arrival of the headers, on a client from its start. */
  readonly durations: Histogram;
  /** Of the last call that has one. */
  exemplar: Exemplar | undefined = undefined;
  /** Calls by the class of the exception that ended them; calls without a known one are not here. */
  readonly errorTypes: Map<string, number> = new Map();

  constructor(bounds: readonly number[], drop: (value: unknown) => void, created: number, native?: NativeHistogram) {
    this.created = created;
    this.durations = new Histogram(bounds, drop, { native });
  }

  exemplify(exemplars: Exemplars, seconds: number, trace: Labels): void {
    this.exemplar = exemplars.at(trace, 1);
    this.durations.exemplify(exemplars.at(trace, seconds));
  }

  countErrorType(errorType: string): void {
    const key = this.errorTypes.has(errorType) || this.errorTypes.size < maxErrorTypes ? errorType : 'other';
    this.errorTypes.set(key, (this.errorTypes.get(key) ?? 0) + 1);
  }
}
