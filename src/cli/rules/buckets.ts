import type { ExposedHistogram } from '../../decode/exposed-histogram.ts';
import type { CreateRule } from './rule.ts';

/** What a family observed, per bucket. */
interface Observed {
  /** Upper bounds without +Inf. */
  readonly bounds: readonly number[];
  /** Not cumulative; one more than `bounds`. */
  readonly counts: readonly number[];
  readonly total: number;
  readonly sum: number;
}

/** Fewer observations say nothing of where the bounds should be. */
const enough = 100;
/** Above the last bound: from here on p95 is the last bound, whatever it really is. */
const above = 0.05;
/** In the first bucket: from here on p95 and all below it are drawn on a line from 0. */
const first = 0.95;

/** Buckets that do not fit what was observed, with bounds that would. All series of a family together, as its bounds are. */
export const buckets: CreateRule = (report) => ({
  family: (family, table) => {
    const observed = table === undefined ? undefined : observe(table.histograms(family));
    if (observed === undefined || observed.total < enough) return;
    const { bounds, counts, total } = observed;
    const [share, where] =
      counts.at(-1)! / total > above
        ? [counts.at(-1)! / total, `above the last bound ${bounds.at(-1)!}`]
        : [counts[0]! / total, `in the first bucket, up to ${bounds[0]!}`];
    if (share <= (where.startsWith('above') ? above : first)) return;
    report({
      severity: 'warning',
      rule: 'buckets_do_not_fit',
      subject: family.name,
      problem: `${(share * 100).toFixed(1)} % of ${total} observations are ${where}: quantiles there are made up`,
      remedy:
        bounds.at(-1)! > 0 ? `bounds that fit: ${propose(observed).join(', ')}` : 'put bounds where the values are',
    });
  },
});

/** Beyond these a power of ten is no number any more. */
const [least10, most10] = [1e-300, 1e300];

/** Undefined where series have different bounds, or are no histograms. */
function observe(histograms: Iterable<ExposedHistogram>): Observed | undefined {
  let bounds: readonly number[] | undefined;
  const counts: number[] = [];
  let sum = 0;
  for (const histogram of histograms) {
    const own = histogram.buckets.map(({ bound }) => bound);
    if (own.at(-1) !== Infinity || own.length < 2) return undefined;
    bounds ??= own;
    if (own.join() !== bounds.join()) return undefined;
    for (const [index, { count }] of histogram.buckets.entries()) {
      counts[index] = (counts[index] ?? 0) + count - (histogram.buckets[index - 1]?.count ?? 0);
    }
    sum += histogram.sum ?? 0;
  }
  if (bounds === undefined || counts.some((count) => !(count >= 0))) return undefined;
  const total = counts.reduce((a, b) => a + b, 0);
  if (!Number.isFinite(total)) return undefined;
  return { bounds: bounds.slice(0, -1), counts, total, sum: Number.isFinite(sum) ? sum : 0 };
}

/**
 * Bounds 1, 2.5, 5, 10, ... from the bucket of p1 to that of p99.9. Where too many are in the first bucket they begin at a quarter
 * of the mean of these, where too many are above the last bound they end at four times the mean of those: the means are
 * what the sum leaves when the other buckets are taken at their middles.
 *
 * The last bound is above 0.
 */
function propose(observed: Observed): readonly number[] {
  const { bounds, counts, total, sum } = observed;
  const last = bounds.at(-1)!;
  const over = counts.at(-1)!;
  const middle = (index: number) => counts[index]! * (((bounds[index - 1] ?? 0) + bounds[index]!) / 2);
  const between = bounds.reduce((all, _bound, index) => all + (index === 0 ? 0 : middle(index)), 0);
  const overMean = over === 0 ? last : Math.max((sum - middle(0) - between) / over, last);
  const firstMean = (sum - between - over * overMean) / counts[0]!;

  const high = over / total > above ? overMean * 4 : boundOf(observed, 0.999);
  const least = bounds[0]! > 0 && firstMean > 0 ? Math.min(firstMean, bounds[0]!) : boundOf(observed, 0.01);
  const low = counts[0]! / total > first ? least / 4 : boundOf(observed, 0.01);
  const from = Math.min(Math.max(low, high / 1e9, least10), most10 / 10);
  return series(from, Math.min(Math.max(high, from * 10), most10));
}

/** The upper bound of the bucket that this quantile is in; the last where it is above, the first above 0 where it is below 0. */
function boundOf({ bounds, counts, total }: Observed, quantile: number): number {
  let seen = 0;
  for (const [index, bound] of bounds.entries()) {
    seen += counts[index]!;
    if (bound > 0 && seen >= total * quantile) return bound;
  }
  return bounds.at(-1)!;
}

/** 1, 2.5, 5 of each power of ten that is needed; of 10 only where it would be too many. */
function series(low: number, high: number): number[] {
  const of = (steps: readonly number[]) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); found.length === 0 || found.at(-1)! < high; power += 1) {
      for (const step of steps) {
        const bound = Number(`${step}e${power}`);
        if (bound * 2.5 > low && (found.length === 0 || found.at(-1)! < high)) found.push(bound);
      }
    }
    return found;
  };
  const fine = of([1, 2.5, 5]);
  return fine.length <= 20 ? fine : of([1]);
}
