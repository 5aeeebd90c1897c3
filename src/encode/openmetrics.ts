import { hasNegativeBound } from '../core/histogram.ts';
import { escapeQuoted, labelsKey } from '../core/labels.ts';
import type { Exemplar, LiveFamily } from '../core/snapshot.ts';
import { counterFamily } from './counter-family.ts';
import type { Encoding } from './encoding.ts';
import { isSendable } from './exemplar.ts';
import type { Dialect } from './lines.ts';
import { formatNumber } from './number.ts';
import { encodeLines } from './plain-lines.ts';
import { RepeatedLines } from './repeated-lines.ts';
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
 *
 * A sum must be a counter here: neither NaN nor negative, and none beside buckets below 0. A histogram without its sum has no count
 * either: the bucket of +Inf is the count. Nor are a summary's quantiles negative. client_golang writes all of that, and the
 * reference parser then refuses the whole answer.
 * Unlike client_golang's, timestamps have no exponent, which the specification advises against and
 * the reference parser misreads.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function createOpenMetrics({ version = '1.0.0', created = false }: OpenMetricsOptions = {}): Encoding {
  const dialect = created ? { ...withoutCreated, created: formatTime } : withoutCreated;
  return {
    contentType: `application/openmetrics-text; version=${version}; charset=utf-8`,
    encode: (families) => encodeLines(families, dialect),
    repeated: () => new RepeatedLines(dialect),
  };
}

const withoutCreated: Dialect = {
  head: headLines,
  number: formatFloat,
  count: String,
  hasTotals: (sum, bounds) => sum >= 0 && !hasNegativeBound(bounds),
  isSummarized: (value, part) => value >= 0 || (part === 'quantile' && Number.isNaN(value)),
  exemplar: exemplarText,
  created: undefined,
  end: '# EOF\n',
};

/** A counter's family is named without `_total`. A counter that cannot be named so is of unknown type. */
function headLines(family: LiveFamily): string {
  const counter = counterFamily(family);
  const name = counter ?? family.name;
  const type = family.type === 'counter' && counter === undefined ? 'unknown' : family.type;
  const unit = familyUnit(family);
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# HELP ${name} ${escapeQuoted(family.help)}\n# TYPE ${name} ${type}\n${unitLine}`;
}

function exemplarText(exemplar: Exemplar): string {
  if (!isSendable(exemplar)) return '';
  const { labels, value, timestamp } = exemplar;
  return ` # {${labelsKey(labels)}} ${formatFloat(value)} ${formatTime(timestamp)}`;
}

/** A number that cannot be taken for an integer: bounds are label values, and `1` and `1.0` are two series. */
function formatFloat(value: number): string {
  const digits = formatNumber(value);
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? `${digits}.0` : digits;
}

/** Seconds without an exponent, to the microsecond: at today's times a double holds no more. */
function formatTime(seconds: number): string {
  const text = seconds.toFixed(6);
  return text.replace(/0{1,5}$/, '');
}
