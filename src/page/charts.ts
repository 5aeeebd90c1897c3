import type { CallRole, Hello, NewFamily, RuntimeRole } from '../live/protocol.ts';
import type { Unit } from './format.ts';
import type { Model, Series } from './model.ts';
import { finite, increase, quantiles, sumIncrease, total, type Window, windowAt } from './window.ts';

export type Side = 'server' | 'client';

/** What a chart shows; the charts of the page are a table of these. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly kind: keyof typeof kinds | 'quantiles';
  readonly unit: Unit;
  /** Families, by what their line is called. */
  readonly families: Readonly<Record<string, string | undefined>>;
  /** The label whose values are a line each, `*` for all labels; without it a family is one line. Of errors, which are one, the status. */
  readonly by?: string | undefined;
  /** PromQL, by what it is called. */
  readonly queries: Readonly<Record<string, string | undefined>>;
  readonly help?: string;
}

export interface Line {
  readonly name: string;
  readonly at: (place: number) => number | null;
}

/** Most lines of a chart. */
export const maxLines = 8;

const quantileNames: Readonly<Record<string, number>> = { P50: 0.5, P95: 0.95, P99: 0.99 };

/** What lines say of their series in a window. */
const kinds = {
  /** Counters per second, gauges as they are. */
  number: (all: readonly Series[]) =>
    all[0]!.family.type === 'counter'
      ? (window: Window) => increase(all, window) / window.seconds
      : ({ to }: Window) => total(all, to),
  /** Calls that are not OK by their label `by`, of all. */
  errors: (all: readonly Series[], by: string | undefined) => {
    const failed = all.filter(({ labels }) => labels[by!] !== 'OK');
    return (window: Window) => finite(increase(failed, window) / increase(all, window));
  },
  /** Of the time. */
  share: (all: readonly Series[]) => (window: Window) => sumIncrease(all, window) / window.seconds,
  p95: (all: readonly Series[]) => (window: Window) => quantiles(all, window, [0.95])[0]!,
};

type Entry = [
  id: string,
  title: string,
  kind: Chart['kind'],
  unit: Unit,
  families: Chart['families'],
  by?: string | undefined,
];

/** The charts of a side's calls. */
export function callCharts(model: Model, side: Side): Chart[] {
  const { labels, queries } = model.hello!;
  const family = (role: CallRole) => model.nameOf(`${side}.${role}`);
  return charts(queries, side, [
    ['status', 'Rate by status', 'number', '/s', { '': family('requests') }, labels.status],
    ['rate', 'Rate by method', 'number', '/s', { '': family('requests') }, labels.method],
    ['errors', 'Errors', 'errors', '%', { 'not OK': family('requests') }, labels.status],
    ['latency', 'Duration', 'quantiles', 's', { '': family('durations') }],
    ['inFlight', 'In flight', 'number', '', { calls: family('inFlight') }],
    ['streams', 'Open streams', 'number', '', { '': family('streams') }, labels.method],
    ['connections', 'Connections', 'number', '', { open: family('connections') }],
    ['messages', 'Messages', 'number', '/s', { received: family('received'), sent: family('sent') }],
    ['retries', 'Retries', 'number', '/s', { retries: family('retries') }],
    ['channels', 'Channels', 'number', '', { '': family('channels') }, labels.state],
  ]);
}

/** The charts of the process. */
export function runtimeCharts(model: Model): Chart[] {
  const family = (role: RuntimeRole) => model.nameOf(`runtime.${role}`);
  const lag = { mean: family('loopDelayMean'), P99: family('loopDelayP99'), max: family('loopDelayMax') };
  const busy = { CPU: family('cpu'), 'event loop': family('loopUtilization') };
  const memory = { resident: family('residentMemory'), heap: family('heapTotal'), 'heap used': family('heapUsed') };
  return charts(model.hello!.queries, 'runtime', [
    ['lag', 'Event loop lag', 'number', 's', lag],
    ['busy', 'Busy', 'number', '%', busy],
    ['memory', 'Memory', 'number', 'B', memory],
    ['gc', 'Garbage collection', 'share', '%', { '': family('garbageCollection') }, 'kind'],
  ]);
}

