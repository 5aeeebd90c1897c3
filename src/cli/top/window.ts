import { growth } from '../../core/growth.ts';
import type { Count, MethodReading, Reading } from './reading.ts';

/** What a method did per second between two scrapes of one endpoint. */
export interface MethodWindow {
  readonly side: 'server' | 'client';
  readonly method: string;
  /** Finished calls per second. */
  readonly rate: number;
  /** Of these, calls that did not end OK. */
  readonly failedRate: number;
  /** Growth per second of the cumulative buckets, by upper bound in seconds. */
  readonly buckets: ReadonlyMap<number, number>;
  /** At the later scrape. */
  readonly inFlight: number | undefined;
}

/** What happened between two scrapes that are `seconds` apart. `earlier` comes from `baselineOf`. */
export function windowsOf(earlier: Reading['methods'], later: Reading, seconds: number): MethodWindow[] {
  return Array.from(later.methods, ([key, reading]) => windowOf(earlier.get(key), reading, seconds));
}

function windowOf(earlier: MethodReading | undefined, later: MethodReading, seconds: number): MethodWindow {
  let [rate, failedRate] = [0, 0];
  for (const [key, count] of later.handled) {
    const added = growthOf(earlier?.handled.get(key), count) / seconds;
    rate += added;
    if (count.failed) failedRate += added;
  }
  const buckets = new Map<number, number>();
  for (const [key, count] of later.buckets) {
    const added = growthOf(earlier?.buckets.get(key), count) / seconds;
    buckets.set(count.bound!, (buckets.get(count.bound!) ?? 0) + added);
  }
  const { side, method, inFlight } = later;
  return { side, method, rate, failedRate, buckets, inFlight };
}

/**
 * A count that is not a finite number has not grown, and no count shrinks. A series that was not there before has grown from 0,
 * unlike in Prometheus: the endpoint was there and had no such call (see `baselineOf`).
 */
function growthOf(earlier: Count | undefined, later: Count): number {
  const before = earlier?.value ?? 0;
  if (!Number.isFinite(before) || !Number.isFinite(later.value)) return 0;
  return Math.max(growth(before, later.value), 0);
}
