import type { CumulativeBucket } from '../core/quantile.ts';
import { type ExposedFamily, seriesKey } from './exposition.ts';
import { formatSeries, type LabelPairs, labelOf, readValue } from './sample-line.ts';

/** One histogram as it is exposed, right or wrong. */
export interface ExposedHistogram {
  readonly labels: LabelPairs;
  /** `family{labels}`. */
  readonly subject: string;
  /** Cumulative counts by upper bound, sorted. */
  readonly buckets: readonly CumulativeBucket[];
  readonly count: number | undefined;
  readonly sum: number | undefined;
  /** Lines of `_bucket` without `le`. */
  readonly withoutBound: number;
}

/** The histograms of a family, by their labels without `le`. */
export function histogramsOf(family: ExposedFamily): Map<string, ExposedHistogram> {
  const found = new Map<string, ExposedHistogram & Draft>();
  for (const { name, labels, value } of family.samples) {
    const own = labels.filter(([label]) => label !== 'le');
    const key = seriesKey('', own);
    let histogram = found.get(key);
    if (histogram === undefined) {
      const subject = formatSeries(family.name, own);
      histogram = { labels: own, subject, buckets: [], count: undefined, sum: undefined, withoutBound: 0 };
      found.set(key, histogram);
    }
    const part = name.slice(family.name.length);
    if (part === '_count') histogram.count = value;
    else if (part === '_sum') histogram.sum = value;
    else if (part === '_bucket') addBucket(histogram, labels, value);
  }
  for (const { buckets } of found.values()) buckets.sort((a, b) => a.bound - b.bound);
  return found;
}

interface Draft {
  buckets: CumulativeBucket[];
  count: number | undefined;
  sum: number | undefined;
  withoutBound: number;
}

function addBucket(histogram: Draft, labels: LabelPairs, count: number): void {
  const bound = labelOf(labels, 'le');
  if (bound === undefined) histogram.withoutBound += 1;
  else histogram.buckets.push({ bound: readValue(bound), count });
}
