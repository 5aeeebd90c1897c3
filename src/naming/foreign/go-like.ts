import { statusNames } from '../../rpc/status.ts';
import { type CallShape, counter, type Side } from '../call-shape.ts';
import { go } from '../vocabularies/go.ts';

/**
 * The names of go-grpc-prometheus as libraries in other languages change them. Each spells the codes and the types in its own
 * way, and has no series before a method's first call.
 *
 * - java-grpc-prometheus has the code twice, as `code` and `grpc_code`; its older versions and Python's legacy mode have
 *   `code` alone. A client_java before 0.10 adds no `_total`.
 * - grpc-prometheus and nice-grpc-prometheus for Node.js, tonic-prometheus-layer for Rust, and BentoML write the names of Go.
 *
 * Sources: https://github.com/grpc-ecosystem/java-grpc-prometheus, https://github.com/lchenn/py-grpc-prometheus,
 * https://www.npmjs.com/package/grpc-prometheus, https://github.com/deeplay-io/nice-grpc,
 * https://github.com/blkmlk/tonic-prometheus-layer/blob/main/src/metrics.rs
 */
const javaAndPython: readonly CallShape[] = [
  ...variants(go.server.shape, [go.server.shape.requests.family], 'grpc_server_handled_latency_seconds'),
  ...variants(
    go.client.shape,
    [go.client.shape.requests.family, 'grpc_client_completed_total', 'grpc_client_completed'],
    'grpc_client_completed_latency_seconds',
  ),
];

/** The shape with each of these counters of requests, and its own durations or these. */
function variants({ type: _type, ...shape }: CallShape, requests: readonly string[], durations: string): CallShape[] {
  return requests.flatMap((family) =>
    [shape.durations, durations].map((name) => ({
      ...shape,
      status: { label: 'grpc_code', aliases: ['code'], codes: statusNames },
      requests: counter(family),
      durations: name,
      startsAtZero: false,
    })),
  );
}

/**
 * Through OpenTelemetry, whose exporters can leave `_total` out, and with a gauge of the calls in flight.
 * Source: https://grafbase.com/docs/platform/self-hosting/observability
 */
function withoutTotal(side: Side): CallShape {
  return {
    side,
    method: go[side].shape.method,
    status: { label: 'grpc_code', codes: statusNames },
    requests: counter(`grpc_${side}_handled`),
    durations: `grpc_${side}_handling_duration_seconds`,
    inFlight: `grpc_${side}_active_requests`,
    startsAtZero: false,
  };
}

/**
 * Daml and Canton: labels of their own, behind the prefix `daml_`.
 * Source: https://docs.daml.com/ops/common-metrics.html
 */
function daml(side: Side): CallShape {
  return {
    side,
    method: { serviceLabel: 'grpc_service_name', methodLabel: 'grpc_method_name' },
    status: { label: 'grpc_code', codes: statusNames },
    requests: counter(`grpc_${side}_handled_total`),
    durations: `grpc_${side}_duration_seconds`,
    started: `grpc_${side}_started_total`,
    startsAtZero: false,
  };
}

/**
 * connect-go's interceptor for Prometheus, which counts calls of gRPC, gRPC-Web and Connect. Codes are those of Connect:
 * `ok`, `not_found`.
 * Source: https://github.com/easyCZ/connect-go-prometheus
 */
function connect(side: Side): CallShape {
  return {
    side,
    method: { serviceLabel: 'service', methodLabel: 'method' },
    status: { label: 'code', codes: statusNames },
    requests: counter(`connect_${side}_handled_total`),
    durations: `connect_${side}_handled_seconds`,
    started: `connect_${side}_started_total`,
    startsAtZero: false,
  };
}

const sides = ['server', 'client'] as const;

export const goLikeShapes: readonly CallShape[] = [
  ...javaAndPython,
  ...sides.map(withoutTotal),
  ...sides.map(daml),
  ...sides.map(connect),
];
