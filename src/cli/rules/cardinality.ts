import type { ExposedFamily, Sample } from '../../decode/exposition.ts';
import { ownCopy } from '../../decode/own-copy.ts';
import { SeriesTable } from '../../decode/series-table.ts';
import type { CreateRule } from './rule.ts';

/** Distinct values of one label in one family. */
interface ValueCount {
  size: number;
  last: string | undefined;
  /** The first few of them. */
  readonly examples: string[];
}

/** Series and labels of one family. */
interface FamilyCount {
  series: number;
  readonly labels: Map<string, ValueCount>;
}

/** Families with too many series, and labels with too many values: each series costs Prometheus memory for hours. */
export const cardinality: CreateRule = (report, { maxSeries, maxLabelValues }) => {
  const counts = new WeakMap<ExposedFamily, FamilyCount>();
  /** Values by family and label, of all families. */
  const values = new SeriesTable();
  /** Histograms and summaries without the labels of their own. */
  const series = new SeriesTable();

  const countValue = (family: ExposedFamily, count: FamilyCount, label: string, value: string) => {
    let known = count.labels.get(label);
    if (known === undefined) {
      known = { size: 0, last: undefined, examples: [] };
      count.labels.set(ownCopy(label), known);
    }
    // Most lines have the same value as the one before.
    if (known.last === value || values.add(family.name, [[label, value]], 0) !== undefined) return;
    known.last = value;
    known.size += 1;
    if (known.examples.length < 3) known.examples.push(ownCopy(value));
  };

  let current: FamilyCount | undefined;
  const countSample = (family: ExposedFamily, { labels }: Sample) => {
    let count = counts.get(family);
    if (count === undefined) {
      count = { series: 0, labels: new Map() };
      counts.set(family, count);
    }
    // A part of a line keeps the whole block of lines in memory.
    if (count !== current) for (const label of current?.labels.values() ?? []) label.last = undefined;
    current = count;
    // Buckets and quantiles are no series of their own.
    const own = family.type === 'histogram' ? 'le' : family.type === 'summary' ? 'quantile' : undefined;
    if (own === undefined || series.add(family.name, labels, 0, own) === undefined) count.series += 1;
    for (const [label, value] of labels) if (label !== own) countValue(family, count, label, value);
  };

  return {
    sample: countSample,
    family: (family) => {
      const { name } = family;
      const count = counts.get(family)!;
      const labels = [...count.labels].sort(([, a], [, b]) => b.size - a.size);
      if (count.series > maxSeries) {
        const tops = labels.slice(0, 3).map(([label, { size }]) => `${label} has ${size} values`);
        report({
          severity: 'warning',
          rule: 'many_series',
          subject: name,
          problem: `${count.series} series, more than ${maxSeries}: ${tops.join(', ') || 'without labels'}`,
          remedy: `drop or bound the label ${labels[0]?.[0] ?? 'that varies'}; --max-series allows more`,
        });
      }
      for (const [label, { size, examples }] of labels) {
        if (size <= maxLabelValues) continue;
        const quoted = examples.map((value) => JSON.stringify(value)).join(', ');
        report({
          severity: 'warning',
          rule: 'many_label_values',
          subject: name,
          problem: `label ${label} has ${size} values, more than ${maxLabelValues}: ${quoted}, ...`,
          remedy: 'keep ids, addresses and free text out of labels; --max-label-values allows more',
        });
      }
    },
  };
};
