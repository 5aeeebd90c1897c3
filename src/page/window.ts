import { addBuckets, bucketQuantile } from '../core/quantile.ts';
import type { Model, Series } from './model.ts';

/** Rates, ratios and quantiles are of this long, in seconds. */
export const windowSeconds = 15;

/** Clocks of frames are not exact, in seconds. */
const slack = 0.25;

/** Two places in the model's times, and the seconds between them. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** The window that ends at a place of the model's times: as in Prometheus from the first moment in it; undefined at the first of all. */
export function windowAt({ times, gaps }: Model, to: number): Window | undefined {
  if (to < 1 || gaps[to]) return undefined;
  const least = times[to]! - windowSeconds - slack;
  let from = to;
  while (from > 0 && times[from - 1]! >= least) from -= 1;
  if (from === to && !gaps[to - 1]) from -= 1; // while nobody looks moments may be further apart
  return from < to ? { from, to, seconds: times[to]! - times[from]! } : undefined;
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

/** Quantiles of what histograms observed, on the bounds that they share; null where they observed nothing. */
export function quantiles(all: readonly Series[], { from, to }: Window, of: readonly number[]): (number | null)[] {
  const buckets = addBuckets(all.map((one) => cumulativeBuckets(one, from, to)));
  return of.map((quantile) => finite(bucketQuantile(quantile, buckets)));
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
