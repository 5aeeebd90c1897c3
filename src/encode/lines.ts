import { labelsKey } from '../core/labels.ts';
import type { Exemplar, HistogramSeries, LiveFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import { counterFamily } from './counter-family.ts';
import { isTime } from './exemplar.ts';

/** What Prometheus's text format and OpenMetrics do not write the same way. */
export interface Dialect {
  /** The lines before a family's first sample. */
  readonly head: (family: LiveFamily) => string;
  /** A sample's value, and a bound or quantile in a label. */
  readonly number: (value: number) => string;
  /** A number of observations. */
  readonly count: (value: number) => string;
  /** Whether a histogram has its sum and count. `bounds` are its upper bounds. */
  readonly hasTotals: (sum: number, bounds: readonly number[]) => boolean;
  /** Whether a summary has this sum or this value of a quantile. */
  readonly isSummarized: (value: number, part: 'sum' | 'quantile') => boolean;
  /** What follows the value of a counter or bucket, empty where there is nothing to say; undefined where exemplars have no place. */
  readonly exemplar: ((exemplar: Exemplar) => string) | undefined;
  /** The value of the line that says since when a series counts, in seconds since 1970; undefined where there is no such line. */
  readonly created: ((seconds: number) => string) | undefined;
  /** The last line. */
  readonly end: string;
}

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

type WriteSeries<Series = AnySeries> = (series: Series, into: LineTaker) => void;

/** Takes the lines of a scrape in their order. */
export interface LineTaker {
  /**
   * Begins the lines of a series, or those before a family's first. What is begun with the same three has the same lines but for their values.
   * Returns whether their text is asked for.
   */
  begin(name: string, form: number, bounds: readonly number[] | undefined): boolean;
  /** Takes what comes before a value. Only where it is asked for. */
  text(text: string): void;
  /** Takes a value, and ends its line. */
  value(value: number, format: (value: number) => string, exemplar: Exemplar | undefined): void;
}

/** What of a series is not always there, as the bits of its form. */
const [withCreated, withTotals] = [1, 2];

/** Writes the lines before the first sample of a family. */
export function writeHead(head: string, into: LineTaker): void {
  if (into.begin(head, 0, undefined)) into.text(head);
}

/** How a family's series are written. What its series have in common is made here once: it is most of what is written. */
export function linesOf(family: LiveFamily, dialect: Dialect): WriteSeries {
  switch (family.type) {
    case 'histogram':
      return histogramLines(family, dialect) as WriteSeries; // a family's series are of its type
    case 'summary':
      return summaryLines(family, dialect) as WriteSeries; // as above
    default:
      return numberLines(family, dialect) as WriteSeries; // as above
  }
}

function numberLines(family: LiveFamily, dialect: Dialect): WriteSeries<NumberSeries> {
  const { name } = family;
  const open = `${name}{`;
  const isCounter = counterFamily(family) !== undefined;
  const hasExemplars = isCounter && dialect.exemplar !== undefined;
  return (series, into) => {
    const own = keyOf(series);
    const created = isCounter ? createdOf(series, dialect) : undefined;
    const isAsked = into.begin(own, created === undefined ? 0 : withCreated, undefined);
    if (isAsked) into.text(own === '' ? `${name} ` : `${open}${own}} `);
    into.value(series.value, dialect.number, hasExemplars ? series.exemplar : undefined);
    if (created !== undefined) writeCreated(family, own, created, dialect, isAsked, into);
  };
}

function histogramLines(family: LiveFamily, dialect: Dialect): WriteSeries<HistogramSeries> {
  const { name } = family;
  let known: HistogramSeries['bounds'] | undefined;
  let texts: readonly string[] = [];
  const textsOf = (bounds: HistogramSeries['bounds']) => {
    if (bounds === known) return texts;
    known = bounds;
    texts = [...known.map(dialect.number), '+Inf'].map((bound) => `le="${bound}"} `);
    return texts;
  };
  return (series, into) => {
    const { bounds, buckets, sum } = series;
    const exemplars = dialect.exemplar && series.exemplars;
    const own = keyOf(series);
    const created = createdOf(series, dialect);
    const hasTotals = dialect.hasTotals(sum, bounds);
    const form = (created === undefined ? 0 : withCreated) + (hasTotals ? withTotals : 0);
    const isAsked = into.begin(own, form, bounds);
    const head = isAsked ? `${name}_bucket{${own}${own === '' ? '' : ','}` : '';
    let count = 0;
    for (let index = 0; index <= bounds.length; index += 1) {
      count += buckets[index]!;
      if (isAsked) into.text(head + textsOf(bounds)[index]!);
      into.value(count, dialect.count, exemplars === undefined ? undefined : exemplars[index]);
    }
    if (hasTotals) {
      if (isAsked) into.text(`${name}_sum${braces(own)} `);
      into.value(sum, dialect.number, undefined);
      if (isAsked) into.text(`${name}_count${braces(own)} `);
      into.value(count, dialect.count, undefined);
    }
    if (created !== undefined) writeCreated(family, own, created, dialect, isAsked, into);
  };
}

/** The quantiles that have a value may be others each time, so that a summary is one text. */
function summaryLines(family: LiveFamily, dialect: Dialect): WriteSeries<SummarySeries> {
  return (series, into) => {
    const text = summaryText(family, series, dialect);
    if (into.begin(text, 0, undefined)) into.text(text);
  };
}

function summaryText(family: LiveFamily, series: SummarySeries, dialect: Dialect): string {
  const { name } = family;
  const { quantiles, sum, count } = series;
  const own = keyOf(series);
  const head = `${name}{${own}${own === '' ? '' : ','}`;
  const behind = braces(own);
  let lines = '';
  for (const [quantile, value] of quantiles) {
    if (!dialect.isSummarized(value, 'quantile')) continue;
    lines += `${head}quantile="${dialect.number(quantile)}"} ${dialect.number(value)}\n`;
  }
  if (dialect.isSummarized(sum, 'sum')) lines += `${name}_sum${behind} ${dialect.number(sum)}\n`;
  lines += `${name}_count${behind} ${dialect.count(count)}\n`;
  const created = createdOf(series, dialect);
  return created === undefined ? lines : `${lines}${createdText(family, own)}${dialect.created!(created)}\n`;
}

function writeCreated(
  family: LiveFamily,
  own: string,
  created: number,
  { created: format }: Dialect,
  isAsked: boolean,
  into: LineTaker,
): void {
  if (isAsked) into.text(createdText(family, own));
  into.value(created, format!, undefined);
}

function createdText(family: LiveFamily, own: string): string {
  return `${counterFamily(family) ?? family.name}_created${braces(own)} `;
}

/** When a series started, where a line says so. */
function createdOf({ created }: AnySeries, dialect: Dialect): number | undefined {
  return dialect.created !== undefined && isTime(created) ? created : undefined;
}

/** The labels only where there is no key: they may have to be made. */
function keyOf(series: AnySeries): string {
  return series.key ?? labelsKey(series.labels);
}

/** The labels as they stand behind a sample's name: nothing when there are none. */
function braces(key: string): string {
  return key === '' ? '' : `{${key}}`;
}
