import { byStatus, type Counted, family, histogramLines, labels, type RealExposition } from './lines.ts';

/** Micrometer writes what it times as a summary, unless it is asked for a histogram. */
function timer(name: string, help: string, counted: Counted, own: (status: string) => string, isHistogram: boolean) {
  const parts = byStatus(counted, (status, count) => `${status} ${count}`, 'OK', 'INTERNAL').map((part) => {
    const [status = '', count = ''] = part.split(' ');
    return [own(status), Number(count)] as const;
  });
  const lines = isHistogram
    ? parts.flatMap(([series, count]) => histogramLines(name, series, count, { bound: (bound) => bound.toFixed(3) }))
    : parts.flatMap(([series, count]) => [
        `${name}_count{${series}} ${count}`,
        `${name}_sum{${series}} ${count * 0.1}`,
      ]);
  const largest = parts.map(([series]) => `${name}_max{${series}} 0.1`);
  return (
    family(isHistogram ? 'histogram' : 'summary', name, help, lines) + family('gauge', `${name}_max`, help, largest)
  );
}

const micrometer = (status: string) =>
  labels({ method: 'Say', methodType: 'UNARY', service: 'demo.v1.Eliza', statusCode: status });
const micrometerSource =
  'https://github.com/micrometer-metrics/micrometer/tree/main/micrometer-core/src/main/java/io/micrometer/core/instrument/binder/grpc';

function openCensus(prefix: string, side: 'server' | 'client', latency: string, { calls }: Counted): string {
  const method = `grpc_${side}_method="demo.v1.Eliza/Say"`;
  const completed = `${prefix}grpc_io_${side}_completed_rpcs`;
  const durations = `${prefix}grpc_io_${side}_${latency}`;
  return [
    family(
      'counter',
      completed,
      'Count of RPCs by method and status.',
      byStatus(
        { calls },
        (status, count) => `${completed}{${method},grpc_${side}_status="${status}"} ${count}`,
        'OK',
        'INTERNAL',
      ),
    ),
    family(
      'histogram',
      durations,
      'Distribution of latency in milliseconds, by method.',
      histogramLines(durations, method, calls, { perSecond: 1000 }),
    ),
  ].join('');
}

/** Envoy writes a TYPE line and no HELP, and each status as a family of its own. */
function envoy({ calls }: Counted, infix: string, own: Readonly<Record<string, string>>): string {
  const tags = labels({ ...own, envoy_cluster_name: 'backend' });
  const counter = (statistic: string, count: number) => {
    const name = `envoy_cluster_grpc_${infix}${statistic}`;
    return `# TYPE ${name} counter\n${name}{${tags}} ${count}\n`;
  };
  const time = `envoy_cluster_grpc_${infix}upstream_rq_time`;
  return [
    ...byStatus({ calls }, counter, '0', '13'),
    counter('failure', calls / 4),
    counter('request_message_count', calls),
    counter('success', (calls / 4) * 3),
    counter('total', calls),
    `# TYPE ${time} histogram\n${histogramLines(time, tags, calls, { perSecond: 1000 }).join('\n')}\n`,
  ].join('');
}
const envoySource = 'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_stats_filter';

