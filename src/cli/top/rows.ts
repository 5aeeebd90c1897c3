import { addBuckets, bucketQuantile } from '../../core/quantile.ts';
import type { MethodWindow } from './window.ts';

/** One line of the table. Null where nothing was observed, or the endpoint does not say. */
export interface Row {
  readonly side: 'server' | 'client';
  /** `/pkg.Service/Method`. */
  readonly method: string;
  /** Of one target alone. */
  readonly target?: string | undefined;
  readonly ratePerSecond: number | null;
  /** Calls that did not end OK, of all that ended. */
  readonly errorRatio: number | null;
  /** Calls that ended with a fault of the server, of all that ended. Null for a client: every status but OK is an error there. */
  readonly faultRatio: number | null;
  /** Quantiles of the duration in seconds. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly inFlight: number | null;
}

export const orders = ['rate', 'errors', 'faults', 'p50', 'p95', 'p99', 'inflight', 'method'] as const;
export type Order = (typeof orders)[number];

/** The windows of all targets as rows: summed by side and method, or each target for itself. */
export function rowsOf(windows: readonly (readonly [target: string, MethodWindow])[], by: 'method' | 'target'): Row[] {
  const groups = new Map<string, (readonly [string, MethodWindow])[]>();
  for (const entry of windows) {
    const [target, { side, method }] = entry;
    const key = [side, method, by === 'target' ? target : ''].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return Array.from(groups.values(), (group) => {
    const [[target]] = group as [[string, MethodWindow]]; // a group has at least one
    const alike = group.map(([, window]) => window);
    return sum(alike, by === 'target' ? target : undefined);
  });
}

/** Largest first, methods from A to Z; rows without a value last. */
export function sortRows(rows: readonly Row[], order: Order): Row[] {
  const keys = rows.map((row) => ({
    row,
    value: keyOf(row, order) ?? -Infinity,
    name: `${row.method}\n${row.side}\n${row.target ?? ''}`,
  }));
  keys.sort((a, b) => {
    if (a.value !== b.value) return b.value > a.value ? 1 : -1;
    return a.name < b.name ? -1 : 1;
  });
  return keys.map(({ row }) => row);
}

function keyOf(row: Row, order: Order): number | null {
  if (order === 'method') return 0;
  if (order === 'rate') return row.ratePerSecond;
  if (order === 'errors') return row.errorRatio;
  if (order === 'faults') return row.faultRatio;
  return order === 'inflight' ? row.inFlight : row[order];
}

function sum(windows: readonly MethodWindow[], target: string | undefined): Row {
  const rate = totalOf(windows, ({ rate: one }) => one);
  const cumulative = addBuckets(windows.map((window) => window.buckets));
  const quantile = (of: number) => numberOrNull(bucketQuantile(of, cumulative));
  const { side, method } = windows[0]!;
  return {
    side,
    method,
    ...(target !== undefined && { target }),
    ratePerSecond: numberOrNull(rate),
    errorRatio: numberOrNull(totalOf(windows, ({ failedRate }) => failedRate) / rate),
    faultRatio: numberOrNull(totalOf(windows, ({ faultRate }) => faultRate) / rate),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    inFlight: windows.every(({ inFlight }) => inFlight === undefined)
      ? null
      : windows.reduce((all, { inFlight = 0 }) => all + inFlight, 0),
  };
}

/** NaN where one that had calls does not say: what all of them say together is not known then. */
function totalOf(windows: readonly MethodWindow[], read: (window: MethodWindow) => number | undefined): number {
  return windows.reduce((all, window) => all + (read(window) ?? (window.rate === 0 ? 0 : Number.NaN)), 0);
}

function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
