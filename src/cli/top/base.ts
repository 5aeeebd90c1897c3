import type { Reading } from './reading.ts';

/** A reading, and when the endpoint says that it gave it, in seconds since 1970; undefined where it does not. */
export interface DatedReading extends Reading {
  readonly date: number | undefined;
}

/** Clocks of processes and answers are in whole seconds, and some round. */
const clockError = 1;

/**
 * The counts from which those of a later scrape of the same URL have grown: the earlier ones, none at all, or undefined where
 * that is not known. Series that are not in them have grown from 0.
 *
 * - A process that started after the earlier answer has counted from 0 since, whatever its names are.
 * - One that started before it and is another than was asked then, as behind a load balancer, has counted since nobody knows when.
 * - Without start times, or with the same: a process keeps its families and its series. Where one of the families that tell of calls
 *   is gone, or every series, the counts are another program's, or the same calls under names that were not read before.
 * - Else it is the same process as far as can be known. A series that is new in it has grown from 0: its first call is shown. What
 *   fell has begun again at 0, as `rate()` has it; then the process is taken for one that started between, and the new in it too.
 *
 * Counts of an unknown time are never taken for growth: the calls of weeks as those of one interval.
 */
export function baseOf(earlier: DatedReading, later: Reading): Reading['methods'] | undefined {
  const [start, earlierStart] = [later.processStart ?? Number.NaN, earlier.processStart ?? Number.NaN];
  if (Math.abs(start - earlierStart) > clockError) {
    return earlier.date !== undefined && start >= earlier.date - clockError ? new Map() : undefined;
  }
  if (!earlier.families.every((name) => later.families.includes(name))) return undefined;
  return isContinued(earlier.methods, later.methods) ? earlier.methods : undefined;
}

/** Whether any series is still there, of those that were. */
function isContinued(earlier: Reading['methods'], later: Reading['methods']): boolean {
  let hadSeries = false;
  for (const [key, { handled }] of earlier) {
    hadSeries ||= handled.size > 0;
    const kept = later.get(key)?.handled;
    if (kept !== undefined && [...handled.keys()].some((series) => kept.has(series))) return true;
  }
  return !hadSeries;
}
