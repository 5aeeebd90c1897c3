import type { Exemplars } from '../core/exemplars.ts';
import { Histogram } from '../core/histogram.ts';
import type { NativeHistogram } from '../core/native-histogram.ts';
import type { Exemplar, Labels } from '../core/snapshot.ts';
import type { Clock } from './clock.ts';
import { definedCode, status, statusNames } from './status.ts';

/** Distinct exception classes kept per method and status; further ones are counted as `other`. */
const maxErrorTypes = 20;

/** What ended with one status: how long it took, and which exceptions were the cause where that is known. */
export class Outcome {
  /** When the first call ended so, in seconds since 1970. */
  readonly created: number;
  /** Seconds from the arrival of the headers to the end of the call. */
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

/**
 * All numbers of one method: plain fields, since every call touches them.
 *
 * The numbers do not know a metric's name; `naming/` projects them.
 */
export class Method {
  /** `/pkg.Service/Method`. */
  readonly path: string;
  readonly clock: Clock;
  /** When it was first asked for, in seconds since 1970. */
  readonly created: number;
  started = 0;
  messagesReceived = 0;
  messagesSent = 0;
  readonly #exemplars: Exemplars | undefined;
  readonly #outcomes: (Outcome | undefined)[] = statusNames.map(() => undefined);
  readonly #create: () => Outcome;

  constructor(path: string, clock: Clock, created: number, create: () => Outcome, exemplars?: Exemplars) {
    this.path = path;
    this.clock = clock;
    this.created = created;
    this.#create = create;
    this.#exemplars = exemplars;
  }

  /** Counts a call that begins; gives the clock's time. */
  start(): number {
    const now = this.clock();
    this.started += 1;
    return now;
  }

  /** Counts a message that has arrived and could be read. */
  received(): void {
    this.messagesReceived += 1;
  }

  /** Counts a message that has been written to the connection. */
  sent(): void {
    this.messagesSent += 1;
  }

  /** Counts a call that ended; `seconds` is what it took, `trace` the labels of the trace that it was part of. */
  finish(code: number, seconds: number, errorType?: string, trace?: Labels): void {
    const defined = definedCode(code);
    let outcome = this.#outcomes[defined];
    if (outcome === undefined) {
      outcome = this.#create();
      this.#outcomes[defined] = outcome;
    }
    outcome.durations.observe(seconds);
    if (errorType !== undefined && defined !== status.OK) outcome.countErrorType(errorType);
    if (trace !== undefined && this.#exemplars !== undefined) outcome.exemplify(this.#exemplars, seconds, trace);
  }

  /** The calls that ended with this status; undefined when none did. */
  outcome(code: number): Outcome | undefined {
    return this.#outcomes[code];
  }

  /** Calls that have ended, whatever their status. Those in flight are `started` less these. */
  get finished(): number {
    let finished = 0;
    for (const outcome of this.#outcomes) finished += outcome?.durations.count ?? 0;
    return finished;
  }
}
