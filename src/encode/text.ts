import type { HistogramSeries, Labels, MetricFamily } from '../core/snapshot.ts';
import { formatNumber } from './number.ts';

export const textContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** A snapshot in Prometheus's text format 0.0.4. Families without series are left out. */
export function encodeText(families: readonly MetricFamily[]): string {
  let text = '';
  for (const family of families) {
    if (family.series.length === 0) continue;
    text += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
    if (family.type === 'histogram') {
      for (const series of family.series) text += histogramLines(family.name, series);
    } else {
      for (const { labels, value } of family.series) {
        text += `${family.name}${braces(labelText(labels))} ${formatNumber(value)}\n`;
      }
    }
  }
  return text;
}

function histogramLines(name: string, { labels, bounds, buckets, sum }: HistogramSeries): string {
  const own = labelText(labels);
  const comma = own === '' ? '' : ',';
  let count = 0;
  let text = '';
  for (let index = 0; index <= bounds.length; index += 1) {
    count += buckets[index]!;
    const bound = index < bounds.length ? formatNumber(bounds[index]!) : '+Inf';
    text += `${name}_bucket{${own}${comma}le="${bound}"} ${formatNumber(count)}\n`;
  }
  return `${text}${name}_sum${braces(own)} ${formatNumber(sum)}\n${name}_count${braces(own)} ${formatNumber(count)}\n`;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeLabel(labels[name]!)}"`;
  return text;
}

function braces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function escapeHelp(help: string): string {
  return help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
}

function escapeLabel(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replace(/[\\\n"]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
