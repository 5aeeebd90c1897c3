import { statusNames } from '../../rpc/status.ts';
import { type CallShape, counter, type Side } from '../call-shape.ts';

/**
 * The views of OpenCensus for gRPC, in milliseconds, as its Prometheus exporters write them. Dapr writes them behind the
 * prefix `dapr_`. A code that gRPC does not define is `CODE_42`.
 *
 * Sources: https://github.com/census-instrumentation/opencensus-go/blob/master/plugin/ocgrpc/server_metrics.go,
 * https://github.com/census-instrumentation/opencensus-go/blob/master/plugin/ocgrpc/stats_common.go
 */
function shapeOf(side: Side, durations: string): CallShape {
  return {
    side,
    method: { label: `grpc_${side}_method`, form: 'service/method' },
    status: { label: `grpc_${side}_status`, codes: statusNames },
    requests: counter(`grpc_io_${side}_completed_rpcs`),
    durations,
    secondsPerUnit: 0.001,
    started: `grpc_io_${side}_started_rpcs`,
    startsAtZero: false,
  };
}

export const openCensusShapes: readonly CallShape[] = [
  shapeOf('server', 'grpc_io_server_server_latency'),
  shapeOf('client', 'grpc_io_client_roundtrip_latency'),
];
