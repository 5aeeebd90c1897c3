import { checkKeys } from '../check-keys.ts';
import { checkObject } from '../check-object.ts';
import { checkFunction } from '../check-type.ts';
import { invalidOption } from '../errors.ts';
import { checkMaxSeries } from '../limit.ts';
import { checkHelp, checkLabelNames, checkMetricName } from '../names.ts';
import type { NativeHistogramChoice } from '../native/native-options.ts';
import { quoted } from '../printable.ts';
import type { LabeledValue } from './read-gauge.ts';
import { type GaugeMerge, gaugeMerges } from './series-watcher.ts';

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
export interface LabeledMetricSpec<Name extends string> extends MetricSpec {
  /** The names of its labels, in the order in which scrapes have them. */
  readonly labelNames: readonly Name[];
}

/** The declaration of a gauge with one series. */
export interface GaugeSpec extends MetricSpec {
  /**
   * How the values of several processes become one, with the option `processes`: `sum`, `max`, `min`, or `each` of them with
   * the label `worker`. `sum` by default.
   */
  readonly merge?: GaugeMerge | undefined;
}

/** The declaration of a gauge with one series for each combination of label values. */
export interface LabeledGaugeSpec<Name extends string> extends LabeledMetricSpec<Name>, Pick<GaugeSpec, 'merge'> {}

/** The declaration of a histogram with one series. */
export interface HistogramSpec extends MetricSpec {
  /**
   * Upper bounds, inclusive and increasing; +Inf is added. 5 ms to 10 s by default.
   *
   * With a first bound below 0 the histogram counts negative values, too. It has no `_sum` and `_count` in OpenMetrics then, as
   * the format forbids a sum that can go down.
   */
  readonly buckets?: readonly number[] | undefined;
  /**
   * Exponential buckets beside these, for scrapes in Prometheus's protobuf format.
   * By default as `nativeHistograms` of `GrpcMetricsOptions` says. A histogram with a bound below 0 cannot have them.
   */
  readonly nativeHistogram?: NativeHistogramChoice | undefined;
}

/** The declaration of a histogram with one series for each combination of label values. */
export interface LabeledHistogramSpec<Name extends string>
  extends LabeledMetricSpec<Name>,
    Pick<HistogramSpec, 'buckets' | 'nativeHistogram'> {}

/**
 * The declaration of a gauge whose value the library reads at each scrape.
 *
 * ```ts
 * metrics.gauge({ name: 'pool_connections', help: 'Open connections', read: () => pool.size });
 * ```
 */
export interface ReadGaugeSpec extends GaugeSpec {
  /** Returns the value, or a promise of it. */
  readonly read: () => number | PromiseLike<number>;
  /**
   * Seconds that `read` may take. A gauge that takes longer is left out of the scrape. 0.001 to 60; 1 by default.
   * Keep it well below the timeout of your scrapes.
   */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * The declaration of a gauge with labels whose values the library reads at each scrape.
 *
 * ```ts
 * metrics.gauge({
 *   name: 'queue_jobs',
 *   help: 'Jobs that wait',
 *   labelNames: ['queue'],
 *   read: () => queues.map(({ name, jobs }) => ({ labels: { queue: name }, value: jobs.length })),
 * });
 * ```
 */
export interface LabeledReadGaugeSpec<Name extends string>
  extends LabeledGaugeSpec<Name>,
    Pick<ReadGaugeSpec, 'timeoutSeconds'> {
  /** Returns the value of each series, or a promise of them. A series that it no longer returns is in no scrape. */
  readonly read: () => Iterable<LabeledValue<NoInfer<Name>>> | PromiseLike<Iterable<LabeledValue<NoInfer<Name>>>>;
}

/** Any of these declarations, as the registry reads it. */
export type AnySpec = HistogramSpec &
  Pick<ReadGaugeSpec, 'timeoutSeconds' | 'merge'> &
  Partial<Pick<LabeledMetricSpec<string>, 'labelNames'>> & { readonly read?: () => unknown };

/** The types of metrics that a user can declare. */
export type UserType = 'counter' | 'gauge' | 'histogram';

const ofPromClient = {
  registers: 'call this method of the GrpcMetrics that exposes the metric',
  enableExemplars: 'use the option exemplars of GrpcMetrics, or observe(value, { exemplar })',
};
const countInstead = 'call inc() where it happens: only gauges are read at each scrape';
const observeInstead = 'call observe() where it happens: only gauges are read at each scrape';

/** Most series of one metric of the user's. Generous: as histograms these are some 160,000 lines of a scrape. */
const defaultMaxSeries = 10_000;

const keys = ['name', 'help', 'labelNames', 'maxSeries'];
const keysOf: Readonly<Record<UserType, readonly string[]>> = {
  counter: keys,
  gauge: [...keys, 'merge', 'read', 'timeoutSeconds'],
  histogram: [...keys, 'buckets', 'nativeHistogram'],
};

/**
 * Throws `MetricsError` unless `spec` declares a metric of this type. Returns the most series that it may have.
 * Bounds and native buckets are checked where they are used.
 */
export function checkSpec(type: UserType, spec: AnySpec): number {
  checkObject(`${type}() takes an object, such as { name, help }`, spec);
  const { name, help, labelNames = [], maxSeries = defaultMaxSeries } = spec;
  checkKeys(name === undefined ? `${type}()` : `${type} ${quoted(name)}`, spec, keysOf[type], instead[type]);
  checkMetricName(name, type);
  checkHelp(name, help);
  checkLabelNames(name, type, labelNames);
  if (type === 'gauge') checkReading(spec);
  if (spec.merge !== undefined) checkMerge(spec);
  return checkMaxSeries(`maxSeries of "${name}"`, maxSeries);
}

/** What replaces options of prom-client's metrics, and options of other types of metrics. */
const instead: Readonly<Record<UserType, Readonly<Record<string, string>>>> = {
  counter: { ...ofPromClient, collect: countInstead, read: countInstead },
  gauge: { ...ofPromClient, collect: 'use read, a function that returns the value' },
  histogram: { ...ofPromClient, collect: observeInstead, read: observeInstead },
};

function checkMerge({ name, merge, labelNames = [] }: AnySpec): void {
  if (!gaugeMerges.includes(merge!)) {
    throw invalidOption(`merge of ${quoted(name)} must be one of ${gaugeMerges.join(', ')}, not ${quoted(merge)}`);
  }
  if (merge === 'each' && labelNames.includes('worker')) {
    throw invalidOption(`merge: 'each' of ${quoted(name)} adds the label worker: rename yours`);
  }
}

function checkReading({ name, read, timeoutSeconds }: AnySpec): void {
  checkFunction(`read of ${quoted(name)}`, read, '() => the value');
  if (timeoutSeconds === undefined) return;
  if (read === undefined) throw invalidOption(`timeoutSeconds of ${quoted(name)} is for a gauge with read`);
  if (typeof timeoutSeconds === 'number' && timeoutSeconds >= 0.001 && timeoutSeconds <= 60) return;
  const right = 'a number from 0.001 to 60';
  throw invalidOption(`timeoutSeconds of ${quoted(name)} must be ${right}, not ${quoted(timeoutSeconds)}`);
}

/** What a gauge is declared with beside what all metrics have; nothing where it is the default. */
export function mergeOf({ merge }: AnySpec): Pick<GaugeSpec, 'merge'> {
  return merge === undefined || merge === 'sum' ? {} : { merge };
}
