import { printable } from './printable.ts';

/**
 * Where something can fail inside the library while a service runs: recording a call, a connection, reading an included
 * registry, a user's metric, a scrape.
 */
export const stages = ['call', 'connection', 'include', 'metric', 'scrape'] as const;
export type Stage = (typeof stages)[number];

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
  readonly counts: Record<Stage, number> = { call: 0, connection: 0, include: 0, metric: 0, scrape: 0 };
  readonly #warn: Warn;
  readonly #said = new Set<string>();

  constructor(warn: Warn = emitWarning) {
    this.#warn = warn;
  }

  /** Counts one fault. `subject` is whose it is, where others of its stage are to be said too. Never throws, whatever `cause` is. */
  count(stage: Stage, cause: unknown, subject?: string): void {
    this.counts[stage] += 1;
    const key = subject === undefined ? stage : `${stage} ${subject}`;
    if (this.#said.has(key) || (subject !== undefined && this.#said.size >= maxSubjects)) return;
    this.#said.add(key);
    try {
      const [of, further] = subject === undefined ? ['', 'this stage'] : [`"${subject}": `, `"${subject}"`];
      this.#warn(`${stage}: ${of}${describe(cause)} (further faults of ${further} are only counted)`);
    } catch {
      // A warning that cannot be given must not become the fault it warns of.
    }
  }

  /** Runs `action`; what it throws is counted and goes no further. */
  guard(stage: Stage, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.count(stage, error);
    }
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : printable(cause);
}

function emitWarning(message: string): void {
  process.emitWarning(message, 'GrpcVitalsWarning');
}
