import type { Labels } from '../core/snapshot.ts';
import {
  type ChangedHistogram,
  type Frame,
  format,
  type Hello,
  type NewFamily,
  type NewSeries,
  type Role,
} from '../live/protocol.ts';

const callRoles = {
  requests: 'requests',
  durations: 'durations',
  in_flight: 'inFlight',
  open_streams: 'streams',
  received: 'received',
  sent: 'sent',
  connections: 'connections',
  retries: 'retries',
  errors: 'errors',
  channels: 'channels',
} as const;

/** The roles of made-up names: `s_requests`, `c_requests` and so on. */
const roles = new Map<string, Role>(
  Object.entries(callRoles).flatMap(([name, role]) => [
    [`s_${name}`, `server.${role}`] as const,
    [`c_${name}`, `client.${role}`] as const,
  ]),
);

const statuses = {
  OK: 'ok',
  CANCELLED: 'cancelled',
  INVALID_ARGUMENT: 'caller',
  NOT_FOUND: 'caller',
  UNKNOWN: 'fault',
  DEADLINE_EXCEEDED: 'fault',
  UNIMPLEMENTED: 'fault',
  INTERNAL: 'fault',
  UNAVAILABLE: 'fault',
} as const;

/** A greeting of a service with made-up names. */
export const hello = (run = 'first'): Hello => ({
  format,
  run,
  service: { service: 'shop', version: '1' },
  process: { host: 'shop-7d9', pid: 42, node: 'v24.0.0', startedAt: 0 },
  now: 0,
  interval: 1,
  labels: { method: 'method', status: 'status', errorType: 'error_type', state: 'state' },
  statuses,
  unknownMethod: 'unknown',
  scraped: {},
  queries: { 'server.rate': 'sum(rate(s_requests[$window]))', 'server.p95': 'p95 of s_durations' },
});

/** Everything that a service says at a moment: each series by its family and labels. */
export type Snapshot = readonly (readonly [
  family: Pick<NewFamily, 'name' | 'type' | 'role'>,
  labels: Labels,
  value:
    | number
    | null
    | { readonly bounds: readonly number[]; readonly buckets: readonly number[]; readonly sum: number },
])[];

/** Tells snapshots as frames: a server's side of the protocol, as plain as can be. */
export class Teller {
  readonly #families: string[] = [];
  readonly #numbers = new Map<string, number>();
  #next = 0;

  frame(t: number, snapshot: Snapshot): Frame {
    const families: NewFamily[] = [];
    const series: NewSeries[] = [];
    const values: (number | null)[] = [];
    const histograms: ChangedHistogram[] = [];
    const here = new Set<string>();
    for (const [{ name, type, role = roles.get(name) }, labels, value] of snapshot) {
      if (!this.#families.includes(name)) {
        this.#families.push(name);
        families.push({ name, type, help: '', ...(role !== undefined && { role }) });
      }
      const key = JSON.stringify([name, labels]);
      here.add(key);
      const isHistogram = value !== null && typeof value === 'object';
      const number = this.#numbers.get(key) ?? this.#next;
      if (number === this.#next) {
        this.#numbers.set(key, number);
        this.#next += 1;
        const family = this.#families.indexOf(name);
        series.push(isHistogram ? [number, family, labels, value.bounds] : [number, family, labels]);
      }
      if (isHistogram) histograms.push([number, value.sum, ...value.buckets.flatMap((count, at) => [at, count])]);
      else values.push(number, value);
    }
    const gone: number[] = [];
    for (const [key, number] of this.#numbers) {
      if (here.has(key)) continue;
      gone.push(number);
      this.#numbers.delete(key);
    }
    return { t, families, series, values, histograms, gone };
  }
}
