import type { Exposition } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';

/** From where on what is large is too large. */
export interface Limits {
  /** Series of one family; a histogram counts once for all its buckets. */
  readonly maxSeries: number;
  /** Distinct values of one label in one family. */
  readonly maxLabelValues: number;
}

/** Finds one kind of problem in an exposition. */
export type Rule = (exposition: Exposition, limits: Limits) => Iterable<Problem>;
