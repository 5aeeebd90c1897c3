import type { Reading } from './reading.ts';

/** A reading with the time of the answer. */
export interface DatedReading extends Reading {
  /** By the endpoint's own clock, in seconds since 1970; undefined where the answer has no date. */
  readonly date: number | undefined;
}

/** Clocks of processes and answers are in whole seconds, and some round. */
const clockError = 1;

/**
 * The counts from which a later scrape of the same URL has grown: the earlier counts, an empty map, or undefined if they
 * are unknown. A series that is not in the result has grown from 0.
 *
 * - A process that started after the earlier answer has grown from 0.
 * - Another process that started before the earlier answer, as behind a load balancer, has unknown earlier counts.
 * - A process without start times, or with the same one, keeps its families and its series. If a family of calls is gone, or
 *   every series is, the counts come from another program, or the same calls have names that were not read before.
 * - Otherwise it is the same process, as far as can be known. A new series has grown from 0, so its first call is shown. A
 *   counter that fell has started at 0 again, as in Prometheus's `rate()`.
 *
 * Unknown counts are never taken for growth: the calls of weeks would look like those of one interval.
 */
export function baselineOf(earlier: DatedReading, later: Reading): Reading['methods'] | undefined {
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
