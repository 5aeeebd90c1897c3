/** What an endpoint is to tell of one method: a quarter of its calls ended `INTERNAL`, one goes on. */
export interface Told {
  readonly calls: number;
  readonly method?: string;
  /** How long each call took. */
  readonly seconds?: number;
}

const bounds = [0.01, 0.1, 1];

/** With go-grpc-prometheus. */
export function goExposition({ calls, method = 'Say', seconds = 0.1 }: Told): string {
  const labels = `grpc_method="${method}",grpc_service="demo.v1.Eliza",grpc_type="unary"`;
  const bucket = (le: number | '+Inf', count: number) =>
    `grpc_server_handling_seconds_bucket{${labels},le="${le}"} ${count}`;
  const upTo = (bound: number) => (seconds <= bound ? calls : 0);
  return `# HELP grpc_server_handled_total Total number of RPCs completed on the server, regardless of success or failure.
# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_code="Internal",${labels}} ${calls / 4}
grpc_server_handled_total{grpc_code="OK",${labels}} ${(calls / 4) * 3}
# HELP grpc_server_handling_seconds Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.
# TYPE grpc_server_handling_seconds histogram
${bounds.map((bound) => bucket(bound, upTo(bound))).join('\n')}
${bucket('+Inf', calls)}
grpc_server_handling_seconds_sum{${labels}} ${calls * seconds}
grpc_server_handling_seconds_count{${labels}} ${calls}
# HELP grpc_server_started_total Total number of RPCs started on the server.
# TYPE grpc_server_started_total counter
grpc_server_started_total{${labels}} ${calls + 1}
`;
}

/** With grpc-vitals, on the side of the server or, by the prefix `grpc_client_`, of the client. */
export function ownExposition({ calls, method = 'Say', seconds = 0.1 }: Told, prefix = 'grpc_'): string {
  const labels = `method="/demo.v1.Eliza/${method}"`;
  const buckets = bounds.map((bound) => `{${labels},le="${bound}"} ${seconds <= bound ? calls : 0}`);
  return `# HELP ${prefix}requests_total Total gRPC requests
# TYPE ${prefix}requests_total counter
${prefix}requests_total{${labels},status="INTERNAL"} ${calls / 4}
${prefix}requests_total{${labels},status="OK"} ${(calls / 4) * 3}
# HELP ${prefix}request_duration_seconds Request duration
# TYPE ${prefix}request_duration_seconds histogram
${[...buckets, `{${labels},le="+Inf"} ${calls}`].map((bucket) => `${prefix}request_duration_seconds_bucket${bucket}`).join('\n')}
${prefix}request_duration_seconds_sum{${labels}} ${calls * seconds}
${prefix}request_duration_seconds_count{${labels}} ${calls}
# HELP ${prefix}requests_in_flight Requests that have started and not ended
# TYPE ${prefix}requests_in_flight gauge
${prefix}requests_in_flight{${labels}} 1
`;
}
