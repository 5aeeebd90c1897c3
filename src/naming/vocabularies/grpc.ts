import type { Collector } from '../../core/registry.ts';
import type { HistogramSeries, LiveFamily } from '../../core/snapshot.ts';
import type { ClientStore } from '../../rpc/client-store.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { type ServerStore, unknownMethod } from '../../rpc/server-store.ts';
import { statusNames } from '../../rpc/status.ts';
import { otherMethod } from '../../rpc/store.ts';
import {
  attemptsOf,
  counterSeries,
  durationsByStatus,
  durationsWithin,
  type LabelsOf,
  perMethod,
} from '../projection.ts';
import { canonicalTarget } from './target.ts';

/** `grpc.server.call.started`, unit `{call}`. */
const serverStarted = {
  name: 'grpc_server_call_started_total',
  type: 'counter',
  help: 'RPCs that started on the server',
} as const;

/** `grpc.server.call.duration`, unit `s`. */
const serverDuration = {
  name: 'grpc_server_call_duration_seconds',
  type: 'histogram',
  help: 'Time from the headers of an RPC to its end on the server',
} as const;

/** `grpc.client.call.duration`, unit `s`. */
const clientDuration = {
  name: 'grpc_client_call_duration_seconds',
  type: 'histogram',
  help: 'Time from the start of an RPC to its status at the client',
} as const;

/** `grpc.client.call.retries`, unit `{retry}`: only calls that were retried. Hedges are in it, as grpc-js does not tell them apart. */
const clientRetries = {
  name: 'grpc_client_call_retries',
  type: 'histogram',
  help: 'Attempts beyond the first of RPCs that were retried',
} as const;

/** `grpc.client.attempt.started`, unit `{attempt}`: transparent retries and hedges are attempts, too. */
const attemptStarted = {
  name: 'grpc_client_attempt_started_total',
  type: 'counter',
  help: 'Attempts at RPCs that clients started',
} as const;

/** `grpc.client.attempt.duration`, unit `s`. */
const attemptDuration = {
  name: 'grpc_client_attempt_duration_seconds',
  type: 'histogram',
  help: 'Time from the start of an attempt at an RPC to its status at the client',
} as const;

/** The default view of latencies, in seconds. */
export const grpcBounds: readonly number[] = [
  0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013,
  0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5, 10,
  20, 50, 100,
];

/** Recommended for retries. */
const retryBounds: readonly number[] = [1, 2, 3, 4, 5];

/** The names of its families, without a namespace. */
export const grpcNames: Readonly<Record<'started' | 'server' | 'client' | 'retries', string>> = {
  started: serverStarted.name,
  server: serverDuration.name,
  client: clientDuration.name,
  retries: clientRetries.name,
};

export const grpcLabels: readonly string[] = ['grpc_method', 'grpc_status', 'grpc_target'];

/**
 * gRPC's own metrics, as OpenTelemetry's Prometheus exporter writes them: gRFC A66, server side.
 *
 * Left out, as it cannot be observed above the transport: compressed message sizes.
 * Source: https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
 */
export function grpcServer(store: ServerStore, bounds: readonly number[] = store.bounds): Collector {
  const read = durationsWithin(store, bounds);
  return {
    families: [serverStarted, serverDuration],
    collect: (): LiveFamily[] => [
      { ...serverStarted, series: counterSeries(store, labelsOf, (method) => method.started) },
      { ...serverDuration, series: perMethod(store, (method) => durationsByStatus(method, read, statusOf(method))) },
    ],
  };
}

/**
 * gRFC A66, client side, and the retries of A96; single attempts where they are watched.
 *
 * Left out: transparent retries apart from others, the delay between attempts, and the connections of A94, which grpc-js does not tell.
 * Source: also https://github.com/grpc/proposal/blob/master/A96-retry-otel-stats.md
 */
export function grpcClient(store: ClientStore, bounds: readonly number[] = store.bounds): Collector {
  const read = durationsWithin(store, bounds);
  const perTarget = (of: (method: MethodNumbers) => readonly HistogramSeries[]) =>
    perMethod(store, of, canonicalTarget);
  return {
    families: [clientDuration, clientRetries, ...(store.attempts ? [attemptStarted, attemptDuration] : [])],
    collect: (): LiveFamily[] => [
      { ...clientDuration, series: perTarget((method) => durationsByStatus(method, read, statusOf(method))) },
      { ...clientRetries, series: perTarget(retrySeries) },
      ...(store.attempts
        ? [
            {
              ...attemptStarted,
              series: counterSeries(store, labelsOf, (method) => method.attemptsStarted, canonicalTarget),
            },
            {
              ...attemptDuration,
              series: perTarget((method) => durationsByStatus(attemptsOf(method), read, statusOf(method))),
            },
          ]
        : []),
    ],
  };
}

/**
 * `pkg.Service/Method`; `other` for methods that the server does not have. Those beyond the limit of ours are apart
 * from them, so that no two series have the same labels.
 */
const labelsOf: LabelsOf = ({ path, labels, target }) => ({
  grpc_method: methodOf(path),
  ...(target !== undefined && { grpc_target: canonicalTarget(target) }),
  ...labels,
});

function methodOf(path: string): string {
  if (path === unknownMethod) return 'other';
  return path === otherMethod ? 'overflow' : path.replace(/^\//, '');
}

function statusOf(method: MethodNumbers): (code: number) => { grpc_status: string } {
  const labels = labelsOf(method);
  return (code) => ({ ...labels, grpc_status: statusNames[code]! });
}

function retrySeries(method: MethodNumbers): HistogramSeries[] {
  if (method.retries.size === 0) return [];
  const buckets = Array.from({ length: retryBounds.length + 1 }, () => 0);
  let sum = 0;
  for (const [times, calls] of method.retries) {
    const slot = retryBounds.findIndex((bound) => times <= bound);
    buckets[slot === -1 ? retryBounds.length : slot]! += calls;
    sum += times * calls;
  }
  return [{ labels: labelsOf(method), bounds: retryBounds, buckets, sum, created: method.created }];
}
