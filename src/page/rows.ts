import type { Side } from './charts.ts';
import type { Model, Series } from './model.ts';
import { finite, increase, quantiles, total, type Window, windowAt } from './window.ts';

/** What is counted together: the calls of a method, or all of a side. */
export interface Calls {
  /** `/pkg.Service/Method`; empty for all. */
  readonly method: string;
  readonly requests: readonly Series[];
  readonly durations: readonly Series[];
  readonly inFlight: readonly Series[];
}

/** One line of the table. Null where nothing was observed. */
export interface Row {
  /** Calls that ended, per second. */
  readonly rate: number | null;
  /** Calls that did not end OK, of all that ended. */
  readonly errors: number | null;
  /** Quantiles of the duration in seconds. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly inFlight: number | null;
  /** Calls of the window by status, the most frequent first. */
  readonly statuses: readonly (readonly [status: string, count: number])[];
}

/** The calls of a side, all together first, then by method. */
export function callsOf(model: Model, side: Side): Calls[] {
  const label = model.hello!.labels.method;
  const roles = ['requests', 'durations', 'inFlight'] as const;
  const found = new Map<string, Calls & Record<(typeof roles)[number], Series[]>>();
  const add = (method: string, role: (typeof roles)[number], series: Series) => {
    let calls = found.get(method);
    if (!calls) {
      calls = { method, requests: [], durations: [], inFlight: [] };
      found.set(method, calls);
    }
    calls[role].push(series);
  };
  for (const role of roles) {
    for (const series of model.withRole(`${side}.${role}`)) {
      add('', role, series);
      add(series.labels[label]!, role, series);
    }
  }
  return [...found.values()];
}

export function rowAt(model: Model, calls: Calls, at: number): Row {
  const window = windowAt(model, at);
  const inFlight = total(calls.inFlight, at);
  if (!window) return { rate: null, errors: null, p50: null, p95: null, p99: null, inFlight, statuses: [] };
  const label = model.hello!.labels.status;
  const byStatus = new Map<string, number>();
  let all = 0;
  for (const series of calls.requests) {
    const status = series.labels[label]!;
    const count = increase([series], window);
    all += count;
    if (count > 0) byStatus.set(status, (byStatus.get(status) ?? 0) + count);
  }
  const [p50, p95, p99] = quantiles(calls.durations, window, [0.5, 0.95, 0.99]) as [
    number | null,
    number | null,
    number | null,
  ];
  return {
    rate: all / window.seconds,
    errors: finite((all - (byStatus.get('OK') ?? 0)) / all),
    p50,
    p95,
    p99,
    inFlight,
    statuses: [...byStatus].sort((a, b) => b[1] - a[1]),
  };
}

/** `points` rates, evenly over the last `seconds`, the latest last. */
export function ratesOver(
  model: Model,
  { requests }: Calls,
  at: number,
  seconds: number,
  points: number,
): (number | null)[] {
  const { times } = model;
  const end = times[at]!;
  let place = 0;
  return Array.from({ length: points }, (_, index) => {
    const t = end - (seconds * (points - 1 - index)) / (points - 1);
    while (place < at && times[place + 1]! <= t) place += 1;
    const window: Window | undefined = times[place]! <= t ? windowAt(model, place) : undefined;
    return window ? increase(requests, window) / window.seconds : null;
  });
}

export type Order = Exclude<keyof Row, 'statuses'> | 'method';

/** Methods from A to Z, numbers from the largest; or the other way. Rows without a value come last. */
export function sortRows<T extends { calls: Calls; row: Row }>(
  rows: readonly T[],
  order: Order,
  isReversed: boolean,
): T[] {
  const name = ({ calls }: T) => calls.method;
  const sign = isReversed ? -1 : 1;
  return rows.toSorted((a, b) => {
    const byName = name(a) < name(b) ? -1 : 1;
    if (order === 'method') return byName * sign;
    const [first, second] = [a.row[order], b.row[order]];
    if (first === second) return byName;
    if (first === null || second === null) return first === null ? 1 : -1;
    return (second - first) * sign;
  });
}
