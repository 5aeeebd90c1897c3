import { printable } from './printable.ts';

/** Where something of ours can fail while a service runs: recording a call, a connection, a user's metric, a scrape. */
export const stages = ['call', 'connection', 'metric', 'scrape'] as const;
export type Stage = (typeof stages)[number];

export type Warn = (message: string) => void;

/**
 * What went wrong inside the library while the service ran, counted by stage and said once per stage.
 *
 * Everything that runs inside a user's call catches what it throws and brings it here, so that a fault of ours
 * costs a number and never a call.
 */
export class Faults {
  readonly counts: Record<Stage, number> = { call: 0, connection: 0, metric: 0, scrape: 0 };
  readonly #warn: Warn;

  constructor(warn: Warn = emitWarning) {
    this.#warn = warn;
  }

  /** Counts one fault. Never throws, whatever `cause` is. */
  count(stage: Stage, cause: unknown): void {
    this.counts[stage] += 1;
    if (this.counts[stage] > 1) return;
    try {
      this.#warn(`${stage}: ${describe(cause)} (further faults of this stage are only counted)`);
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
