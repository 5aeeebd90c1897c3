import { type NewFamily, windowPlaceholder } from '../live/protocol.ts';
import { type Chart, quantileNames } from './charts.ts';
import type { Unit } from './format.ts';
import type { Model, Series } from './model.ts';

/** The families that these charts leave out: the user's, and the rest of the library's. */
export function otherFamilies(
  model: Model,
  others: readonly Chart[],
): { readonly mine: NewFamily[]; readonly rest: NewFamily[] } {
  const shown = new Set(others.flatMap(({ families }) => Object.values(families)));
  const left = model
    .families()
    .filter(({ name, role }) => !shown.has(name) && !role?.startsWith('processes.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    mine: left.filter(({ role }) => role === undefined),
    rest: left.filter(({ role }) => role !== undefined),
  };
}

/**
 * Whether a family is told by a table rather than a chart: it only describes something, or has never changed as long as
 * the page knows it. A histogram has never changed while it has observed nothing.
 */
export function isConstant(model: Model, family: NewFamily): boolean {
  return (
    isDescription(family) ||
    model.of(family.name).every(({ values }) => {
      const known = values.filter((value) => value != null);
      return known.every((value) => String(value) === String(known[0]));
    })
  );
}

/** Whether a family describes something by its labels, or by a time of day. */
export function isDescription({ name }: Pick<NewFamily, 'name'>): boolean {
  return /_info$|_(start_time|created|timestamp)_seconds$/.test(name);
}

/** The unit of a family's values. */
export function unitOf({ name, type, unit = '' }: Pick<NewFamily, 'name' | 'type' | 'unit'>): Unit {
  const base = /(seconds|bytes|ratio)(_total)?$/.exec(unit || name)?.[1];
  if (base === 'bytes') return 'B';
  if (base === 'ratio') return '%';
  return base === 'seconds' && type !== 'counter' ? 's' : '';
}

/**
 * The chart of a family that is in none of the others: counters as rates, gauges as they are, histograms as quantiles.
 * `scraped` is its name in scrapes. It is empty where scrapes have no such family.
 */
export function familyChart(family: NewFamily, all: readonly Series[], scraped: string = family.name): Chart {
  const { name, type, help } = family;
  const isCounter = type === 'counter';
  const isHistogram = type === 'histogram';
  const labels = new Set(all.flatMap((series) => Object.keys(series.labels)));
  const base = unitOf(family);
  const rate = `rate(${scraped}${isHistogram ? '_bucket' : ''}[${windowPlaceholder}])`;
  const quantile = (share: number) =>
    `histogram_quantile(${share}, sum by (${[...labels, 'le'].join(', ')}) (${rate}))`;
  const several = all.length > 1;
  const queries = isHistogram
    ? Object.fromEntries(Object.entries(quantileNames).map(([say, share]) => [say, quantile(share)]))
    : { PromQL: isCounter ? rate : scraped };
  return {
    id: name,
    title: name,
    help,
    kind: !isHistogram ? 'number' : several ? 'p95' : 'quantiles',
    unit: isCounter ? (base === 'B' ? 'B/s' : '/s') : base,
    families: { [isHistogram ? 'P95' : name]: name },
    by: isHistogram && !several ? undefined : '*',
    queries: scraped === '' ? {} : queries,
  };
}
