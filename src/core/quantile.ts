/** Observations up to a bound, itself included. */
export interface CumulativeBucket {
  readonly bound: number;
  readonly count: number;
}

/**
 * Adds histograms whose bounds may differ. Each is cumulative counts by bound, with +Inf.
 *
 * The result has the bounds that all of them have which observed anything: a count up to a bound that one of them does
 * not have is not known.
 */
export function addBuckets(all: readonly ReadonlyMap<number, number>[]): CumulativeBucket[] {
  const observed = all.filter((buckets) => (buckets.get(Infinity) ?? 0) > 0);
  const bounds = [...(observed[0]?.keys() ?? [])].filter((bound) => observed.every((buckets) => buckets.has(bound)));
  return bounds.map((bound) => ({ bound, count: observed.reduce((total, buckets) => total + buckets.get(bound)!, 0) }));
}

/** What differs less than this, relative to both, is a rounding error of sums. */
const tolerance = 1e-12;

/**
 * Prometheus's `histogram_quantile` of classic buckets: the same steps in the same order, so that the result is equal to the last bit.
 *
 * `buckets` are cumulative, with +Inf, in any order; NaN without observations, and where the histogram is none.
 * Source: `BucketQuantile` in https://github.com/prometheus/prometheus/blob/v3.5.0/promql/quantile.go
 */
export function bucketQuantile(quantile: number, buckets: readonly CumulativeBucket[]): number {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = monotonic(coalesce(buckets.toSorted((a, b) => a.bound - b.bound || 0)));
  const last = sorted.at(-1);
  if (last?.bound !== Infinity || sorted.length < 2) return Number.NaN;
  if (last.count === 0 || Number.isNaN(last.count)) return Number.NaN;

  let rank = quantile * last.count;
  const found = sorted.slice(0, -1).findIndex(({ count }) => count >= rank);
  // In the last bucket, which has no end: the bound before it.
  if (found === -1) return sorted.at(-2)!.bound;
  const { bound: end, count: upTo } = sorted[found]!;
  if (found === 0 && end <= 0) return end;
  let start = 0;
  let count = upTo;
  if (found > 0) {
    const before = sorted[found - 1]!;
    start = before.bound;
    count -= before.count;
    rank -= before.count;
  }
  return start + (end - start) * (rank / count);
}

/** Buckets of the same bound as one. */
function coalesce(sorted: readonly CumulativeBucket[]): CumulativeBucket[] {
  const merged: CumulativeBucket[] = [];
  for (const { bound, count } of sorted) {
    if (merged.at(-1)?.bound === bound) merged.push({ bound, count: merged.pop()!.count + count });
    else merged.push({ bound, count });
  }
  return merged;
}

/** Counts that never fall, without the differences that only rounding made. */
function monotonic(sorted: readonly CumulativeBucket[]): CumulativeBucket[] {
  let before = sorted[0]?.count ?? 0;
  return sorted.map(({ bound, count }) => {
    if (count > before && !almostEqual(before, count)) before = count;
    return { bound, count: Number.isNaN(count) ? count : before };
  });
}

/** Source: https://github.com/prometheus/prometheus/blob/v3.5.0/util/almost/almost.go */
function almostEqual(a: number, b: number): boolean {
  if (a === 0 || b === 0) return false;
  return Math.abs(a - b) / Math.min(Math.abs(a) + Math.abs(b), Number.MAX_VALUE) < tolerance;
}
