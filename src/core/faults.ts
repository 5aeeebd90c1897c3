import { printable } from './printable.ts';

/**
 * Where something can fail inside the library while a service runs: recording a call, a connection, an exemplar, reading an included
 * registry, a label or a listener of the user's, a user's metric, a scrape.
 */
export const stages = ['call', 'connection', 'exemplar', 'include', 'label', 'listener', 'metric', 'scrape'] as const;
export type Stage = (typeof stages)[number];

/**
 * What keeps the number of series bounded: the values of a label, the methods of clients, the series of one metric of the user's,
 * those of calls, the targets of clients.
 */
export const limits = ['label_values', 'methods', 'metric', 'series', 'targets'] as const;
export type Limit = (typeof limits)[number];

export type Warn = (message: string) => void;

/** Most subjects that are said: names that others make up must not fill the log, nor the memory. */
const maxSubjects = 100;

/**
 * What went wrong inside the library while the service ran, counted by stage and said once per stage,
 * or once per subject where the faults of a stage have one.
 *
 * Everything that runs inside a user's call catches what it throws and brings it here, so that a fault of ours
 * costs a number and never a call.
 */
export class Faults {
  readonly counts: Record<Stage, number> = zeros(stages);
  /** What was counted under `other`, by the limit that it was beyond. */
  readonly folded: Record<Limit, number> = zeros(limits);
  readonly #warn: Warn;
  readonly #said = new Set<string>();

  constructor(warn: Warn = emitWarning) {
    this.#warn = warn;
  }

  /** Counts one fault. `subject` is whose it is, where others of its stage are to be said too. Never throws, whatever `cause` is. */
  count(stage: Stage, cause: unknown, subject?: string): void {
    this.counts[stage] += 1;
    if (!this.#isNew(stage, subject)) return;
    const [of, further] = subject === undefined ? ['', 'this stage'] : [`"${subject}": `, `"${subject}"`];
    this.#say(() => `${stage}: ${of}${describe(cause)} (further faults of ${further} are only counted)`);
  }

  /** Counts what did not fit and went to `other`: no fault, but to be known. Said once for each limit and subject. */
  fold(limit: Limit, problem: string, subject?: string): void {
    this.folded[limit] += 1;
    if (this.#isNew(limit, subject)) this.#say(() => `${problem}: further ones are under "other", and only counted`);
  }

  /** Runs `action`; what it throws is counted and goes no further. */
  guard(stage: Stage, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.count(stage, error);
    }
  }

  #isNew(of: string, subject: string | undefined): boolean {
    const key = subject === undefined ? of : `${of} ${subject}`;
    if (this.#said.has(key) || (subject !== undefined && this.#said.size >= maxSubjects)) return false;
    this.#said.add(key);
    return true;
  }

  #say(message: () => string): void {
    try {
      this.#warn(message());
    } catch {
      // A warning that cannot be given must not become the fault it warns of.
    }
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>; // each has one
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : printable(cause);
}

function emitWarning(message: string): void {
  process.emitWarning(message, 'GrpcVitalsWarning');
}
