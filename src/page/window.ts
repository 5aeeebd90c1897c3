import { addBuckets, bucketQuantile, type CumulativeBucket } from '../core/quantile.ts';
import type { Model, Series } from './model.ts';

/** Clocks of frames are not exact, in seconds. */
const slack = 0.25;

/** Two places in the model's times, and the seconds between them. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** A quantile of a histogram. Beyond its bounds a histogram tells nothing: then `value` is the bound, and `side` says which one. */
export interface Quantile {
  readonly value: number;
  /** `<` for a quantile below the first bound, `>` for one above the last bound. */
  readonly side: '' | '<' | '>';
}

/**
 * The window of so many seconds that ends at a place of the model's times. As in Prometheus it begins at the first moment
 * in it. Undefined at the first of all moments, and in a gap.
 */
export function windowAt({ times, gaps }: Model, to: number, seconds: number): Window | undefined {
  if (to < 1 || gaps[to]) return undefined;
  let from = firstSince(times, to, times[to]! - seconds - slack);
  if (from === to && !gaps[to - 1]) from -= 1; // while nobody looks moments may be further apart
  return from < to ? { from, to, seconds: times[to]! - times[from]! } : undefined;
}

/** The first place from which on all times up to `last` are at least `least`. */
function firstSince(times: readonly number[], last: number, least: number): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How often something happened. */
export function increase(all: readonly Series[], { from, to }: Window): number {
  let sum = 0;
  for (const { values } of all) sum += ((values[to] as number) ?? 0) - ((values[from] as number) ?? 0);
  return sum;
}

/** By how much the sums of histograms grew. */
export function sumIncrease(all: readonly Series[], { from, to }: Window): number {
  let sum = 0;
  for (const { values } of all) {
    const [earlier, later] = [values[from], values[to]] as (readonly number[] | undefined)[];
    sum += (later?.at(-1) ?? 0) - (earlier?.at(-1) ?? 0);
  }
  return sum;
}

/** The gauges' sum; null where none is there. */
export function total(all: readonly Series[], at: number): number | null {
  let sum: number | null = null;
  for (const { values } of all) {
    const value = values[at] as number | null | undefined;
    if (value != null) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** The gauges' largest sum since the step before `to`, so that a point shows also what happened between two points. */
export function peak(all: readonly Series[], { times, gaps }: Model, to: number, seconds: number): number | null {
  let most = total(all, to);
  for (let at = to - 1; at >= 0 && !gaps[at] && times[at]! > times[to]! - seconds; at -= 1) {
    const value = total(all, at);
    if (value !== null && (most === null || value > most)) most = value;
  }
  return most;
}

/** The mean of the gauges' sum in a window. Each value covers the time since the moment before it. */
export function mean(all: readonly Series[], { times }: Model, { from, to }: Window): number | null {
  let [sum, covered] = [0, 0];
  for (let at = from + 1; at <= to; at += 1) {
    const value = total(all, at);
    if (value === null) continue;
    const seconds = times[at]! - times[at - 1]!;
    sum += value * seconds;
    covered += seconds;
  }
  return covered > 0 ? sum / covered : null;
}

/** Quantiles of what histograms observed, on the bounds that they share. Null where they observed nothing. */
export function quantiles(
  all: readonly Series[],
  { from, to }: Window,
  shares: readonly number[],
): (Quantile | null)[] {
  const buckets = addBuckets(all.map((one) => cumulativeBuckets(one, from, to)));
  return shares.map((share) => quantile(share, buckets));
}

function quantile(share: number, buckets: readonly CumulativeBucket[]): Quantile | null {
  const value = finite(bucketQuantile(share, buckets));
  if (value === null) return null;
  const [first, [last, all]] = [buckets[0]!, buckets.slice(-2)] as [
    CumulativeBucket,
    [CumulativeBucket, CumulativeBucket],
  ];
  const rank = share * all.count;
  if (rank > last.count) return { value: last.bound, side: '>' };
  return rank <= first.count ? { value: first.bound, side: '<' } : { value, side: '' };
}

/** What histograms observed in a window, by bucket of the first of them: not cumulative, the last bucket has no upper bound. */
export function observations(all: readonly Series[], { from, to }: Window): number[] {
  const bounds = all[0]?.bounds ?? [];
  return Array.from({ length: bounds.length + 1 }, (_, bucket) =>
    all.reduce((sum, { values }) => {
      const [earlier, later] = [values[from], values[to]] as (readonly number[] | undefined)[];
      return sum + (later?.[bucket] ?? 0) - (earlier?.[bucket] ?? 0);
    }, 0),
  );
}

/** What a histogram observed between two moments, cumulative by bound. */
function cumulativeBuckets({ bounds, values }: Series, from: number, to: number): Map<number, number> {
  const [earlier, later] = [values[from], values[to]] as (readonly number[] | undefined)[];
  const buckets = new Map<number, number>();
  let count = 0;
  for (let at = 0; at <= bounds!.length; at += 1) {
    count += (later?.[at] ?? 0) - (earlier?.[at] ?? 0);
    buckets.set(bounds![at] ?? Infinity, count);
  }
  return buckets;
}

export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
