import { checkKeys } from '../check-keys.ts';
import { checkObject } from '../check-object.ts';
import { checkMaxSeries } from '../limit.ts';
import { checkHelp, checkLabelNames, checkMetricName } from '../names.ts';
import type { NativeHistogramChoice } from '../native/native-options.ts';
import { quoted } from '../printable.ts';

/** The declaration of a metric of the user's with one series. */
export interface MetricSpec {
  /** In base units, with the unit in the name (`_seconds`, `_bytes`). A counter ends in `_total`. */
  readonly name: string;
  /** One line that says what the metric measures. */
  readonly help: string;
  /** Most series of a metric with labels. The series beyond are counted under `other` in every label. 10,000 by default. */
  readonly maxSeries?: number | undefined; // here and not below, where TypeScript would take a variable for this type
}

/** The declaration of a metric with one series for each combination of label values. */
export interface LabeledSpec<Name extends string> extends MetricSpec {
  readonly labelNames: readonly Name[];
}

export interface Buckets {
  /** Upper bounds, inclusive and increasing; +Inf is added. 5 ms to 10 s by default. */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Exponential buckets beside these, for scrapes in Prometheus's protobuf format.
   * By default as `nativeHistograms` of `GrpcMetricsOptions` says.
   */
  readonly nativeHistogram?: NativeHistogramChoice | undefined;
}

export type AnySpec = MetricSpec & Buckets & Partial<Pick<LabeledSpec<string>, 'labelNames'>>;

/** The types of metrics that a user can declare. */
export type UserType = 'counter' | 'gauge' | 'histogram';

/** Most series of one metric of the user's. Generous: as histograms these are some 160,000 lines of a scrape. */
const defaultMaxSeries = 10_000;

const keys = ['name', 'help', 'labelNames', 'maxSeries'];
const keysOf: Readonly<Record<UserType, readonly string[]>> = {
  counter: keys,
  gauge: keys,
  histogram: [...keys, 'buckets', 'nativeHistogram'],
};

/**
 * Throws `MetricsError` unless `spec` declares a metric of this type. Returns the most series that it may have.
 * Bounds and native buckets are checked where they are used.
 */
export function checkSpec(type: UserType, spec: AnySpec): number {
  checkObject(`${type}() takes an object, such as { name, help }`, spec);
  const { name, help, labelNames = [], maxSeries = defaultMaxSeries } = spec;
  checkKeys(name === undefined ? `${type}()` : `${type} ${quoted(name)}`, spec, keysOf[type], ofPromClient);
  checkMetricName(name, type);
  checkHelp(name, help);
  checkLabelNames(name, type, labelNames);
  return checkMaxSeries(`maxSeries of "${name}"`, maxSeries);
}

/** Options of prom-client's metrics that have another place here. */
const ofPromClient = {
  registers: 'call this method of the GrpcMetrics that exposes the metric',
  enableExemplars: 'use the option exemplars of GrpcMetrics, or observe(value, { exemplar })',
};
