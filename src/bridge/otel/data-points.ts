import type { Exemplar, HistogramSeries, Labels, NativeBuckets, NumberSeries } from '../../core/snapshot.ts';
import { denseBuckets } from './dense-buckets.ts';
import type {
  Attributes,
  DataPoint,
  ExemplarData,
  ExplicitHistogram,
  ExponentialHistogram,
  HrTime,
} from './metric-data.ts';

/** What the series of one metric have in common. */
export interface PointContext {
  /** Seconds since 1970. */
  readonly now: number;
  readonly attributesOf: (labels: Labels) => Attributes;
}

export function numberPoint(series: NumberSeries, context: PointContext): DataPoint<number> {
  return point(series, context, series.value, series.exemplar === undefined ? [] : [series.exemplar]);
}

export function histogramPoint(series: HistogramSeries, context: PointContext): DataPoint<ExplicitHistogram> {
  const { bounds, buckets, sum } = series;
  const value: ExplicitHistogram = {
    buckets: { boundaries: [...bounds], counts: [...buckets] },
    count: countOf(series),
    ...(bounds[0] !== undefined && bounds[0] < 0 ? undefined : { sum }),
  };
  return point(series, context, value, series.exemplars);
}

/** `native` are the series' own buckets. */
export function exponentialPoint(
  series: HistogramSeries,
  native: NativeBuckets,
  context: PointContext,
): DataPoint<ExponentialHistogram> {
  const value = {
    ...denseBuckets(native),
    count: countOf(series),
    sum: series.sum,
    zeroCount: native.zeroCount,
    negative: { offset: 0, bucketCounts: [] },
  };
  return point(series, context, value, series.exemplars);
}

function point<Value>(
  { labels, created }: NumberSeries | HistogramSeries,
  { now, attributesOf }: PointContext,
  value: Value,
  exemplars: readonly (Exemplar | undefined)[] = [],
): DataPoint<Value> {
  const made = {
    startTime: hrTime(created ?? now),
    endTime: hrTime(now),
    attributes: attributesOf(labels),
    value,
  };
  const found = exemplars.flatMap((exemplar) => exemplar ?? []);
  return found.length === 0 ? made : { ...made, exemplars: found.map(exemplarData) };
}

function exemplarData({ labels, value, timestamp }: Exemplar): ExemplarData {
  const { trace_id: traceId, span_id: spanId, ...filteredAttributes } = labels;
  return { filteredAttributes, value, timestamp: hrTime(timestamp), traceId, spanId };
}

function countOf({ buckets }: HistogramSeries): number {
  return buckets.reduce((sum, count) => sum + count, 0);
}

function hrTime(seconds: number): HrTime {
  const whole = Math.floor(seconds);
  return [whole, Math.round((seconds - whole) * 1e9)];
}