/** Micrometer, OpenCensus, prometheus-net, go-zero and Envoy. */
export const otherLibraries: readonly RealExposition[] = [
  {
    name: 'Micrometer, a summary without quantiles',
    source: micrometerSource,
    text: (counted) =>
      timer(
        'grpc_server_processing_duration_seconds',
        'The total time taken for the server to complete the call',
        counted,
        micrometer,
        false,
      ),
    top: { hasQuantiles: false, inFlight: null },
    check: ['camel_case'],
  },
  {
    name: 'Micrometer in Quarkus, a histogram, client',
    source: micrometerSource,
    text: (counted) =>
      timer(
        'grpc_client_processing_duration_seconds',
        'The total time taken for the client to complete the call',
        counted,
        micrometer,
        true,
      ),
    top: { side: 'client', inFlight: null },
    check: ['camel_case'],
  },
  {
    name: "Micrometer's observations",
    source: micrometerSource,
    text: (counted) =>
      timer(
        'grpc_server_seconds',
        '',
        counted,
        (status) =>
          labels({
            error: 'none',
            grpc_status_code: status,
            rpc_method: 'Say',
            rpc_service: 'demo.v1.Eliza',
            rpc_type: 'UNARY',
          }),
        false,
      ),
    top: { hasQuantiles: false, inFlight: null },
    check: ['no_help'],
  },
  {
    name: 'OpenCensus for Go, with a namespace',
    source: 'https://github.com/salrashid123/grpc_stats_envoy_istio#metrics-using-opencensus',
    text: (counted) => openCensus('oc_', 'server', 'server_latency', counted),
    top: { inFlight: null },
    check: ['counter_without_total'],
  },
  {
    name: 'Dapr, which measures with OpenCensus',
    source: 'https://github.com/dapr/dapr/blob/master/docs/development/dapr-metrics.md',
    text: (counted) => openCensus('dapr_', 'server', 'server_latency', counted),
    top: { inFlight: null },
    check: ['counter_without_total'],
  },
  {
    name: 'OpenCensus, client',
    source: 'https://github.com/census-instrumentation/opencensus-go/blob/master/plugin/ocgrpc/client_metrics.go',
    text: (counted) => openCensus('', 'client', 'roundtrip_latency', counted),
    top: { side: 'client', inFlight: null },
    check: ['counter_without_total'],
  },
  {
    name: 'prometheus-net, which has no status and our name for durations',
    source: 'https://github.com/prometheus-net/prometheus-net/tree/master/Prometheus.AspNetCore.Grpc',
    text: ({ calls }) => {
      const own = labels({ service: 'demo.v1.Eliza', method: 'Say' });
      return [
        family('counter', 'grpc_requests_received_total', 'Number of gRPC requests received.', [
          `grpc_requests_received_total{${own}} ${calls}`,
        ]),
        family(
          'histogram',
          'grpc_request_duration_seconds',
          'The duration of GRPC requests.',
          histogramLines('grpc_request_duration_seconds', own, calls),
        ),
      ].join('');
    },
    top: { errors: null, faults: null, inFlight: null },
    check: [],
  },
  {
    name: 'go-zero',
    source:
      'https://github.com/zeromicro/go-zero/blob/master/zrpc/internal/serverinterceptors/prometheusinterceptor.go',
    text: ({ calls }) => {
      const own = 'method="/demo.v1.Eliza/Say"';
      return [
        family(
          'histogram',
          'rpc_server_requests_duration_ms',
          'rpc server requests duration(ms).',
          histogramLines('rpc_server_requests_duration_ms', own, calls, { perSecond: 1000 }),
        ),
        family(
          'counter',
          'rpc_server_requests_code_total',
          'rpc server requests code count.',
          byStatus(
            { calls },
            (code, count) => `rpc_server_requests_code_total{code="${code}",${own}} ${count}`,
            '0',
            '13',
          ),
        ),
      ].join('');
    },
    top: { inFlight: null },
    check: ['unit'],
  },
  {
    name: 'Envoy, a service without a package',
    source: 'https://github.com/nokamoto/envoy-grpc-status-metrics',
    text: (counted) => envoy(counted, '', { envoy_grpc_bridge_method: 'Say', envoy_grpc_bridge_service: 'Eliza' }),
    top: { side: 'client', method: '/Eliza/Say', inFlight: null },
    check: ['no_help', 'counter_without_total', 'reserved_suffix'],
  },
  {
    name: 'Envoy since 1.21, a service in a package',
    source: 'https://github.com/envoyproxy/envoy/blob/main/source/common/config/well_known_names.cc',
    text: (counted) =>
      envoy(counted, 'Eliza_Say_', { envoy_grpc_bridge_method: 'v1', envoy_grpc_bridge_service: 'demo' }),
    top: { side: 'client', inFlight: null },
    check: ['no_help', 'counter_without_total', 'reserved_suffix'],
  },
  {
    name: 'Envoy up to 1.20, a service in a package',
    source: 'https://github.com/envoyproxy/envoy/blob/v1.20.0/source/common/config/well_known_names.cc',
    text: (counted) =>
      envoy(counted, 'v1_Eliza_', { envoy_grpc_bridge_method: 'Say', envoy_grpc_bridge_service: 'demo' }),
    top: { side: 'client', inFlight: null },
    check: ['no_help', 'counter_without_total', 'reserved_suffix'],
  },
  {
    name: 'Envoy without statistics by method',
    source: envoySource,
    text: (counted) => envoy(counted, '', {}),
    top: { side: 'client', method: 'all methods', inFlight: null },
    check: ['no_help', 'counter_without_total', 'reserved_suffix'],
  },
];
