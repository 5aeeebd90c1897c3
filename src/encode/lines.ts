import { labelsKey } from '../core/labels.ts';
import type { Exemplar, HistogramSeries, LiveFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import { counterFamily } from './counter-family.ts';
import { partSize } from './encoding.ts';

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
  /** What follows the value of a counter or bucket; empty where there is nothing to say. */
  readonly exemplar: (exemplar: Exemplar) => string;
  /** The line that says since when a series counts, empty where it is not said; `labels` as they stand behind a name. */
  readonly created: (family: LiveFamily, labels: string, created: number) => string;
  /** The last line. */
  readonly end: string;
}

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

/** Families without series are left out; native buckets have no place. */
export function* encodeLines(families: Iterable<LiveFamily>, dialect: Dialect): Generator<string, void> {
  let part = '';
  for (const family of families) {
    const lines = linesOf(family, dialect);
    let head = dialect.head(family);
    for (const series of family.series) {
      if (head !== '') part += head;
      head = '';
      part += lines(series);
      if (part.length < partSize) continue;
      yield part;
      part = '';
    }
  }
  part += dialect.end;
  if (part !== '') yield part;
}

/** How a family's series are written. What its series have in common is made here once: it is most of what is written. */
function linesOf(family: LiveFamily, dialect: Dialect): (series: AnySeries) => string {
  const number = numberLines(family, dialect);
  const histogram = histogramLines(family, dialect);
  return (series) => {
    if ('buckets' in series) return histogram(series);
    return 'quantiles' in series ? summaryLines(family, series, dialect) : number(series);
  };
}

function numberLines(family: LiveFamily, dialect: Dialect): (series: NumberSeries) => string {
  const { name } = family;
  const open = `${name}{`;
  const isCounter = counterFamily(family) !== undefined;
  return (series) => {
    const { value, exemplar, created } = series;
    const own = keyOf(series);
    const sample = own === '' ? `${name} ` : `${open}${own}} `;
    const behind = exemplar === undefined || !isCounter ? '' : dialect.exemplar(exemplar);
    const line = sample + lineEnd(dialect.number(value), behind);
    return created === undefined || !isCounter ? line : line + dialect.created(family, braces(own), created);
  };
}

function histogramLines(family: LiveFamily, dialect: Dialect): (series: HistogramSeries) => string {
  let known: HistogramSeries['bounds'] | undefined;
  let bounds: readonly string[] = [];
  return (series) => {
    if (series.bounds !== known) {
      known = series.bounds;
      bounds = [...known.map(dialect.number), '+Inf'].map((bound) => `le="${bound}"} `);
    }
    const { buckets, exemplars, sum, created } = series;
    const own = keyOf(series);
    const head = `${family.name}_bucket{${own}${own === '' ? '' : ','}`;
    let count = 0;
    let lines = '';
    for (let index = 0; index < bounds.length; index += 1) {
      count += buckets[index]!;
      const exemplar = exemplars === undefined ? undefined : exemplars[index];
      const behind = exemplar === undefined ? '' : dialect.exemplar(exemplar);
      lines += head + bounds[index]! + lineEnd(dialect.count(count), behind);
    }
    const behind = braces(own);
    if (dialect.hasTotals(sum, series.bounds)) {
      lines += sumLine(family, behind, sum, dialect) + countLine(family, behind, count, dialect);
    }
    return created === undefined ? lines : lines + dialect.created(family, behind, created);
  };
}

function summaryLines(family: LiveFamily, series: SummarySeries, dialect: Dialect): string {
  const { quantiles, sum, count, created } = series;
  const own = keyOf(series);
  const head = `${family.name}{${own}${own === '' ? '' : ','}`;
  let lines = '';
  for (const [quantile, value] of quantiles) {
    if (!dialect.isSummarized(value, 'quantile')) continue;
    lines += `${head}quantile="${dialect.number(quantile)}"} ${dialect.number(value)}\n`;
  }
  const behind = braces(own);
  if (dialect.isSummarized(sum, 'sum')) lines += sumLine(family, behind, sum, dialect);
  lines += countLine(family, behind, count, dialect);
  return created === undefined ? lines : lines + dialect.created(family, behind, created);
}

function sumLine({ name }: LiveFamily, labels: string, sum: number, dialect: Dialect): string {
  return `${name}_sum${labels} ${dialect.number(sum)}\n`;
}

function countLine({ name }: LiveFamily, labels: string, count: number, dialect: Dialect): string {
  return `${name}_count${labels} ${dialect.count(count)}\n`;
}

/** Put together first, as a few characters are copied where longer texts are linked: what is linked costs memory. */
function lineEnd(value: string, behind: string): string {
  return `${value}${behind}\n`;
}

/** The labels only where there is no key: they may have to be made. */
function keyOf(series: AnySeries): string {
  return series.key ?? labelsKey(series.labels);
}

/** The labels as they stand behind a sample's name: nothing when there are none. */
function braces(key: string): string {
  return key === '' ? '' : `{${key}}`;
}
