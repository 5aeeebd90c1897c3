/** The names under which an endpoint tells of its calls, ours or another library's. */
export interface ReadableNames {
  readonly side: 'server' | 'client';
  /** Counter of calls that ended, with the status as a label. */
  readonly handled: string;
  /** Labels of `handled` that name the method: its path, or service and method. */
  readonly method: readonly [path: string] | readonly [service: string, method: string];
  readonly status: string;
  /** Statuses that have to have a series before their first call: OK, and what counts as the server's fault. */
  readonly expected: readonly string[];
  /** Whether the library can make those series itself. */
  readonly zeroInitialised: boolean;
  readonly duration: string;
  /** Gauge of calls in flight, or counter of calls started. */
  readonly inFlight: { readonly gauge: string } | { readonly started: string };
}

/** A family that our endpoints have before the first call, when those above have no series and are not written. */
export const alwaysThere = 'grpc_vitals_errors_total';

const faults = ['OK', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'] as const;
const goFaults = ['OK', 'Unknown', 'DeadlineExceeded', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss'] as const;

/** Ours and go-grpc-prometheus's. Of each side the first that an endpoint has is read, since they tell of the same calls. */
export const readableNames: readonly ReadableNames[] = [
  basic('server', 'grpc_'),
  go('server'),
  basic('client', 'grpc_client_'),
  go('client'),
];

function basic(side: ReadableNames['side'], prefix: string): ReadableNames {
  return {
    side,
    handled: `${prefix}requests_total`,
    method: ['method'],
    status: 'status',
    expected: faults,
    zeroInitialised: true,
    duration: `${prefix}request_duration_seconds`,
    inFlight: { gauge: `${prefix}requests_in_flight` },
  };
}

/** Source: https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus */
function go(side: ReadableNames['side']): ReadableNames {
  return {
    side,
    handled: `grpc_${side}_handled_total`,
    method: ['grpc_service', 'grpc_method'],
    status: 'grpc_code',
    expected: goFaults,
    // Its `InitializeMetrics` is the server's; the client has no such thing.
    zeroInitialised: side === 'server',
    duration: `grpc_${side}_handling_seconds`,
    inFlight: { started: `grpc_${side}_started_total` },
  };
}
