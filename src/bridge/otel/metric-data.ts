/**
 * The data of OpenTelemetry's metric readers, as @opentelemetry/sdk-metrics 2 and 3 declare it. Nothing is imported from there: the types
 * fit by their shape. Source: `export/MetricData` in that package.
 */

/** Seconds since 1970, and the nanoseconds of the second. */
export type HrTime = [seconds: number, nanoseconds: number];

export type Attributes = Record<string, string | number>;

/** What is always so here: sums from the start of the process, and numbers that need not be whole. */
export const cumulative = 1;
export const double = 1;

/** `DataPointType`. */
export const pointType = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3 } as const;

/** A source of metrics for `metricProducers` of a reader, such as `PeriodicExportingMetricReader`. */
export interface MetricProducer {
  /** All metrics at this moment. Never rejects: a rejection would lose the reader's other metrics too. */
  collect(): Promise<CollectionResult>;
}

export interface CollectionResult {
  resourceMetrics: { resource: EmptyResource; scopeMetrics: ScopeMetrics[] };
  /** Why metrics are missing; the reader reports it. */
  errors: unknown[];
}

/** The reader takes the resource of its own SDK, and this one nowhere. */
export interface EmptyResource {
  readonly attributes: Attributes;
  merge(other: EmptyResource | null): EmptyResource;
  getRawAttributes(): [];
}

export interface ScopeMetrics {
  scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
  metrics: MetricData[];
}

interface Described {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    /** As in UCUM, such as `s`; empty where it is not known. */
    readonly unit: string;
    readonly valueType: typeof double;
  };
  readonly aggregationTemporality: typeof cumulative;
}

interface SumData extends Described {
  readonly dataPointType: typeof pointType.sum;
  readonly dataPoints: DataPoint<number>[];
  readonly isMonotonic: true;
}

interface GaugeData extends Described {
  readonly dataPointType: typeof pointType.gauge;
  readonly dataPoints: DataPoint<number>[];
}

interface HistogramData extends Described {
  readonly dataPointType: typeof pointType.histogram;
  readonly dataPoints: DataPoint<ExplicitHistogram>[];
}

interface ExponentialHistogramData extends Described {
  readonly dataPointType: typeof pointType.exponentialHistogram;
  readonly dataPoints: DataPoint<ExponentialHistogram>[];
}

/** One metric with all its series. */
export type MetricData = SumData | GaugeData | HistogramData | ExponentialHistogramData;

/** One series. */
export interface DataPoint<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: Value;
  /** Where there are any. The data model has them; OpenTelemetry's exporters in JavaScript do not send them. */
  readonly exemplars?: ExemplarData[];
}

export interface ExemplarData {
  readonly filteredAttributes: Attributes;
  readonly value: number;
  readonly timestamp: HrTime;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

export interface ExplicitHistogram {
  buckets: { boundaries: number[]; counts: number[] };
  /** Left out where values can be below 0, as the data model demands. */
  sum?: number;
  count: number;
}

export interface ExponentialHistogram {
  count: number;
  sum: number;
  scale: number;
  zeroCount: number;
  positive: DenseBuckets;
  negative: DenseBuckets;
}

/** Counts of neighbouring buckets: the first is that of index `offset`. */
export interface DenseBuckets {
  offset: number;
  bucketCounts: number[];
}
