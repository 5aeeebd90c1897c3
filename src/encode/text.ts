import type { HistogramSeries, MetricFamily } from '../core/snapshot.ts';
import type { Encoding } from './encoding.ts';
import { braces, labelText } from './labels.ts';
import { formatNumber } from './number.ts';

/** Prometheus's text format 0.0.4. Families without series are left out; exemplars and native buckets have no place. */
export const text: Encoding = { contentType: 'text/plain; version=0.0.4; charset=utf-8', encode };

function* encode(families: readonly MetricFamily[]): Generator<string, void> {
  for (const { name, help, type, series } of families) {
    let head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const one of series) {
      const lines =
        'buckets' in one
          ? histogramLines(name, one)
          : `${name}${braces(labelText(one.labels))} ${formatNumber(one.value)}\n`;
      yield head + lines;
      head = '';
    }
  }
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

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}
