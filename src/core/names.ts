import { MetricsError } from './errors.ts';
import { quoted } from './printable.ts';
import type { MetricType } from './snapshot.ts';

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Whether it is a metric name in every exposition format. */
export function isMetricName(name: unknown): name is string {
  return typeof name === 'string' && metricName.test(name);
}

/** Whether it is a label name in every exposition format, and not one of Prometheus's own (`__name__`). */
export function isLabelName(name: string): boolean {
  return labelName.test(name) && !name.startsWith('__');
}

/**
 * Throws unless `name` is a metric name in every exposition format.
 *
 * Counters must end in `_total` and nothing else may: OpenMetrics demands it, so that a name that breaks the rule
 * would have to change with the scraper's format.
 * Source: https://prometheus.io/docs/concepts/data_model/ and the OpenMetrics 1.0 specification.
 */
export function checkMetricName(name: string, type: MetricType): void {
  if (!isMetricName(name)) {
    throw new MetricsError('invalid_name', `metric name ${quoted(name)} must match ${metricName.source}`);
  }
  if (type === 'counter' && !name.endsWith('_total')) {
    throw new MetricsError(
      'invalid_name',
      `counter ${quoted(name)} must end in _total: name it ${quoted(`${name}_total`)}`,
    );
  }
  if (type === 'counter' && counterBase(name) === undefined) {
    throw new MetricsError('invalid_name', `counter ${quoted(name)} needs a name before _total`);
  }
  if (type !== 'counter' && name.endsWith('_total')) {
    throw new MetricsError(
      'invalid_name',
      `${type} ${quoted(name)} must not end in _total: that is a counter's suffix`,
    );
  }
}

export function checkHelp(name: string, help: string): void {
  if (typeof help !== 'string' || help.trim() === '') {
    throw new MetricsError(
      'invalid_option',
      `metric ${quoted(name)} needs a help text: say in one line what it measures`,
    );
  }
}

/** Throws unless `names` are distinct label names that a metric of this type may have. */
export function checkLabelNames(metric: string, type: MetricType, names: readonly string[]): void {
  if (!Array.isArray(names)) {
    throw new MetricsError('invalid_label', `labelNames of ${quoted(metric)} must be an array, not ${quoted(names)}`);
  }
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || !isLabelName(name)) {
      throw new MetricsError(
        'invalid_label',
        `label name ${quoted(name)} of ${quoted(metric)} must match ${labelName.source} and not start with __`,
      );
    }
    if (type === 'histogram' && name === 'le') {
      throw new MetricsError('invalid_label', `label name "le" of ${quoted(metric)} is the histogram's own: rename it`);
    }
    if (names.indexOf(name) !== index) {
      throw new MetricsError('invalid_label', `label name ${quoted(name)} of ${quoted(metric)} is given twice`);
    }
  }
}

/** The name that OpenMetrics gives the family of a counter: without `_total`. Undefined where that leaves no name. */
export function counterBase(name: string): string | undefined {
  return name.endsWith('_total') && name !== '_total' ? name.slice(0, -'_total'.length) : undefined;
}

/** The names of a metric's samples in Prometheus's text format, which are those of its series in Prometheus, and its own name. */
export function sampleNames(name: string, type: MetricType): readonly string[] {
  if (type === 'counter' || type === 'gauge') return [name];
  const parts = [name, `${name}_sum`, `${name}_count`];
  return type === 'histogram' ? [...parts, `${name}_bucket`] : parts;
}

/**
 * The names that a metric occupies in any exposition format: two metrics must not share one.
 * OpenMetrics names a counter's family without `_total`; counters of other libraries may have none.
 */
export function occupiedNames(name: string, type: MetricType): readonly string[] {
  if (type === 'gauge') return [name];
  if (type !== 'counter') return [...sampleNames(name, type), `${name}_created`];
  const base = counterBase(name);
  return base === undefined ? [name] : [name, base, `${base}_created`];
}
