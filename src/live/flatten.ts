import type { HistogramSeries, LiveFamily, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import type { Role } from './protocol.ts';

/** A family that the page shows. Without a role it is the user's. */
export interface ShownFamily extends LiveFamily {
  readonly role?: Role;
}

export type FlatSeries = NumberSeries | HistogramSeries;

/** A family whose series are numbers or histograms; `series` can be gone through once. */
export interface FlatFamily extends Omit<ShownFamily, 'series'> {
  readonly series: Iterable<FlatSeries>;
}

/** The family; a summary as its quantiles, and counters of its sum and its count, as in Prometheus's text format. */
export function flatten(family: ShownFamily): readonly FlatFamily[] {
  const { name, type, help, series } = family;
  if (type !== 'summary') return [family as FlatFamily]; // a family's series are of its type
  let known: readonly SummarySeries[] | undefined;
  const read = () => {
    known ??= Array.from(series) as SummarySeries[]; // likewise
    return known;
  };
  return [
    { name, type, help, series: mapped(read, quantilesOf) },
    { name: `${name}_sum`, type: 'counter', help, series: mapped(read, ({ labels, sum }) => [{ labels, value: sum }]) },
    {
      name: `${name}_count`,
      type: 'counter',
      help,
      series: mapped(read, ({ labels, count }) => [{ labels, value: count }]),
    },
  ];
}

function quantilesOf({ labels, quantiles }: SummarySeries): NumberSeries[] {
  return quantiles.map(([quantile, value]) => ({ labels: { ...labels, quantile: String(quantile) }, value }));
}

function* mapped(
  read: () => readonly SummarySeries[],
  to: (series: SummarySeries) => NumberSeries[],
): Generator<NumberSeries, void> {
  for (const series of read()) yield* to(series);
}
