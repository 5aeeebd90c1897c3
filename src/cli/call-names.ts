import { grpcNames } from '../naming/grpc.ts';
import { otelNames } from '../naming/otel.ts';
import { alwaysThere, type ReadableNames, readableNames } from '../naming/readable.ts';

/** The names under which an endpoint tells of the calls of one side. Where there are several, the first one that it has is meant. */
export interface CallNames {
  readonly side: 'server' | 'client';
  /** Samples that count calls that ended, with the status as a label. */
  readonly handled: readonly string[];
  /** Labels that name the method: its path, or service and method. */
  readonly method: readonly [path: string] | readonly [service: string, method: string];
  readonly status: readonly string[];
  /** Histograms of durations in seconds. */
  readonly durations: readonly string[];
  /** Gauge of calls in flight, or counter of calls started; undefined where nothing tells. */
  readonly inFlight: ReadableNames['inFlight'] | undefined;
  readonly zeros?: ZeroSeries | undefined;
}

/** Series that a library can expose at 0 before their first call, and should. */
interface ZeroSeries {
  readonly statuses: readonly string[];
  /** The series that are this library's: these labels have one of these values. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

/**
 * What other libraries call what go-grpc-prometheus has names for, by its name. They write codes as `NOT_FOUND` and types as `UNARY`,
 * and have no series before a method's first call. Java's counters have the code twice, as `code` and `grpc_code`; its older versions and
 * Python's legacy mode have `code` alone. Their clients give counters `_created`, a family of its own in the text format.
 *
 * Source: https://github.com/grpc-ecosystem/java-grpc-prometheus, https://github.com/lchenn/py-grpc-prometheus
 */
const alsoCalled: Readonly<Record<string, readonly string[]>> = {
  grpc_code: ['code'],
  grpc_server_handling_seconds: ['grpc_server_handled_latency_seconds'],
  // Without `_total` from a client_java before 0.10, which adds it.
  grpc_client_handled_total: ['grpc_client_completed_total', 'grpc_client_completed'],
  grpc_client_handling_seconds: ['grpc_client_completed_latency_seconds'],
};

/** As go-grpc-prometheus and go-grpc-middleware write types, and nobody else. */
const goTypes = { grpc_type: ['unary', 'client_stream', 'server_stream', 'bidi_stream'] };

/** All that is known here. Of each side the first that an endpoint has is read, since they tell of the same calls. */
export const callNames: readonly CallNames[] = [
  ...readableNames.map(widen),
  ofHistogram('server', grpcNames.server, 'grpc_method', 'grpc_status', { started: grpcNames.started }),
  ofHistogram('client', grpcNames.client, 'grpc_method', 'grpc_status'),
  ofHistogram('server', otelNames.server, 'rpc_method', 'rpc_status_code'),
  ofHistogram('client', otelNames.client, 'rpc_method', 'rpc_status_code'),
];

/** Families that tell that an endpoint is about calls, even before the first one. */
export const tellingFamilies: readonly string[] = [
  alwaysThere,
  ...callNames.flatMap(({ handled, durations }) => [...handled, ...durations]),
];

function widen(names: ReadableNames): CallNames {
  const { side, method, inFlight, expected, zeroInitialised } = names;
  const all = (name: string) => [name, ...(alsoCalled[name] ?? [])];
  const where = names.status === 'grpc_code' ? goTypes : {};
  return {
    side,
    method,
    inFlight,
    handled: all(names.handled),
    status: all(names.status),
    durations: all(names.duration),
    zeros: zeroInitialised ? { statuses: expected, where } : undefined,
  };
}

/** Where the durations have the status, and so count the calls. */
function ofHistogram(
  side: CallNames['side'],
  name: string,
  method: string,
  status: string,
  inFlight?: ReadableNames['inFlight'],
): CallNames {
  return { side, handled: [`${name}_count`], method: [method], status: [status], durations: [name], inFlight };
}
