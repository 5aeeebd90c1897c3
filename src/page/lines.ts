import { type Chart, type Kind, quantileNames } from './charts.ts';
import { isOfCalls, type Model, type Series } from './model.ts';
import { familyOf } from './strokes.ts';
import type { View } from './view.ts';
import {
  finite,
  increase,
  mean,
  peak,
  type Quantile,
  quantiles,
  sumIncrease,
  total,
  type Window,
  windowAt,
} from './window.ts';

export interface Line {
  readonly name: string;
  readonly at: (place: number) => number | null;
  /** Where the value is a bound: whether the true one is below or above it. */
  readonly sideAt?: (place: number) => Quantile['side'];
}

/** Most lines of a chart. */
export const maxLines = 8;

/** A part of the view that lines are made of. */
type Scope = Pick<View, 'model' | 'window' | 'chosen'> & { readonly steps: Pick<View['steps'], 'seconds'> };

/** What a line says of its series in a window. */
type Reading = (window: Window) => number | null;

/** What lines say of their series. */
const kinds: Readonly<Record<Kind, (all: readonly Series[], scope: Scope) => Reading>> = {
  /** Counters per second, gauges as they are. */
  number: (all) =>
    all[0]!.family.type === 'counter' ? (window) => increase(all, window) / window.seconds : ({ to }) => total(all, to),
  /** Gauges: the largest value since the point before. */
  peak: (all, { model, steps }) => {
    return ({ to }) => peak(all, model, to, steps.seconds);
  },
  /** Gauges: the mean. */
  mean: (all, { model }) => {
    return (window) => mean(all, model, window);
  },
  /** Calls that ended with a fault of the server, of all calls. */
  faults: (all, { model }) => {
    const { labels, statuses } = model.hello!;
    const failed = all.filter((series) => familyOf(series.labels[labels.status]!, statuses) === 'fault');
    return (window) => finite(increase(failed, window) / increase(all, window));
  },
  /** Of the time. */
  share: (all) => {
    return (window) => sumIncrease(all, window) / window.seconds;
  },
  p95: (all) => {
    return (window) => quantiles(all, window, [0.95])[0]?.value ?? null;
  },
};

/** The series of a family that a chart shows, chosen or not. */
export function seriesOf(model: Model, { only }: Pick<Chart, 'only'>, family: string | undefined): readonly Series[] {
  const all = model.of(family);
  if (only === undefined) return all;
  const { labels, statuses, unknownMethod } = model.hello!;
  if (only === 'failed') return all.filter((series) => familyOf(series.labels[labels.status]!, statuses) !== 'ok');
  if (only === 'exceptions') return all.filter((series) => !Object.hasOwn(statuses, series.labels[labels.errorType]!));
  if (all[0]?.family.role?.startsWith('client.')) return all;
  return all.filter((series) => series.labels[labels.method] !== unknownMethod);
}

/** Whether a chart has anything to show. */
export function isEmpty(model: Model, chart: Chart): boolean {
  return Object.values(chart.families).every((family) => seriesOf(model, chart, family).length === 0);
}

/**
 * The lines of a chart, of the chosen series alone: at most `maxLines`, those with the largest values at `place`. `count` is
 * how many lines there would be. `isCut` says that others may come later.
 */
export function linesOf(scope: Scope, chart: Chart, place: number): { lines: Line[]; count: number; isCut: boolean } {
  const { model, window: seconds } = scope;
  const { by, kind } = chart;
  const groups = groupsOf(scope, chart);
  const windowed = (all: readonly Series[], read: Reading) => (at: number) => {
    const window = knownWindow(model, all, at, seconds);
    return window ? read(window) : null;
  };
  if (kind === 'quantiles') {
    const all = [...groups.values()].flat();
    const lines = all.length > 0 ? quantileLines(scope, all) : [];
    return { lines, count: lines.length, isCut: false };
  }
  const lines = Array.from(groups, ([name, all]) => ({ name, all, at: windowed(all, kinds[kind](all, scope)) }));
  // What never happened is left out. Where nothing did, all lines stay, or the chart says so.
  const busy = lines.filter(({ all }) => all.some(({ family, values }) => family.type !== 'counter' || values[place]));
  const some = by && (busy.length > 0 || chart.none !== undefined) ? busy : lines;
  const ranked = some.map((line) => ({ line, value: line.at(place) ?? -1 })).sort((a, b) => b.value - a.value);
  const shown = ranked.slice(0, maxLines).map(({ line }) => line);
  return { lines: shown, count: some.length, isCut: shown.length < lines.length };
}

/** The series of each line, by its name. */
function groupsOf({ model, chosen }: Scope, chart: Chart): Map<string, Series[]> {
  const { families, by, kind } = chart;
  const groups = new Map<string, Series[]>();
  for (const [name, family] of Object.entries(families)) {
    for (const series of seriesOf(model, chart, family)) {
      if (!chosen(series)) continue;
      const pairs = Object.entries(series.labels);
      const all = pairs.map(([label, value]) => (pairs.length > 1 ? `${label}=${value}` : value)).join(' ');
      const key = (by === '*' ? all : kind !== 'faults' && by && series.labels[by]) || name;
      const group = groups.get(key);
      if (group) group.push(series);
      else groups.set(key, [series]);
    }
  }
  return groups;
}

/** All quantiles of a place are computed at once, as they are asked for one after another. */
function quantileLines({ model, window: seconds }: Scope, all: readonly Series[]): Line[] {
  const shares = Object.values(quantileNames);
  let last: { at: number; values: readonly (Quantile | null)[] } | undefined;
  const valuesAt = (at: number) => {
    if (last?.at !== at) {
      const window = knownWindow(model, all, at, seconds);
      last = { at, values: window ? quantiles(all, window, shares) : [] };
    }
    return last.values;
  };
  return Object.keys(quantileNames).map((name, index) => ({
    name,
    at: (at) => valuesAt(at)[index]?.value ?? null,
    sideAt: (at) => valuesAt(at)[index]?.side ?? '',
  }));
}

/**
 * The part of the window at a place in which the family was told. What grew while nobody told it is not known, and that is not 0.
 * Calls are told from the first one on. Undefined where nothing is known.
 */
export function knownWindow(model: Model, all: readonly Series[], at: number, seconds: number): Window | undefined {
  const window = windowAt(model, at, seconds);
  if (!window || isOfCalls(all[0]!.family)) return window;
  const { name, type } = all[0]!.family;
  const { to } = window;
  const isGrowing = type === 'counter' || type === 'histogram';
  const family = isGrowing ? model.of(name) : all;
  const isTold = (place: number) => family.some(({ values }) => values[place] != null);
  if (!isTold(to)) return undefined;
  if (!isGrowing) return window;
  let { from } = window;
  while (from < to && !isTold(from)) from += 1;
  return from < to ? { from, to, seconds: model.times[to]! - model.times[from]! } : undefined;
}
