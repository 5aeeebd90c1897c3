import type { HistogramTable } from '../../decode/exposed-histogram.ts';
import type { ExposedFamily, Sample } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';

/** From where on what is large is too large. */
export interface Limits {
  /** Series of one family; a histogram counts once for all its buckets. */
  readonly maxSeries: number;
  /** Distinct values of one label in one family. */
  readonly maxLabelValues: number;
  /** When the exposition was read, in seconds since 1970. */
  readonly now: number;
}

/** Finds one kind of problem in one exposition. */
interface Rule {
  /** Takes each sample, in the order of the lines. */
  readonly sample?: (family: ExposedFamily, sample: Sample) => void;
  /** Takes each family that has samples, at its end, and its table if it is a histogram. */
  readonly family?: (family: ExposedFamily, table: HistogramTable | undefined) => void;
  /** Ends the exposition. */
  readonly finish?: () => void;
}

/** Makes a rule for one exposition. */
export type CreateRule = (report: (problem: Problem) => void, limits: Limits) => Rule;
