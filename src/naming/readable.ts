import { grpcNames } from './vocabularies/grpc.ts';
import { otelNames } from './vocabularies/otel.ts';

/** The names under which an endpoint tells of the calls of one side. Where there are several, the first one that it has is meant. */
export interface ReadableNames {
  readonly side: 'server' | 'client';
  /** Samples that count calls that ended, with the status as a label. */
  readonly handled: readonly string[];
  /** Labels that name the method: its path, or service and method. */
  readonly method: readonly [path: string] | readonly [service: string, method: string];
  readonly status: readonly string[];
  /** Histograms of durations in seconds. */
  readonly durations: readonly string[];
  /** Gauge of calls in flight, or counter of calls started; undefined where nothing tells. */
  readonly inFlight?: { readonly gauge: string } | { readonly started: string };
  readonly zeros?: ZeroSeries;
}

/** Series that a library can expose at 0 before their first call, and should. */
interface ZeroSeries {
  /** OK, and what counts as the server's fault. */
  readonly statuses: readonly string[];
  /** The series that are this library's: these labels have one of these values. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

type Side = ReadableNames['side'];

const faults = ['OK', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'] as const;
const goFaults = ['OK', 'Unknown', 'DeadlineExceeded', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss'] as const;

/** As go-grpc-prometheus and go-grpc-middleware write types, and nobody else. */
const goTypes = { grpc_type: ['unary', 'client_stream', 'server_stream', 'bidi_stream'] };

/** All that is known here. Of each side the first that an endpoint has is read, since they tell of the same calls. */
export const readableNames: readonly ReadableNames[] = [
  basic('server', 'grpc_'),
  go('server', { durations: 'grpc_server_handled_latency_seconds' }),
  basic('client', 'grpc_client_'),
  // Without `_total` from a client_java before 0.10, which adds it.
  go('client', {
    handled: ['grpc_client_completed_total', 'grpc_client_completed'],
    durations: 'grpc_client_completed_latency_seconds',
  }),
  { ...histogram('server', grpcNames.server, 'grpc_method', 'grpc_status'), inFlight: { started: grpcNames.started } },
  histogram('client', grpcNames.client, 'grpc_method', 'grpc_status'),
  histogram('server', otelNames.server, 'rpc_method', 'rpc_status_code'),
  histogram('client', otelNames.client, 'rpc_method', 'rpc_status_code'),
];

/** Families that tell that an endpoint is about calls, even before the first one: the first is in every endpoint of ours. */
export const tellingFamilies: readonly string[] = [
  'grpc_vitals_errors_total',
  ...readableNames.flatMap(({ handled, durations }) => [...handled, ...durations]),
];

/** When the process started, in seconds since 1970, as Prometheus's own client libraries call it. */
export const processStart = 'process_start_time_seconds';

function basic(side: Side, prefix: string): ReadableNames {
  return {
    side,
    handled: [`${prefix}requests_total`],
    method: ['method'],
    status: ['status'],
    durations: [`${prefix}request_duration_seconds`],
    inFlight: { gauge: `${prefix}requests_in_flight` },
    zeros: { statuses: faults, where: {} },
  };
}

/**
 * go-grpc-prometheus's, and what its likes in Java and Python call the same. They write codes as `NOT_FOUND` and types as `UNARY`, and have no
 * series before a method's first call. Java's counters have the code twice, as `code` and `grpc_code`; its older versions and Python's
 * legacy mode have `code` alone. Their clients give counters `_created`, a family of its own in the text format.
 *
 * Source: https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus,
 * https://github.com/grpc-ecosystem/java-grpc-prometheus, https://github.com/lchenn/py-grpc-prometheus
 */
function go(side: Side, likes: { handled?: readonly string[]; durations: string }): ReadableNames {
  return {
    side,
    handled: [`grpc_${side}_handled_total`, ...(likes.handled ?? [])],
    method: ['grpc_service', 'grpc_method'],
    status: ['grpc_code', 'code'],
    durations: [`grpc_${side}_handling_seconds`, likes.durations],
    inFlight: { started: `grpc_${side}_started_total` },
    // Go's `InitializeMetrics` is the server's; the client has no such thing.
    ...(side === 'server' && { zeros: { statuses: goFaults, where: goTypes } }),
  };
}

/** Where the durations have the status, and so count the calls. */
function histogram(side: Side, name: string, method: string, status: string): ReadableNames {
  return { side, handled: [`${name}_count`], method: [method], status: [status], durations: [name] };
}
