import { hasNegativeBound } from '../../core/histogram.ts';
import { type ExposedHistogram, histogramsOf } from '../../decode/exposed-histogram.ts';
import type { ExposedFamily, Exposition } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import { formatSeries } from '../../decode/sample-line.ts';

/** Whether each histogram is one: buckets with bounds, cumulative, up to +Inf, which is the count. */
export function* histograms({ families }: Exposition): Generator<Problem> {
  for (const family of families.values()) {
    if (family.type !== 'histogram') continue;
    yield* strangers(family);
    for (const histogram of histogramsOf(family).values()) {
      for (const [rule, problem, remedy] of faults(histogram)) {
        yield { severity: 'error', rule, subject: histogram.subject, problem, remedy };
      }
    }
  }
}

/** `x 5` in a histogram x: promtool takes no notice, Prometheus stores a series that nobody expects. */
function* strangers({ name, samples }: ExposedFamily): Generator<Problem> {
  for (const sample of samples) {
    if (sample.name !== name) continue;
    yield {
      severity: 'error',
      rule: 'histogram_sample',
      subject: formatSeries(name, sample.labels),
      line: sample.line,
      problem: 'a histogram has no sample of its own name',
      remedy: `write ${name}_bucket, ${name}_sum and ${name}_count`,
    };
  }
}

function* faults({
  buckets,
  count,
  sum,
  withoutBound,
}: ExposedHistogram): Generator<readonly [string, string, string]> {
  if (withoutBound > 0)
    yield ['bucket_without_le', 'a bucket without the label le', 'give each bucket its upper bound'];
  // What is there only by a line without any part was reported as such.
  if (buckets.length === 0 && count === undefined && sum === undefined) return;
  const last = buckets.at(-1);
  if (last?.bound !== Infinity) {
    yield [
      'no_inf_bucket',
      'no bucket le="+Inf"',
      'expose it: it is the count, and no quantile is computed without it',
    ];
  } else if (count !== undefined && !Object.is(last.count, count)) {
    yield ['inf_is_not_count', `le="+Inf" is ${last.count}, the count is ${count}`, 'read both in one step'];
  }
  // OpenMetrics has buckets alone, where a sum could go down: each part without the other is what is wrong.
  if (count === undefined && sum !== undefined) yield ['no_count', 'no _count', 'expose it beside the buckets'];
  if (sum === undefined && count !== undefined && !hasNegativeBound(buckets.map(({ bound }) => bound))) {
    yield ['no_sum', 'no _sum', 'expose it beside the buckets: averages need it'];
  }
  for (const [index, { bound, count: here }] of buckets.entries()) {
    const before = buckets[index - 1];
    if (before === undefined || here >= before.count) continue;
    const problem = `not cumulative: le="${before.bound}" is ${before.count}, le="${bound}" is ${here}`;
    yield ['not_cumulative', problem, 'count in each bucket all that is below its bound'];
    break;
  }
}
