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

/** What is known of an exposition at its end. */
interface Found {
  /** By the names of their series. */
  readonly families: ReadonlyMap<string, ExposedFamily>;
  /** Of the families that are histograms. */
  readonly histograms: ReadonlyMap<ExposedFamily, HistogramTable>;
}

/** Finds one kind of problem in one exposition. */
interface Rule {
  /** Takes each sample, in the order of the lines. */
  readonly sample?: (family: ExposedFamily, sample: Sample) => void;
  /** Ends the exposition. */
  readonly finish?: (found: Found) => void;
}

/** Makes a rule for one exposition. */
export type CreateRule = (report: (problem: Problem) => void, limits: Limits) => Rule;
