import { emitWarning, type Warn, type WarningDetails } from './logger.ts';
import { printable } from './printable.ts';

/** Most subjects that get a warning of their own: names that clients make up must fill neither the log nor the memory. */
const maxSubjects = 100;

/**
 * Counts faults inside the library by stage, and warns of the first fault of each stage, or of each subject of a stage.
 * The stages and the limits come from outside.
 *
 * Code that runs inside a user's call catches what it throws and counts it here. A fault of the library costs a number and never a call.
 */
export class FaultCounter<Stage extends string, Limit extends string = never> {
  readonly counts: Record<Stage, number>;
  /** Observations that were counted under `other`, by the limit that they exceeded. */
  readonly folded: Record<Limit, number>;
  readonly #warn: Warn;
  readonly #warned = new Set<string>();

  constructor(stages: readonly Stage[], limits: readonly Limit[], warn: Warn = emitWarning) {
    this.counts = zeros(stages);
    this.folded = zeros(limits);
    this.#warn = warn;
  }

  /**
   * Counts one fault. With `subject`, such as the name of a metric, the first fault of each subject gets a warning.
   * Never throws, whatever `cause` is.
   */
  count(stage: Stage, cause: unknown, subject?: string): void {
    this.counts[stage] += 1;
    if (!this.#isNew(stage, subject)) return;
    const [whose, further] = subject === undefined ? ['', 'this stage'] : [`"${subject}": `, `"${subject}"`];
    const details = { stage, ...(subject !== undefined && { subject }), error: cause };
    this.#say(() => `${stage}: ${whose}${describe(cause)} (further faults of ${further} are only counted)`, details);
  }

  /** Counts observations that exceeded a limit and went to `other`. Warns once for each limit and subject. */
  fold(limit: Limit, problem: string, subject?: string, observations = 1): void {
    this.folded[limit] += observations;
    if (!this.#isNew(limit, subject)) return;
    const details = { limit, ...(subject !== undefined && { subject }) };
    this.#say(() => `${problem}: further ones are under "other", and only counted`, details);
  }

  /** Warns of what is no fault, once for each message. */
  note(message: string): void {
    if (this.#isNew('note', message)) this.#say(() => message, {});
  }

  /** Runs `action`, and counts what it throws. */
  guard(stage: Stage, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.count(stage, error);
    }
  }

  #isNew(kind: string, subject: string | undefined): boolean {
    const key = subject === undefined ? kind : `${kind} ${subject}`;
    if (this.#warned.has(key) || (subject !== undefined && this.#warned.size >= maxSubjects)) return false;
    this.#warned.add(key);
    return true;
  }

  #say(message: () => string, details: WarningDetails): void {
    try {
      this.#warn(message(), details);
    } catch {
      // A warning that cannot be given must not become the fault it warns of.
    }
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>; // each has one
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : printable(cause);
}
