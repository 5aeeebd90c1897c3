import { hasNegativeBound } from '../../core/histogram.ts';
import type { ExposedHistogram } from '../../decode/exposed-histogram.ts';
import { formatSeries } from '../../decode/labels.ts';
import type { Severity } from '../../decode/problem.ts';
import type { CreateRule } from './rule.ts';

/** Whether each histogram is one: buckets with bounds, cumulative, up to +Inf, which is the count. */
export const histograms: CreateRule = (report) => ({
  // `x 5` in a histogram x: promtool takes no notice, Prometheus stores a series that nobody expects.
  sample: ({ type, name }, sample) => {
    if (type !== 'histogram' || sample.name !== name) return;
    report({
      severity: 'error',
      rule: 'histogram_sample',
      subject: formatSeries(name, sample.labels),
      line: sample.line,
      problem: 'a histogram has no sample of its own name',
      remedy: `write ${name}_bucket, ${name}_sum and ${name}_count`,
    });
  },
  family: (family, table) => {
    for (const histogram of table?.histograms(family) ?? []) {
      for (const [severity, rule, problem, remedy] of faults(histogram)) {
        report({ severity, rule, subject: histogram.subject, problem, remedy });
      }
    }
  },
});

type Fault = readonly [severity: Severity, rule: string, problem: string, remedy: string];

function* faults({ buckets, count, sum, withoutBound }: ExposedHistogram): Generator<Fault> {
  if (withoutBound > 0) {
    yield ['error', 'bucket_without_le', 'a bucket without the label le', 'give each bucket its upper bound'];
  }
  // What is there only by a line without any part was reported as such.
  if (buckets.length === 0 && count === undefined && sum === undefined) return;
  const last = buckets.at(-1);
  if (last?.bound !== Infinity) {
    const remedy = 'expose it: it is the count, and no quantile is computed without it';
    yield ['error', 'no_inf_bucket', 'no bucket le="+Inf"', remedy];
  } else if (count !== undefined && !Object.is(last.count, count)) {
    const problem = `le="+Inf" is ${last.count}, the count is ${count}`;
    yield ['error', 'inf_is_not_count', problem, 'read both in one step'];
  }
  if (count === undefined && sum !== undefined) {
    yield ['warning', 'no_count', 'no _count', 'expose it beside the buckets: averages need it'];
  }
  // OpenMetrics forbids a sum that can fall, and allows buckets alone: clients keep to that in the text format, too.
  if (sum === undefined && count !== undefined && !hasNegativeBound(buckets.map(({ bound }) => bound))) {
    yield ['warning', 'no_sum', 'no _sum', 'expose it beside the buckets: averages need it'];
  }
  for (const [index, { bound, count: here }] of buckets.entries()) {
    const before = buckets[index - 1];
    if (before === undefined || here >= before.count) continue;
    const problem = `not cumulative: le="${before.bound}" is ${before.count}, le="${bound}" is ${here}`;
    yield ['error', 'not_cumulative', problem, 'count in each bucket all that is below its bound'];
    break;
  }
}
