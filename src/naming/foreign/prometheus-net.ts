import { type CallShape, counter } from '../call-shape.ts';

/**
 * prometheus-net for ASP.NET Core, whose metrics have no status. It counts a request when it arrives.
 *
 * Its durations have the name of our own, with other labels: a bare method name, and the service.
 * Sources: `GrpcRequestCountMiddleware` and `GrpcRequestDurationMiddleware` in
 * https://github.com/prometheus-net/prometheus-net/tree/master/Prometheus.AspNetCore.Grpc
 */
export const prometheusNetShapes: readonly CallShape[] = [
  {
    side: 'server',
    method: { serviceLabel: 'service', methodLabel: 'method' },
    status: { label: '', codes: [] },
    requests: counter('grpc_requests_received_total'),
    durations: 'grpc_request_duration_seconds',
    startsAtZero: false,
  },
];
