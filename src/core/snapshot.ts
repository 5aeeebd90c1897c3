/** Label names and values of one series. */
export type Labels = Readonly<Record<string, string>>;

/** What was observed in one trace: put beside a counter or a bucket, so that a graph leads to the trace. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

interface SeriesHead {
  readonly labels: Labels;
  /** `labelsKey` of the labels, where it is known: it need not be made again to write the series down. */
  readonly key?: string | undefined;
}

export interface NumberSeries extends SeriesHead {
  readonly value: number;
  /** When the counter started at 0, in seconds since 1970; a gauge has none. */
  readonly created?: number | undefined;
  /** Of a counter. */
  readonly exemplar?: Exemplar | undefined;
}

/**
 * Sparse buckets with exponential bounds: bucket `i` of schema `s` counts what is in (2^((i-1)/2^s), 2^(i/2^s)].
 * Source: https://prometheus.io/docs/specs/native_histograms/
 */
export interface NativeBuckets {
  /** -4 to 8; each step up halves the width of the buckets. */
  readonly schema: number;
  /** Observations up to this are in the zero bucket. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  /** Indexes of the buckets that are not empty, increasing. */
  readonly indexes: readonly number[];
  /** Observations in those buckets, not cumulative. With `zeroCount` their sum is the count. */
  readonly counts: readonly number[];
}

export interface HistogramSeries extends SeriesHead {
  /** Upper bounds, inclusive, increasing, without +Inf. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative; one more than `bounds`, the last for +Inf. Their sum is the count. */
  readonly buckets: readonly number[];
  readonly sum: number;
  /** The same observations in native buckets; the count is the same. */
  readonly native?: NativeBuckets | undefined;
  /** When the histogram was empty, in seconds since 1970. */
  readonly created?: number | undefined;
  /** At most one per bucket, at the bucket's index. */
  readonly exemplars?: readonly (Exemplar | undefined)[] | undefined;
}

/** Quantiles that were computed where the values were observed; only other libraries' registries bring them. */
export interface SummarySeries extends SeriesHead {
  /** Value of each quantile (0 to 1), in the order in which they are written. */
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
  readonly sum: number;
  readonly count: number;
  /** When the summary was empty, in seconds since 1970. */
  readonly created?: number | undefined;
}

interface FamilyNames {
  /** As declared, with the counter's `_total`. */
  readonly name: string;
  readonly help: string;
  /** A base unit that the name ends in (before `_total`), such as `seconds`. */
  readonly unit?: string;
}

export interface NumberFamily extends FamilyNames {
  readonly type: 'counter' | 'gauge';
  readonly series: readonly NumberSeries[];
}

export interface HistogramFamily extends FamilyNames {
  readonly type: 'histogram';
  readonly series: readonly HistogramSeries[];
}

export interface SummaryFamily extends FamilyNames {
  readonly type: 'summary';
  readonly series: readonly SummarySeries[];
}

/** All series of one metric at one moment: plain data, which can be encoded, merged, sent and drawn. */
export type MetricFamily = NumberFamily | HistogramFamily | SummaryFamily;

export type MetricType = MetricFamily['type'];

/** What identifies a family, without its series. */
export interface FamilyHead {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
}

/**
 * A family that is read while it is written down: `series` can be gone through once, and gives each as it is then.
 * What it gives is to be used before the next one is asked for, or copied.
 */
export interface LiveFamily extends FamilyNames {
  readonly type: MetricType;
  /** Of a counter whose name without `_total` belongs to another family: OpenMetrics has it under its whole name, of unknown type. */
  readonly isUntyped?: boolean;
  readonly series: Iterable<NumberSeries | HistogramSeries | SummarySeries>;
}
