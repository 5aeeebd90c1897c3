import type { StatusFamily } from '../live/protocol.ts';
import type { Side } from './charts.ts';
import type { Model, Series } from './model.ts';
import { familyOf } from './strokes.ts';
import { finite, increase, type Quantile, quantiles, total, windowAt } from './window.ts';

/** What is counted together: the calls of a method, or of several. */
export interface Calls {
  /** `/pkg.Service/Method`; empty for several. */
  readonly method: string;
  readonly requests: readonly Series[];
  /** Those of `requests` of which a status can be a fault of the server: all but those of methods that the server does not have. */
  readonly served: readonly Series[];
  readonly durations: readonly Series[];
  readonly inFlight: readonly Series[];
}

/** One line of the table. Null where nothing was observed. */
export interface Row {
  /** Calls that ended, per second. */
  readonly rate: number | null;
  /** Shares of the calls that ended, by the family of their status. */
  readonly faults: number | null;
  readonly callers: number | null;
  readonly cancelled: number | null;
  /** Quantiles of the duration in seconds. */
  readonly p50: Quantile | null;
  readonly p95: Quantile | null;
  readonly p99: Quantile | null;
  readonly inFlight: number | null;
  /** Calls of the window by status: OK, then faults, then what is most frequent. */
  readonly statuses: readonly (readonly [status: string, count: number])[];
}

/** The calls of a side by method. */
export function callsOf(model: Model, side: Side): Calls[] {
  const { labels, unknownMethod } = model.hello!;
  const roles = ['requests', 'durations', 'inFlight'] as const;
  type Draft = { method: string } & Record<(typeof roles)[number] | 'served', Series[]>;
  const found = new Map<string, Draft>();
  for (const role of roles) {
    for (const series of model.withRole(`${side}.${role}`)) {
      const method = series.labels[labels.method]!;
      const calls = found.get(method) ?? { method, requests: [], served: [], durations: [], inFlight: [] };
      found.set(method, calls);
      calls[role].push(series);
      const isServed = side === 'client' || method !== unknownMethod;
      if (role === 'requests' && isServed) calls.served.push(series);
    }
  }
  return [...found.values()];
}

/** The calls of several methods as one. */
export function addCalls(all: readonly Calls[]): Calls {
  return {
    method: '',
    requests: all.flatMap(({ requests }) => requests),
    served: all.flatMap(({ served }) => served),
    durations: all.flatMap(({ durations }) => durations),
    inFlight: all.flatMap(({ inFlight }) => inFlight),
  };
}

const families: readonly StatusFamily[] = ['ok', 'fault', 'caller', 'cancelled'];

/** The numbers of a moment, over the window of so many seconds before it. */
export function rowAt(model: Model, calls: Calls, at: number, seconds: number): Row {
  const window = windowAt(model, at, seconds);
  const inFlight = total(calls.inFlight, at);
  const none = { rate: null, faults: null, callers: null, cancelled: null, p50: null, p95: null, p99: null };
  if (!window) return { ...none, inFlight, statuses: [] };
  const { labels, statuses } = model.hello!;
  const byStatus = new Map<string, number>();
  for (const series of calls.requests) {
    const count = increase([series], window);
    const status = series.labels[labels.status]!;
    if (count > 0) byStatus.set(status, (byStatus.get(status) ?? 0) + count);
  }
  const isOf = (family: StatusFamily) => (status: string) => familyOf(status, statuses) === family;
  const all = sum(byStatus.values());
  const share = (family: StatusFamily) =>
    finite(sum(Array.from(byStatus).map(([status, count]) => (isOf(family)(status) ? count : 0))) / all);
  const failed = calls.served.filter((series) => isOf('fault')(series.labels[labels.status]!));
  const [p50, p95, p99] = quantiles(calls.durations, window, [0.5, 0.95, 0.99]) as [
    Quantile | null,
    Quantile | null,
    Quantile | null,
  ];
  const place = ([status]: readonly [string, number]) => families.indexOf(familyOf(status, statuses));
  return {
    rate: all / window.seconds,
    faults: finite(increase(failed, window) / increase(calls.served, window)),
    callers: share('caller'),
    cancelled: share('cancelled'),
    p50,
    p95,
    p99,
    inFlight,
    statuses: [...byStatus].sort((a, b) => place(a) - place(b) || b[1] - a[1]),
  };
}

function sum(counts: Iterable<number>): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}

/** `points` rates, evenly over the last `span` seconds, the latest last. Each covers a window of so many seconds. */
export function ratesOver(
  model: Model,
  { requests }: Calls,
  at: number,
  span: number,
  points: number,
  seconds: number,
): (number | null)[] {
  const { times } = model;
  const end = times[at]!;
  let place = 0;
  return Array.from({ length: points }, (_, index) => {
    const t = end - (span * (points - 1 - index)) / (points - 1);
    while (place < at && times[place + 1]! <= t) place += 1;
    const window = times[place]! <= t ? windowAt(model, place, seconds) : undefined;
    return window ? increase(requests, window) / window.seconds : null;
  });
}

export type Order = 'method' | 'rate' | 'faults' | 'p50' | 'p95' | 'p99' | 'inFlight';

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
    const [first, second] = [numberOf(a.row[order]), numberOf(b.row[order])];
    if (first === second) return byName;
    if (first === null || second === null) return first === null ? 1 : -1;
    return (second - first) * sign;
  });
}

function numberOf(value: number | Quantile | null): number | null {
  return typeof value === 'object' ? (value?.value ?? null) : value;
}
