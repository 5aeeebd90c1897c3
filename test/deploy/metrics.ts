/** Names of all metrics that a server exposes: what rules, alerts and the dashboard may name. */
export const exposedMetrics: readonly string[] = [
  'grpc_requests_total',
  'grpc_request_duration_seconds',
  'grpc_errors_total',
  'grpc_active_connections',
  'grpc_service_info',
  'grpc_requests_in_flight',
  'grpc_messages_received_total',
  'grpc_messages_sent_total',
  'grpc_rejected_total',
  'grpc_vitals_errors_total',
];

const HISTOGRAM_SERIES = /^(grpc_request_duration_seconds)_(bucket|count|sum)$/;

/** Name of the metric that a series belongs to: a histogram's has three. */
export function metricOf(series: string): string {
  return HISTOGRAM_SERIES.exec(series)?.[1] ?? series;
}
