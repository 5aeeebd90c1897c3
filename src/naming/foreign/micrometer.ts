import { statusNames } from '../../rpc/status.ts';
import { type CallShape, countOf, type Side } from '../call-shape.ts';

/**
 * Micrometer's interceptors, which Spring Boot starters, Quarkus and Micronaut use. A timer is a summary without quantiles
 * unless the service asks for a histogram: then there is nothing to compute quantiles of.
 * Source: `AbstractMetricCollectingInterceptor` in
 * https://github.com/micrometer-metrics/micrometer/tree/main/micrometer-core/src/main/java/io/micrometer/core/instrument/binder/grpc
 */
function interceptor(side: Side): CallShape {
  const durations = `grpc_${side}_processing_duration_seconds`;
  return {
    side,
    method: { serviceLabel: 'service', methodLabel: 'method' },
    status: { label: 'statusCode', codes: statusNames },
    requests: countOf(durations),
    durations,
    startsAtZero: false,
  };
}

/** Micrometer's observations, `grpc.server` and `grpc.client`. Source: `GrpcObservationDocumentation`, likewise. */
function observation(side: Side): CallShape {
  const durations = `grpc_${side}_seconds`;
  return {
    side,
    method: { serviceLabel: 'rpc_service', methodLabel: 'rpc_method' },
    status: { label: 'grpc_status_code', codes: statusNames },
    requests: countOf(durations),
    durations,
    startsAtZero: false,
  };
}

export const micrometerShapes: readonly CallShape[] = (['server', 'client'] as const).flatMap((side) => [
  interceptor(side),
  observation(side),
]);
