import type { Collector } from '../../core/registry.ts';
import type { HistogramSeries } from '../../core/snapshot.ts';
import type { MethodNumbers } from '../../rpc/methods/method-numbers.ts';
import { unknownMethod } from '../../rpc/server-store.ts';
import { statusNames } from '../../rpc/status.ts';
import { otherMethod } from '../../rpc/store.ts';
import type { ClientNumbers, ServerNumbers } from '../../rpc/store-numbers.ts';
import { type CallShape, countOf, sumOf } from '../call-shape.ts';
import {
  attemptsOf,
  collectorOf,
  counterSeries,
  durationsByStatus,
  durationsWithin,
  type LabelsOf,
  type ProjectedFamily,
  perMethod,
  type ReadDurations,
} from '../projection.ts';
import type { ProjectionOptions, Vocabulary } from '../vocabulary.ts';
import { canonicalTarget } from './target.ts';

/** What both sides share. */
const shape = {
  method: { label: 'grpc_method', form: 'service/method' },
  status: { label: 'grpc_status', codes: statusNames },
  startsAtZero: false,
} as const;

/** `grpc.server.call.duration` (unit `s`) and `grpc.server.call.started` (unit `{call}`). */
const server = {
  ...shape,
  side: 'server',
  requests: countOf('grpc_server_call_duration_seconds'),
  durations: 'grpc_server_call_duration_seconds',
  started: 'grpc_server_call_started_total',
} as const satisfies CallShape;

/**
 * `grpc.client.call.duration` (unit `s`) and `grpc.client.call.retries` (unit `{retry}`), which observes only calls that
 * were retried. Hedges count as retries: grpc-js does not tell them apart.
 */
const client = {
  ...shape,
  side: 'client',
  requests: countOf('grpc_client_call_duration_seconds'),
  durations: 'grpc_client_call_duration_seconds',
  retries: sumOf('grpc_client_call_retries'),
} as const satisfies CallShape;

/**
 * gRPC's own metrics, as OpenTelemetry's Prometheus exporter writes them: gRFC A66, and the retries of A96.
 *
 * Not included, as grpc-js does not report them: compressed message sizes, transparent retries apart from others, the delay
 * between attempts, and the connections of A94.
 * Sources: https://github.com/grpc/proposal/blob/master/A66-otel-stats.md,
 * https://github.com/grpc/proposal/blob/master/A96-retry-otel-stats.md
 */
export const grpc: Vocabulary<'grpc'> = {
  name: 'grpc',
  // A66's default view of latencies.
  bounds: [
    0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013,
    0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5,
    10, 20, 50, 100,
  ],
  labels: ['grpc_method', 'grpc_status', 'grpc_target'],
  reservedPrefixes: ['grpc_'],
  seesTargets: true,
  options: [],
  server: { shape: server, project: projectServer },
  client: { shape: client, project: projectClient },
};

function projectServer(store: ServerNumbers, { bounds = store.bounds }: ProjectionOptions = {}): Collector {
  const read = durationsWithin(store, bounds);
  return collectorOf([
    {
      name: server.started,
      type: 'counter',
      help: 'Server calls started',
      read: () => counterSeries(store, labelsOf, (method) => method.started),
    },
    {
      name: server.durations,
      type: 'histogram',
      help: 'Server call duration',
      read: () => perMethod(store, (method) => durationsByStatus(method, read, statusOf(method))),
    },
  ]);
}

function projectClient(store: ClientNumbers, { bounds = store.bounds }: ProjectionOptions = {}): Collector {
  const read = durationsWithin(store, bounds);
  return collectorOf([
    {
      name: client.durations,
      type: 'histogram',
      help: 'Client call duration',
      read: () => perTarget(store, (method) => durationsByStatus(method, read, statusOf(method))),
    },
    {
      name: client.retries.family,
      type: 'histogram',
      help: 'Retries per client call that was retried',
      read: () => perTarget(store, retrySeries),
    },
    ...(store.attempts ? attemptFamilies(store, read) : []),
  ]);
}

/** `grpc.client.attempt.started` (unit `{attempt}`) and `grpc.client.attempt.duration` (unit `s`). */
function attemptFamilies(store: ClientNumbers, read: ReadDurations): ProjectedFamily[] {
  return [
    {
      // Transparent retries and hedges are attempts, too.
      name: 'grpc_client_attempt_started_total',
      type: 'counter',
      help: 'Client call attempts started',
      read: () => counterSeries(store, labelsOf, (method) => method.attemptsStarted, canonicalTarget),
    },
    {
      name: 'grpc_client_attempt_duration_seconds',
      type: 'histogram',
      help: 'Client call attempt duration',
      read: () => perTarget(store, (method) => durationsByStatus(attemptsOf(method), read, statusOf(method))),
    },
  ];
}

function perTarget(
  store: ClientNumbers,
  read: (method: MethodNumbers) => readonly HistogramSeries[],
): Iterable<HistogramSeries> {
  return perMethod(store, read, canonicalTarget);
}

/**
 * `pkg.Service/Method`; `other` for methods that the server does not have. Methods beyond the limit are `overflow`, so that
 * no two series have the same labels.
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

/** A96 recommends them. */
const retryBounds: readonly number[] = [1, 2, 3, 4, 5];

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
