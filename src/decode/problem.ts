/** `error`: a reader refuses it, or computes wrong numbers from it. `warning`: against a convention, or sure to hurt later. */
export type Severity = 'error' | 'warning';

/** A program that reads expositions: Prometheus 2.42, Prometheus 3.5, and what both releases of `promtool check metrics` have in common. */
export type Reader = 'prometheus2' | 'prometheus3' | 'promtool';

/** One thing that is wrong with an exposition. */
export interface Problem {
  readonly severity: Severity;
  /** What kind of problem, for programs: stable across releases. */
  readonly rule: string;
  /** What has it: `family`, `family{label="value"}`, or `line 7` for a line that is no sample. */
  readonly subject: string;
  /** The line, from 1, where it is one line's. */
  readonly line?: number | undefined;
  readonly problem: string;
  readonly remedy: string;
  /** Who refuses the whole exposition for it. Absent where each of them reads it. */
  readonly refusedBy?: readonly Reader[] | undefined;
  /** Whether its line could not be read, and has no part in what else is found. */
  readonly isLost?: boolean;
}

export const everyReader: readonly Reader[] = ['prometheus2', 'prometheus3', 'promtool'];
export const bothPrometheus: readonly Reader[] = ['prometheus2', 'prometheus3'];