/** The charts of all families that these charts leave out: the user's, and the rest of the library's. */
export function otherCharts(
  model: Model,
  others: readonly Chart[],
): { readonly mine: Chart[]; readonly rest: Chart[] } {
  const shown = new Set(others.flatMap(({ families }) => Object.values(families)));
  const left = model
    .families()
    .filter(({ name }) => !shown.has(name) && !name.endsWith('_info'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const chart = (family: NewFamily) => familyChart(family, model.of(family.name), model.hello!.scraped[family.name]);
  return {
    mine: left.filter(({ role }) => role === undefined).map(chart),
    rest: left.filter(({ role }) => role !== undefined).map(chart),
  };
}

function charts(queries: Hello['queries'], section: string, entries: readonly Entry[]): Chart[] {
  return entries.map(([name, title, kind, unit, families, by]) => {
    const id = `${section}.${name}`;
    const keys: [string, string][] =
      kind === 'quantiles'
        ? Object.keys(quantileNames).map((quantile) => [quantile, `${section}.${quantile.toLowerCase()}`])
        : [['PromQL', id]];
    return {
      id,
      title,
      kind,
      unit,
      families,
      by,
      queries: Object.fromEntries(keys.map(([say, key]) => [say, queries[key]])),
    };
  });
}

/**
 * The chart of a family that is in none of the others: counters as rates, gauges as they are, histograms as quantiles. `scraped` is what
 * scrapes call it; empty where they have no such thing to ask for.
 */
export function familyChart(
  { name, type, help, unit = '' }: NewFamily,
  all: readonly Series[],
  scraped: string = name,
): Chart {
  const isCounter = type === 'counter';
  const isHistogram = type === 'histogram';
  const labels = new Set(all.flatMap((series) => Object.keys(series.labels)));
  const base = /(seconds|bytes|ratio)(_total)?$/.exec(unit || name)?.[1];
  const of: Unit = base === 'bytes' ? 'B' : base === 'seconds' && !isCounter ? 's' : base === 'ratio' ? '%' : '';
  const rate = `rate(${scraped}${isHistogram ? '_bucket' : ''}[5m])`;
  const quantile = (share: number) =>
    `histogram_quantile(${share}, sum by (${[...labels, 'le'].join(', ')}) (${rate}))`;
  const several = all.length > 1;
  return {
    id: name,
    title: name,
    help,
    kind: !isHistogram ? 'number' : several ? 'p95' : 'quantiles',
    unit: isCounter ? (`${of === 'B' ? of : ''}/s` as Unit) : of,
    families: { [isHistogram ? 'P95' : name]: name },
    by: isHistogram && !several ? undefined : '*',
    queries:
      scraped === ''
        ? {}
        : isHistogram
          ? Object.fromEntries(Object.entries(quantileNames).map(([say, share]) => [say, quantile(share)]))
          : { PromQL: isCounter ? rate : scraped },
  };
}

/**
 * The lines of a chart, of the chosen series alone: at most `maxLines`, those with the largest values at `place`. And how many lines
 * there would be; `isCut` where there may be others later.
 */
export function linesOf(
  model: Model,
  { families, by, kind }: Chart,
  place: number,
  chosen: (series: Series) => boolean = () => true,
): { lines: Line[]; count: number; isCut: boolean } {
  const groups = new Map<string, Series[]>();
  for (const [name, family] of Object.entries(families)) {
    for (const series of model.of(family)) {
      if (!chosen(series)) continue;
      const pairs = Object.entries(series.labels);
      const all = pairs.map(([label, value]) => (pairs.length > 1 ? `${label}=${value}` : value)).join(' ');
      const key = (by === '*' ? all : kind !== 'errors' && by && series.labels[by]) || name;
      const group = groups.get(key);
      if (group) group.push(series);
      else groups.set(key, [series]);
    }
  }
  const windowed =
    <T>(of: (window: Window) => T) =>
    (at: number) => {
      const window = windowAt(model, at);
      return window ? of(window) : null;
    };
  if (kind === 'quantiles') {
    const all = [...groups.values()].flat();
    // All at once, as they are asked for one after another.
    const shares = Object.values(quantileNames);
    const values = windowed((window) => quantiles(all, window, shares));
    let last: [at: number, values: (number | null)[] | null] = [-1, null];
    const lines = Object.keys(quantileNames).map((name, index) => ({
      name,
      at: (at: number) => {
        if (last[0] !== at || index === 0) last = [at, values(at)];
        return last[1]?.[index] ?? null;
      },
    }));
    return { lines: all.length > 0 ? lines : [], count: lines.length, isCut: false };
  }
  const lines = Array.from(groups, ([name, all]) => ({ name, all, at: windowed(kinds[kind](all, by)) }));
  // What never happened is left out, unless nothing did.
  const busy = lines.filter(({ all }) => all.some(({ family, values }) => family.type !== 'counter' || values[place]));
  const some = by && busy.length > 0 ? busy : lines;
  const ranked = some.map((line) => ({ line, value: line.at(place) ?? -1 })).sort((a, b) => b.value - a.value);
  const shown = ranked.slice(0, maxLines).map(({ line }) => line);
  return { lines: shown, count: some.length, isCut: shown.length < lines.length };
}
