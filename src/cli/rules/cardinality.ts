import { type ExposedFamily, type Exposition, seriesKey } from '../../decode/exposition.ts';
import type { Problem } from '../../decode/problem.ts';
import type { Limits } from './rule.ts';

/** Families with too many series, and labels with too many values: each series costs Prometheus memory for hours. */
export function* cardinality({ families }: Exposition, { maxSeries, maxLabelValues }: Limits): Generator<Problem> {
  for (const family of families.values()) {
    const { series, labels } = count(family);
    const [largest] = labels;
    if (series > maxSeries) {
      const tops = labels.slice(0, 3).map(([label, values]) => `${label} has ${values.size} values`);
      yield {
        severity: 'warning',
        rule: 'many_series',
        subject: family.name,
        problem: `${series} series, more than ${maxSeries}: ${tops.join(', ') || 'without labels'}`,
        remedy: `drop or bound the label ${largest?.[0] ?? 'that varies'}; --max-series allows more`,
      };
    }
    for (const [label, values] of labels) {
      if (values.size <= maxLabelValues) continue;
      const examples = [...values].slice(0, 3).map((value) => JSON.stringify(value));
      yield {
        severity: 'warning',
        rule: 'many_label_values',
        subject: family.name,
        problem: `label ${label} has ${values.size} values, more than ${maxLabelValues}: ${examples.join(', ')}, ...`,
        remedy: 'keep ids, addresses and free text out of labels; --max-label-values allows more',
      };
    }
  }
}

/** Labels with the most values first. Buckets and quantiles are no series of their own. */
function count({ type, samples }: ExposedFamily): { series: number; labels: [label: string, values: Set<string>][] } {
  const own = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : undefined;
  const series = new Set<string>();
  const labels = new Map<string, Set<string>>();
  for (const sample of samples) {
    const rest = sample.labels.filter(([label]) => label !== own);
    series.add(seriesKey('', rest));
    for (const [label, value] of rest) {
      const values = labels.get(label) ?? new Set();
      labels.set(label, values.add(value));
    }
  }
  return { series: series.size, labels: [...labels].sort(([, a], [, b]) => b.size - a.size) };
}
