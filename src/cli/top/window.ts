import { growth } from '../../core/growth.ts';
import type { Count, MethodReading, Reading } from './reading.ts';

/** What a method did per second between two scrapes of one endpoint. */
export interface MethodWindow {
  readonly side: 'server' | 'client';
  readonly method: string;
  /** Finished calls per second; undefined where the endpoint does not count them. */
  readonly rate: number | undefined;
  /** Of these, calls that did not end OK; undefined where a status is not known. */
  readonly failedRate: number | undefined;
  /** Of these, calls that ended with a fault of the server; undefined on the side of a client, too. */
  readonly faultRate: number | undefined;
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
  let [all, failed, faults, unknown] = [0, 0, 0, 0];
  for (const [key, count] of later.handled) {
    const added = growthOf(earlier?.handled.get(key), count) / seconds;
    all += added;
    if (count.outcome === undefined) unknown += added;
    else if (count.outcome !== 'ok') failed += added;
    if (count.outcome === 'fault') faults += added;
  }
  const buckets = new Map<number, number>();
  for (const [key, count] of later.buckets) {
    const added = growthOf(earlier?.buckets.get(key), count) / seconds;
    buckets.set(count.bound!, (buckets.get(count.bound!) ?? 0) + added);
  }
  const { side, method, inFlight } = later;
  const isCounted = later.handled.size > 0;
  const isKnown = isCounted && unknown === 0;
  return {
    side,
    method,
    rate: isCounted ? all : undefined,
    failedRate: isKnown ? failed : undefined,
    faultRate: isKnown && side === 'server' ? faults : undefined,
    buckets,
    inFlight,
  };
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
