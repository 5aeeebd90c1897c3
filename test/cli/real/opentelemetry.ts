import { family, histogramLines, labels, type RealExposition } from './lines.ts';

/** A histogram for each status, as OpenTelemetry's exporters write it. */
function durations(
  name: string,
  { calls }: { readonly calls: number },
  own: (isOk: boolean) => Readonly<Record<string, string>>,
  perSecond: number,
  help = 'The duration of an RPC.',
): string {
  return family('histogram', name, help, [
    ...histogramLines(name, labels(own(true)), (calls / 4) * 3, { perSecond }),
    ...histogramLines(name, labels(own(false)), calls / 4, { perSecond }),
  ]);
}

const old = (isOk: boolean) => ({
  rpc_grpc_status_code: isOk ? '0' : '13',
  rpc_method: 'Say',
  rpc_service: 'demo.v1.Eliza',
  rpc_system: 'grpc',
});
const conventions = 'https://github.com/open-telemetry/semantic-conventions/blob';

/** OpenTelemetry's instrumentations for RPC, and gRPC's own metrics through its exporters. */
export const openTelemetry: readonly RealExposition[] = [
  {
    name: 'OpenTelemetry for Java, in milliseconds',
    source: 'https://github.com/Open-J-Proxy/ojp/pull/2',
    text: (counted) =>
      durations(
        'rpc_server_duration_milliseconds',
        counted,
        (isOk) => ({ otel_scope_name: 'io.opentelemetry.grpc-1.6', ...old(isOk), server_port: '1059' }),
        1000,
      ),
    top: { inFlight: null },
    check: ['unit'],
  },
  {
    name: 'the collector of OpenTelemetry, which has a prefix and no unit',
    source: 'https://github.com/open-telemetry/opentelemetry.io/issues/4278',
    text: (counted) => durations('otelcol_rpc_server_duration', counted, old, 1000),
    top: { inFlight: null },
    check: [],
  },
  {
    name: 'OpenTelemetry, client, in milliseconds',
    source: `${conventions}/v1.37.0/docs/rpc/rpc-metrics.md`,
    text: (counted) => durations('rpc_client_duration_milliseconds', counted, old, 1000),
    top: { side: 'client', inFlight: null },
    check: ['unit'],
  },
  {
    name: 'OpenTelemetry, converted to seconds, with a namespace',
    source: `${conventions}/v1.37.0/docs/rpc/rpc-metrics.md`,
    text: (counted) => durations('scrap_rpc_server_duration_seconds', counted, old, 1),
    top: { inFlight: null },
    check: [],
  },
  {
    name: 'OpenTelemetry with the unit abbreviated',
    source: 'https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/',
    text: (counted) => durations('rpc_server_duration_ms', counted, old, 1000),
    top: { inFlight: null },
    check: ['unit'],
  },
  {
    name: 'OpenTelemetry, conventions 1.39 to 1.44',
    source: `${conventions}/v1.39.0/docs/rpc/rpc-metrics.md`,
    text: (counted) =>
      durations(
        'rpc_server_call_duration_seconds',
        counted,
        (isOk) => ({
          rpc_method: 'demo.v1.Eliza/Say',
          rpc_response_status_code: isOk ? 'OK' : 'INTERNAL',
          rpc_system_name: 'grpc',
        }),
        1,
      ),
    top: { inFlight: null },
    check: [],
  },
  {
    name: 'OpenTelemetry, conventions since 1.45, with a method as the wire has it',
    source: `${conventions}/v1.45.0/docs/rpc/rpc-metrics.md`,
    text: (counted) =>
      durations(
        'rpc_server_call_duration_seconds',
        counted,
        (isOk) => ({
          ...(isOk ? {} : { error_type: 'INTERNAL' }),
          rpc_method: '/demo.v1.Eliza/Say',
          rpc_status_code: isOk ? 'OK' : 'INTERNAL',
          rpc_system_name: 'grpc',
        }),
        1,
      ),
    top: { inFlight: null },
    check: [],
  },
  {
    name: "gRPC's own metrics, server",
    source: 'https://github.com/grpc/proposal/blob/master/A66-otel-stats.md',
    text: (counted) =>
      durations(
        'grpc_server_call_duration_seconds',
        counted,
        (isOk) => ({
          grpc_method: 'demo.v1.Eliza/Say',
          grpc_status: isOk ? 'OK' : 'INTERNAL',
          otel_scope_name: 'grpc-go',
        }),
        1,
      ) +
      family('counter', 'grpc_server_call_started_total', 'Number of RPCs started.', [
        `grpc_server_call_started_total{grpc_method="demo.v1.Eliza/Say",otel_scope_name="grpc-go"} ${counted.calls + 1}`,
      ]),
    top: {},
    check: [],
  },
  {
    name: "gRPC's own metrics, client, without units",
    source: 'https://github.com/grpc/proposal/blob/master/A66-otel-stats.md',
    text: (counted) =>
      durations(
        'grpc_client_call_duration',
        counted,
        (isOk) => ({
          grpc_method: 'demo.v1.Eliza/Say',
          grpc_status: isOk ? 'OK' : 'INTERNAL',
          grpc_target: 'dns:///eliza:443',
        }),
        1,
      ),
    top: { side: 'client', inFlight: null },
    check: [],
  },
];
