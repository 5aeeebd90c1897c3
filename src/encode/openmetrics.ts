import type { Exemplar, HistogramSeries, MetricFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import type { Encoding } from './encoding.ts';
import { isSendable, isTime } from './exemplar.ts';
import { braces, escapeQuoted, labelText } from './labels.ts';
import { formatNumber } from './number.ts';
import { familyUnit } from './unit.ts';

/** Every field has a default; the default is in the signature of `createOpenMetrics`. */
export interface OpenMetricsOptions {
  /** What the Content-Type says; the text is the same. */
  readonly version?: '1.0.0' | '0.0.1';
  /** Whether `_created` samples say since when a series counts. Prometheus stores each as a series of its own. */
  readonly created?: boolean;
}

/**
 * OpenMetrics, as client_golang writes it: floats with a point or an exponent (`17.0`), counts without (`17`).
 * Families without series are left out; native buckets have no place.
 *
 * Unlike client_golang's, timestamps have no exponent, which the specification advises against and
 * the reference parser misreads.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function createOpenMetrics({ version = '1.0.0', created = false }: OpenMetricsOptions = {}): Encoding {
  return {
    contentType: `application/openmetrics-text; version=${version}; charset=utf-8`,
    encode: (families) => encode(families, created),
  };
}

/** OpenMetrics 1.0.0, without `_created` samples. */
export const openMetrics: Encoding = createOpenMetrics();

/** The same for scrapers that ask for the draft, 0.0.1. */
export const openMetricsDraft: Encoding = createOpenMetrics({ version: '0.0.1' });

function* encode(families: readonly MetricFamily[], withCreated: boolean): Generator<string, void> {
  for (const family of families) {
    const { name, type } = familyHead(family);
    let head = headLines(family, name, type);
    for (const series of family.series) {
      let lines: string;
      if ('buckets' in series) lines = histogramLines(name, series, withCreated);
      else if ('quantiles' in series) lines = summaryLines(name, series, withCreated);
      else if (type === 'counter') lines = counterLines(name, series, withCreated);
      else lines = `${name}${braces(labelText(series.labels))} ${formatFloat(series.value)}\n`;
      yield head + lines;
      head = '';
    }
  }
  yield '# EOF\n';
}

/** A counter's family is named without `_total`; one that has none is of unknown type, as the name is all it has. */
function familyHead({ name, type }: MetricFamily): { name: string; type: MetricFamily['type'] | 'unknown' } {
  if (type !== 'counter') return { name, type };
  return name.endsWith('_total') ? { name: name.slice(0, -'_total'.length), type } : { name, type: 'unknown' };
}

function headLines(family: MetricFamily, name: string, type: string): string {
  const unit = familyUnit(family);
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# HELP ${name} ${escapeQuoted(family.help)}\n# TYPE ${name} ${type}\n${unitLine}`;
}

function counterLines(name: string, { labels, value, exemplar, created }: NumberSeries, withCreated: boolean): string {
  const own = braces(labelText(labels));
  const line = `${name}_total${own} ${formatFloat(value)}${exemplarText(exemplar)}\n`;
  return withCreated ? line + createdLine(name, own, created) : line;
}

function histogramLines(
  name: string,
  { labels, bounds, buckets, sum, exemplars, created }: HistogramSeries,
  withCreated: boolean,
): string {
  const own = labelText(labels);
  const comma = own === '' ? '' : ',';
  let count = 0;
  let lines = '';
  for (let index = 0; index <= bounds.length; index += 1) {
    count += buckets[index]!;
    const bound = index < bounds.length ? formatFloat(bounds[index]!) : '+Inf';
    lines += `${name}_bucket{${own}${comma}le="${bound}"} ${count}${exemplarText(exemplars?.[index])}\n`;
  }
  const set = braces(own);
  lines += `${name}_sum${set} ${formatFloat(sum)}\n${name}_count${set} ${count}\n`;
  return withCreated ? lines + createdLine(name, set, created) : lines;
}

function summaryLines(
  name: string,
  { labels, quantiles, sum, count, created }: SummarySeries,
  withCreated: boolean,
): string {
  const own = labelText(labels);
  const comma = own === '' ? '' : ',';
  let lines = '';
  for (const [quantile, value] of quantiles) {
    lines += `${name}{${own}${comma}quantile="${formatFloat(quantile)}"} ${formatFloat(value)}\n`;
  }
  const set = braces(own);
  lines += `${name}_sum${set} ${formatFloat(sum)}\n${name}_count${set} ${count}\n`;
  return withCreated ? lines + createdLine(name, set, created) : lines;
}

function createdLine(name: string, own: string, created: number | undefined): string {
  return isTime(created) ? `${name}_created${own} ${formatTime(created)}\n` : '';
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (!isSendable(exemplar)) return '';
  const { labels, value, timestamp } = exemplar;
  return ` # {${labelText(labels)}} ${formatFloat(value)} ${formatTime(timestamp)}`;
}

/** A number that cannot be taken for an integer: bounds are label values, and `1` and `1.0` are two series. */
function formatFloat(value: number): string {
  const digits = formatNumber(value);
  return /[.eIN]/.test(digits) ? digits : `${digits}.0`;
}

/** Seconds without an exponent, to the microsecond: at today's times a double holds no more. */
function formatTime(seconds: number): string {
  const text = seconds.toFixed(6);
  return text.replace(/0{1,5}$/, '');
}
