import { didYouMean } from '../core/check-keys.ts';
import { MetricsError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { HistogramFamily, HistogramSeries, Labels, MetricFamily, NumberFamily } from '../core/snapshot.ts';
import type { GrpcMetrics } from '../metrics.ts';

/**
 * Returns a metric at this moment: the sum of its series that have these labels, 0 where none has.
 *
 * ```ts
 * metricValue(metrics, 'grpc_requests_total', { method: '/shop.Orders/Get', status: 'NOT_FOUND' });
 * metricValue(metrics, 'grpc_request_duration_seconds_count', { method: '/shop.Orders/Get' });
 * ```
 *
 * Of a histogram give the name of a sample: `_count`, `_sum`, or `_bucket` with the label `le`, cumulative as in a scrape. It reads
 * what `collect()` returns: the names of the option `naming`, the library's metrics and yours, without included registries and
 * gauges whose `read` returns a promise.
 *
 * Throws `unknown_metric` for a name that there is not, and for a label that no series of the metric has.
 */
export function metricValue(metrics: GrpcMetrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const families = metrics.collect();
  const family = families.find((one) => one.name === name);
  if (family?.type === 'counter' || family?.type === 'gauge') return numberOf(family, labels);
  if (family !== undefined) {
    throw unknownMetric(`${quoted(name)} is a ${family.type}: read "${name}_count", "${name}_sum" or "${name}_bucket"`);
  }
  for (const [suffix, read] of Object.entries(samples)) {
    const histogram = families.find((one) => `${one.name}${suffix}` === name);
    if (histogram?.type === 'histogram') return read(histogram, labels);
  }
  const nearest = didYouMean(name, families.flatMap(sampleNames));
  const hint = nearest === undefined ? 'see collect() for those that there are' : `did you mean ${quoted(nearest)}?`;
  throw unknownMetric(`there is no metric ${quoted(name)}: ${hint}`);
}

function numberOf(family: NumberFamily, labels: Labels): number {
  return sum(matching(family, labels).map(({ value }) => value));
}

const samples: Readonly<Record<string, (family: HistogramFamily, labels: Labels) => number>> = {
  _count: (family, labels) => sum(matching(family, labels).map(({ buckets }) => sum(buckets))),
  _sum: (family, labels) => sum(matching(family, labels).map((series) => series.sum)),
  _bucket: (family, { le, ...labels }) => sum(matching(family, labels).map((series) => upTo(series, le, family.name))),
};

function upTo({ bounds, buckets }: HistogramSeries, le: string | undefined, name: string): number {
  if (le === '+Inf') return sum(buckets);
  const index = bounds.indexOf(Number(le));
  if (index !== -1) return sum(buckets.slice(0, index + 1));
  throw unknownMetric(`"${name}_bucket" needs le, one of ${bounds.join(', ')} and +Inf, not ${quoted(le)}`);
}

/** The series that have these labels. A label that none of the metric's series has is a mistake of the test. */
function matching<Series extends { readonly labels: Labels }>(
  { name, series }: { readonly name: string; readonly series: readonly Series[] },
  labels: Labels,
): Series[] {
  const known = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
  const unknown = Object.keys(labels).find((label) => !known.includes(label));
  if (unknown !== undefined && series.length > 0) {
    throw unknownMetric(`"${name}" has no label ${quoted(unknown)}, but ${known.join(', ') || 'none'}`);
  }
  return series.filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value));
}

function sampleNames({ name, type }: MetricFamily): string[] {
  return type === 'histogram' ? Object.keys(samples).map((suffix) => `${name}${suffix}`) : [name];
}

function unknownMetric(message: string): MetricsError {
  return new MetricsError('unknown_metric', message);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
