import type { HistogramSeries, MetricFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import type { Encoding } from './encoding.ts';
import { braces, labelText } from './labels.ts';
import { formatNumber } from './number.ts';

/** Prometheus's text format 0.0.4. Families without series are left out; exemplars and native buckets have no place. */
export const text: Encoding = { contentType: 'text/plain; version=0.0.4; charset=utf-8', encode };

function* encode(families: readonly MetricFamily[]): Generator<string, void> {
  for (const { name, help, type, series } of families) {
    let head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const one of series) {
      yield head + seriesLines(name, one);
      head = '';
    }
  }
}

function seriesLines(name: string, series: NumberSeries | HistogramSeries | SummarySeries): string {
  if ('buckets' in series) return histogramLines(name, series);
  if ('quantiles' in series) return summaryLines(name, series);
  return `${name}${braces(labelText(series.labels))} ${formatNumber(series.value)}\n`;
}

function histogramLines(name: string, { labels, bounds, buckets, sum }: HistogramSeries): string {
  const own = labelText(labels);
  const comma = own === '' ? '' : ',';
  let count = 0;
  let lines = '';
  for (let index = 0; index <= bounds.length; index += 1) {
    count += buckets[index]!;
    const bound = index < bounds.length ? formatNumber(bounds[index]!) : '+Inf';
    lines += `${name}_bucket{${own}${comma}le="${bound}"} ${formatNumber(count)}\n`;
  }
  return `${lines}${name}_sum${braces(own)} ${formatNumber(sum)}\n${name}_count${braces(own)} ${formatNumber(count)}\n`;
}

function summaryLines(name: string, { labels, quantiles, sum, count }: SummarySeries): string {
  const own = labelText(labels);
  const comma = own === '' ? '' : ',';
  let lines = '';
  for (const [quantile, value] of quantiles) {
    lines += `${name}{${own}${comma}quantile="${formatNumber(quantile)}"} ${formatNumber(value)}\n`;
  }
  return `${lines}${name}_sum${braces(own)} ${formatNumber(sum)}\n${name}_count${braces(own)} ${formatNumber(count)}\n`;
}

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}
