/** `error`: a reader refuses it, or computes wrong numbers from it. `warning`: against a convention, or sure to hurt later. */
export type Severity = 'error' | 'warning';

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
}
