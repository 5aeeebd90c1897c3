import { isOpenMetrics } from '../../core/content-type.ts';
import { MetricsError } from '../../core/errors.ts';
import { isMetricName } from '../../core/names.ts';
import { printable } from '../../core/printable.ts';
import type { MetricType } from '../../core/snapshot.ts';

/**
 * A registry of prom-client 15 or @prometheus-io/client: what is used of it, and all of it public.
 * Known by its shape, as both can be installed at once, each in several versions.
 */
export interface PromClientRegistry {
  readonly contentType: string;
  getMetricsAsArray(): readonly object[];
  getMetricsAsJSON(): Promise<readonly object[]>;
  getSingleMetric(name: string): object | undefined;
  /** Takes more than the classes of the library: see `ForeignMetric`. */
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/** Name and type of a metric of theirs, known before it is read. */
export interface ForeignHead {
  /** As it was declared. In a registry of OpenMetrics each counter ends in `_total`. */
  readonly name: string;
  readonly type: MetricType;
}

/** One value as their metrics give it. */
export interface ForeignValue {
  readonly value: number;
  readonly labels: Record<string, string | number>;
  /** Of a histogram's or a summary's parts; where it is missing the family's name is meant. */
  readonly metricName?: string;
  readonly exemplar?: ForeignExemplar;
}

export interface ForeignExemplar {
  readonly labelSet: Record<string, string>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

const methods = [
  'getMetricsAsArray',
  'getMetricsAsJSON',
  'getSingleMetric',
  'registerMetric',
  'removeSingleMetric',
] as const satisfies readonly (keyof PromClientRegistry)[];

/** Throws `invalid_option` for what has not the methods of a registry; `taker` is who was given it. */
export function checkRegistry(taker: string, given: unknown): void {
  const missing = isObject(given) ? methods.filter((method) => typeof given[method] !== 'function') : methods;
  if (missing.length === 0) return;
  const lacks = isObject(given) ? ` without ${missing.join(', ')}` : '';
  throw new MetricsError(
    'invalid_option',
    `${taker} takes a registry of prom-client or @prometheus-io/client, such as its \`register\`, not ${printable(given)}${lacks}`,
  );
}

/** Throws for a metric that no format has a name or a type for. */
export function headOf(registry: PromClientRegistry, metric: unknown): ForeignHead {
  if (!isObject(metric)) throw new Error(`it is ${printable(metric)}, not a metric`);
  const { name, type } = metric;
  if (!isMetricName(name)) throw new Error('its name is not a metric name');
  if (!isType(type)) throw new Error(`its type is ${printable(type)}`);
  if (type !== 'counter') return { name, type };
  // An OpenMetrics scrape of theirs removes `_total` from the metric for good. The registry still finds the metric under the whole name.
  const total = `${name}_total`;
  if (registry.getSingleMetric(total) === metric) return { name: total, type };
  // A registry of OpenMetrics exposes each counter with `_total`. So that is its name in Prometheus.
  return { name: isOpenMetrics(registry.contentType) && !name.endsWith('_total') ? total : name, type };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isType(type: unknown): type is MetricType {
  return type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary';
}
