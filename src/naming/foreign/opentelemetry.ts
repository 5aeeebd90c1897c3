import { statusNames } from '../../rpc/status.ts';
import { type CallShape, countOf, type Side } from '../call-shape.ts';
import { grpc } from '../vocabularies/grpc.ts';
import { otel } from '../vocabularies/otel.ts';

/**
 * The label of the status in the conventions for RPC metrics since 1.39: `rpc.response.status_code`, and since 1.45
 * `rpc.status_code`, which our own `otel` names have.
 * Source: https://github.com/open-telemetry/semantic-conventions/blob/main/docs/rpc/rpc-metrics.md
 */
const status = {
  label: 'rpc_response_status_code',
  aliases: [otel.server.shape.status.label, 'rpc_grpc_status_code'],
  codes: statusNames,
} as const;

/** `rpc.server.call.duration`, whose unit exporters add or leave out. */
function current(side: Side, unit: string): CallShape {
  const durations = `rpc_${side}_call_duration${unit}`;
  return { ...otel[side].shape, status, requests: countOf(durations), durations };
}

/**
 * `rpc.server.duration` of the conventions up to 1.37, which most instrumentations still write: in milliseconds, with the
 * number of the code. Exporters add the unit, leave it out, or abbreviate it; some SDKs convert to seconds.
 *
 * Sources: https://github.com/open-telemetry/semantic-conventions/blob/v1.37.0/docs/rpc/rpc-metrics.md,
 * https://github.com/open-telemetry/opentelemetry.io/issues/4278 (the collector), https://github.com/Open-J-Proxy/ojp/pull/2 (Java)
 */
function old(side: Side, unit: string): CallShape {
  const durations = `rpc_${side}_duration${unit}`;
  return {
    side,
    method: { serviceLabel: 'rpc_service', methodLabel: 'rpc_method' },
    status: { label: 'rpc_grpc_status_code', aliases: ['rpc_connect_rpc_error_code'], codes: statusNames },
    requests: countOf(durations),
    durations,
    secondsPerUnit: unit === '_seconds' ? 1 : 0.001,
    startsAtZero: false,
  };
}

/** gRPC's own metrics, whose unit exporters can leave out. */
function grpcWithoutUnit(side: Side): CallShape {
  const durations = `grpc_${side}_call_duration`;
  return { ...grpc[side].shape, requests: countOf(durations), durations };
}

export const openTelemetryShapes: readonly CallShape[] = (['server', 'client'] as const).flatMap((side) => [
  current(side, '_seconds'),
  current(side, ''),
  ...['_milliseconds', '', '_ms', '_seconds'].map((unit) => old(side, unit)),
  grpcWithoutUnit(side),
]);
