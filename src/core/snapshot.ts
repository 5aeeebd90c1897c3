/** Label names and values of one series. */
export type Labels = Readonly<Record<string, string>>;

export interface NumberSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: Labels;
  /** Upper bounds, inclusive, increasing, without +Inf. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative; one more than `bounds`, the last for +Inf. Their sum is the count. */
  readonly buckets: ArrayLike<number>;
  readonly sum: number;
}

interface FamilyHead {
  /** As declared, with the counter's `_total`. */
  readonly name: string;
  readonly help: string;
}

export interface NumberFamily extends FamilyHead {
  readonly type: 'counter' | 'gauge';
  readonly series: readonly NumberSeries[];
}

export interface HistogramFamily extends FamilyHead {
  readonly type: 'histogram';
  readonly series: readonly HistogramSeries[];
}

/** All series of one metric at one moment: plain data, which can be encoded, merged, sent and drawn. */
export type MetricFamily = NumberFamily | HistogramFamily;

export type MetricType = MetricFamily['type'];
