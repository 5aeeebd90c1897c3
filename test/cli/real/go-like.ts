import { byStatus, family, histogramLines, labels, type RealExposition } from './lines.ts';

const say = { grpc_method: 'Say', grpc_service: 'demo.v1.Eliza' };
const goStatuses = ['Canceled', 'Unknown', 'DeadlineExceeded', 'Unimplemented', 'Unavailable', 'DataLoss'];

/** go-grpc-prometheus and the libraries that write its names. */
export const goLike: readonly RealExposition[] = [
  {
    name: 'go-grpc-prometheus, server',
    source: 'https://github.com/grpc-ecosystem/go-grpc-prometheus#metrics',
    text: ({ calls }) => {
      const own = labels({ ...say, grpc_type: 'unary' });
      const handled = (code: string, count: number) => `grpc_server_handled_total{grpc_code="${code}",${own}} ${count}`;
      return [
        family('counter', 'grpc_server_handled_total', 'Total number of RPCs completed on the server.', [
          ...goStatuses.map((code) => handled(code, 0)),
          ...byStatus({ calls }, handled, 'OK', 'Internal'),
        ]),
        family(
          'histogram',
          'grpc_server_handling_seconds',
          'Histogram of response latency (seconds).',
          histogramLines('grpc_server_handling_seconds', own, calls),
        ),
        family('counter', 'grpc_server_started_total', 'Total number of RPCs started on the server.', [
          `grpc_server_started_total{${own}} ${calls + 1}`,
        ]),
      ].join('');
    },
    top: {},
    check: [],
  },
  {
    name: 'go-grpc-middleware, client, without histograms',
    source: 'https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus',
    text: ({ calls }) => {
      const own = labels({ ...say, grpc_type: 'unary' });
      return family(
        'counter',
        'grpc_client_handled_total',
        'Total number of RPCs completed by the client.',
        byStatus(
          { calls },
          (code, count) => `grpc_client_handled_total{grpc_code="${code}",${own}} ${count}`,
          'OK',
          'Internal',
        ),
      );
    },
    top: { side: 'client', hasQuantiles: false, inFlight: null },
    check: [],
  },
  {
    name: 'go-grpc-prometheus behind a relabelling that drops the code',
    source: 'https://prometheus.io/docs/prometheus/latest/configuration/configuration/#metric_relabel_configs',
    text: ({ calls }) =>
      family('counter', 'grpc_server_handled_total', 'Total number of RPCs completed on the server.', [
        `grpc_server_handled_total{${labels(say)}} ${calls}`,
      ]),
    top: { errors: null, faults: null, hasQuantiles: false, inFlight: null },
    check: [],
  },
  {
    name: 'java-grpc-prometheus on simpleclient 0.16',
    source: 'https://github.com/grpc-ecosystem/java-grpc-prometheus#server-side-metrics',
    text: ({ calls }) => {
      const own = labels({ grpc_type: 'UNARY', grpc_service: 'demo.v1.Eliza', grpc_method: 'Say' });
      const count = (value: number) => `${value}.0`;
      return [
        family(
          'counter',
          'grpc_server_handled_total',
          'Total number of RPCs completed on the server.',
          byStatus(
            { calls },
            (code, value) => `grpc_server_handled_total{${own},code="${code}",grpc_code="${code}",} ${value}.0`,
            'OK',
            'INTERNAL',
          ),
        ),
        family('gauge', 'grpc_server_handled_created', 'Total number of RPCs completed on the server.', [
          `grpc_server_handled_created{${own},code="OK",grpc_code="OK",} 1.637E9`,
        ]),
        family(
          'histogram',
          'grpc_server_handled_latency_seconds',
          'Histogram of response latency (seconds).',
          histogramLines('grpc_server_handled_latency_seconds', own, calls, { count }),
        ),
        family('counter', 'grpc_server_started_total', 'Total number of RPCs started on the server.', [
          `grpc_server_started_total{${own},} ${calls + 1}.0`,
        ]),
      ].join('');
    },
    top: {},
    check: [],
  },
  {
    name: 'java-grpc-prometheus on an older simpleclient, client',
    source: 'https://github.com/grpc-ecosystem/java-grpc-prometheus#client-side-metrics',
    text: ({ calls }) => {
      const own = labels({ grpc_type: 'UNARY', grpc_service: 'demo.v1.Eliza', grpc_method: 'Say' });
      return [
        family(
          'counter',
          'grpc_client_completed',
          'Total number of RPCs completed on the client.',
          byStatus(
            { calls },
            (code, value) => `grpc_client_completed{${own},code="${code}",} ${value}.0`,
            'OK',
            'INTERNAL',
          ),
        ),
        family(
          'histogram',
          'grpc_client_completed_latency_seconds',
          'Histogram of rpc response latency (in seconds).',
          histogramLines('grpc_client_completed_latency_seconds', own, calls),
        ),
      ].join('');
    },
    top: { side: 'client', inFlight: null },
    check: ['counter_without_total'],
  },
  {
    name: 'py-grpc-prometheus',
    source: 'https://github.com/lchenn/py-grpc-prometheus/blob/master/py_grpc_prometheus/server_metrics.py',
    text: ({ calls }) => {
      const own = labels({ grpc_method: 'Say', grpc_service: 'demo.v1.Eliza', grpc_type: 'UNARY' });
      return [
        family('counter', 'grpc_server_started_total', 'Total number of RPCs started on the server.', [
          `grpc_server_started_total{${own}} ${calls + 1}.0`,
        ]),
        family('histogram', 'grpc_server_handled_latency_seconds', 'Histogram of response latency.', []),
        family(
          'histogram',
          'grpc_server_handling_seconds',
          'Histogram of response latency (seconds).',
          histogramLines('grpc_server_handling_seconds', own, calls, { count: (value) => `${value}.0` }),
        ),
        family(
          'counter',
          'grpc_server_handled_total',
          'Total number of RPCs completed on the server.',
          byStatus(
            { calls },
            (code, value) => `grpc_server_handled_total{grpc_code="${code}",${own}} ${value}.0`,
            'OK',
            'INTERNAL',
          ),
        ),
        family('gauge', 'grpc_server_handled_created', 'Total number of RPCs completed on the server.', [
          `grpc_server_handled_created{grpc_code="OK",${own}} 1.6370000001234567e+09`,
        ]),
      ].join('');
    },
    top: {},
    check: [],
  },
  {
    name: 'grpc-prometheus for Node.js, with the code on its histogram',
    source: 'https://www.npmjs.com/package/grpc-prometheus',
    text: ({ calls }) => {
      const own = (code: string) => labels({ grpc_code: code, ...say, grpc_type: 'unary' });
      return [
        family(
          'counter',
          'grpc_server_handled_total',
          'Total number of RPCs completed on the server.',
          byStatus({ calls }, (code, count) => `grpc_server_handled_total{${own(code)}} ${count}`, 'OK', 'INTERNAL'),
        ),
        family(
          'histogram',
          'grpc_server_handling_seconds',
          'Histogram of response latency (seconds).',
          (
            [
              ['OK', (calls / 4) * 3],
              ['INTERNAL', calls / 4],
            ] as const
          ).flatMap(([code, count]) => histogramLines('grpc_server_handling_seconds', own(code), count)),
        ),
      ].join('');
    },
    top: { inFlight: null },
    check: ['missing_zero_series'],
  },
  {
    name: 'nice-grpc-prometheus',
    source: 'https://github.com/deeplay-io/nice-grpc/tree/master/packages/nice-grpc-prometheus#readme',
    text: ({ calls }) => {
      const own = labels({
        grpc_type: 'unary',
        grpc_service: 'demo.v1.Eliza',
        grpc_method: 'Say',
        grpc_path: '/demo.v1.Eliza/Say',
      });
      return [
        family('counter', 'grpc_server_started_total', 'Total number of RPCs started on the server.', [
          `grpc_server_started_total{${own}} ${calls + 1}`,
        ]),
        family(
          'counter',
          'grpc_server_handled_total',
          'Total number of RPCs completed on the server.',
          byStatus(
            { calls },
            (code, count) => `grpc_server_handled_total{${own},grpc_code="${code}"} ${count}`,
            'OK',
            'INTERNAL',
          ),
        ),
        family(
          'histogram',
          'grpc_server_handling_seconds',
          'Histogram of response latency.',
          histogramLines('grpc_server_handling_seconds', own, calls),
        ),
      ].join('');
    },
    top: {},
    check: ['missing_zero_series'],
  },
  ...(
    [
      ['tonic-prometheus-layer 0.2', 'OK', 'INTERNAL'],
      ['tonic with the names of tonic::Code', 'Ok', 'Internal'],
    ] as const
  ).map(([name, ok, bad]) => ({
    name,
    source: 'https://github.com/blkmlk/tonic-prometheus-layer/blob/main/src/metrics.rs',
    text: ({ calls }: { calls: number }) =>
      [
        family(
          'counter',
          'grpc_server_handled_total',
          'Total number of RPCs completed on the server.',
          byStatus(
            { calls },
            (code, count) => `grpc_server_handled_total{${labels({ grpc_code: code, ...say })}} ${count}`,
            ok,
            bad,
          ),
        ),
        family('counter', 'grpc_server_started_total', 'Total number of RPCs started on the server.', [
          `grpc_server_started_total{${labels(say)}} ${calls + 1}`,
        ]),
      ].join(''),
    top: { hasQuantiles: false },
    check: [],
  })),
  {
    name: 'Grafbase, through OpenTelemetry without suffixes',
    source: 'https://grafbase.com/docs/platform/self-hosting/observability',
    text: ({ calls }) => {
      const own = labels({ grpc_service: 'demo.v1.Eliza', grpc_method: 'Say' });
      return [
        family(
          'counter',
          'grpc_server_handled',
          'Total number of RPCs completed on the server.',
          byStatus(
            { calls },
            (code, count) => `grpc_server_handled{${own},grpc_code="${code}"} ${count}`,
            'Ok',
            'Internal',
          ),
        ),
        family('gauge', 'grpc_server_active_requests', 'Current number of active server requests.', [
          `grpc_server_active_requests{${own}} 1`,
        ]),
      ].join('');
    },
    top: { hasQuantiles: false },
    check: ['counter_without_total'],
  },
  {
    name: 'Daml',
    source: 'https://docs.daml.com/ops/common-metrics.html',
    text: ({ calls }) => {
      const own = labels({
        grpc_method_name: 'Say',
        grpc_server_type: 'unary',
        grpc_service_name: 'demo.v1.Eliza',
        service: 'participant',
      });
      return [
        family(
          'counter',
          'daml_grpc_server_handled_total',
          'Total number of handled gRPC requests.',
          byStatus(
            { calls },
            (code, count) => `daml_grpc_server_handled_total{grpc_code="${code}",${own}} ${count}`,
            'OK',
            'INTERNAL',
          ),
        ),
        family(
          'histogram',
          'daml_grpc_server_duration_seconds',
          'Distribution of the durations of serving gRPC requests.',
          histogramLines('daml_grpc_server_duration_seconds', own, calls),
        ),
        family('counter', 'daml_grpc_server_started_total', 'Total number of started gRPC requests.', [
          `daml_grpc_server_started_total{${own}} ${calls + 1}`,
        ]),
      ].join('');
    },
    top: {},
    check: [],
  },
  {
    name: 'connect-go-prometheus',
    source: 'https://github.com/easyCZ/connect-go-prometheus#metrics',
    text: ({ calls }) => {
      const own = labels({ method: 'Say', service: 'demo.v1.Eliza', type: 'unary' });
      return [
        family(
          'counter',
          'connect_server_handled_total',
          'Total number of RPCs handled.',
          byStatus(
            { calls },
            (code, count) => `connect_server_handled_total{code="${code}",${own}} ${count}`,
            'ok',
            'internal',
          ),
        ),
        family('counter', 'connect_server_started_total', 'Total number of RPCs started.', [
          `connect_server_started_total{${own}} ${calls + 1}`,
        ]),
      ].join('');
    },
    top: { hasQuantiles: false },
    check: [],
  },
];
