import { family, histogramLines, type RealExposition } from './lines.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const utf8 = 'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8';
const lines = (...texts: string[]) => texts.map((text) => `${text}\n`).join('');

/** Programs that have other metrics than those of calls, and faults that such programs really have. */
export const programs: readonly RealExposition[] = [
  {
    name: 'client_golang',
    source: 'https://github.com/prometheus/client_golang',
    text: () =>
      family('summary', 'go_gc_duration_seconds', 'A summary of the pause duration of garbage collection cycles.', [
        'go_gc_duration_seconds{quantile="0"} 2.1e-05',
        'go_gc_duration_seconds{quantile="1"} 0.000174',
        'go_gc_duration_seconds_sum 0.0041',
        'go_gc_duration_seconds_count 61',
      ]) +
      family('gauge', 'go_info', 'Information about the Go environment.', ['go_info{version="go1.22.1"} 1']) +
      family('counter', 'go_memstats_alloc_bytes_total', 'Bytes allocated.', [
        'go_memstats_alloc_bytes_total 1.234567e+08',
      ]),
    check: [],
  },
  {
    name: "node_exporter's filesystems, with labels that have backslashes",
    source: 'https://github.com/prometheus/node_exporter',
    text: () =>
      family('gauge', 'node_filesystem_avail_bytes', 'Filesystem space available.', [
        'node_filesystem_avail_bytes{device="C:\\\\",mountpoint="/mnt/a b"} 3.2e+10',
      ]),
    check: [],
  },
  {
    name: 'prom-client, whose default metrics have _total on gauges',
    source: 'https://github.com/siimon/prom-client',
    text: () =>
      family('gauge', 'nodejs_active_handles_total', 'Total number of active handles.', [
        'nodejs_active_handles_total 4',
      ]) +
      family('gauge', 'nodejs_version_info', 'Node.js version info.', [
        'nodejs_version_info{version="v20.20.2",major="20"} 1',
      ]),
    check: ['total_without_counter'],
  },
  {
    name: "Python's client: bounds below 0, and a gauge histogram in the text format",
    source: 'https://github.com/prometheus/client_python',
    text: () =>
      family('histogram', 'outside_celsius', 'Outside.', [
        'outside_celsius_bucket{le="-10.0"} 0.0',
        'outside_celsius_bucket{le="+Inf"} 2.0',
        'outside_celsius_count 2.0',
      ]) +
      family('histogram', 'queue_bytes', 'Sizes.', [
        'queue_bytes_bucket{le="1.0"} 3.0',
        'queue_bytes_bucket{le="+Inf"} 5.0',
      ]) +
      family('gauge', 'queue_bytes_gcount', 'Sizes.', ['queue_bytes_gcount 5.0']) +
      family('gauge', 'queue_bytes_gsum', 'Sizes.', ['queue_bytes_gsum 7.0']),
    check: [],
  },
  {
    name: "Rust's client: sum and count before the buckets",
    source: 'https://github.com/prometheus/client_rust',
    contentType: openMetrics,
    text: () =>
      lines(
        '# HELP latency_seconds Latency.',
        '# TYPE latency_seconds histogram',
        '# UNIT latency_seconds seconds',
        'latency_seconds_sum 0.3',
        'latency_seconds_count 3',
        'latency_seconds_bucket{le="0.1"} 3',
        'latency_seconds_bucket{le="+Inf"} 3',
        '# EOF',
      ),
    check: [],
  },
  {
    name: 'kube-state-metrics in OpenMetrics',
    source: 'https://github.com/kubernetes/kube-state-metrics/tree/main/docs',
    contentType: openMetrics,
    text: () =>
      lines(
        '# HELP kube_pod Information about a pod.',
        '# TYPE kube_pod info',
        'kube_pod_info{namespace="default",pod="a"} 1',
        '# HELP kube_pod_phase The phase of a pod.',
        '# TYPE kube_pod_phase stateset',
        'kube_pod_phase{pod="a",kube_pod_phase="Running"} 1',
        'kube_pod_phase{pod="a",kube_pod_phase="Failed"} 0',
        '# EOF',
      ),
    check: [],
  },
  {
    name: 'a counter with an exemplar in OpenMetrics',
    source: 'https://docs.spring.io/spring-boot/reference/actuator/metrics.html',
    contentType: openMetrics,
    text: () =>
      lines(
        '# HELP orders Orders.',
        '# TYPE orders counter',
        'orders_total{region="eu"} 17.0 # {span_id="00f0",trace_id="4bf9"} 1.0 1.7E9',
        '# EOF',
      ),
    check: [],
  },
  {
    name: 'OpenTelemetry with names in UTF-8, as Prometheus 3 asks for them',
    source: 'https://prometheus.io/docs/guides/utf8/',
    contentType: utf8,
    text: ({ calls }) => {
      const series = (status: string, count: number) =>
        histogramLines('x', `"rpc.method"="demo.v1.Eliza/Say","rpc.response.status_code"="${status}"`, count).map(
          (line) => line.replace(/^x(_\w+)\{/, '{"rpc.server.call.duration$1",'),
        );
      return lines(
        '# HELP "rpc.server.call.duration" Duration.',
        '# TYPE "rpc.server.call.duration" histogram',
        ...series('OK', (calls / 4) * 3),
        ...series('INTERNAL', calls / 4),
      );
    },
    top: { inFlight: null },
    check: [],
    // promtool has no way to know that such names were asked for.
    refusedBy: ['prometheus', 'promtool', 'promtool3'],
  },
  {
    name: "Prometheus's federation, whose metrics have no type",
    source: 'https://prometheus.io/docs/prometheus/latest/federation/',
    text: () => lines('# TYPE up untyped', `up{instance="a:1",job="a"} 1 ${Date.now()}`),
    check: ['no_help'],
  },
  {
    name: 'a program that writes no metadata',
    source: 'https://docs.victoriametrics.com/#how-to-import-data-in-prometheus-exposition-format',
    text: () => lines('vm_rows{type="indexdb"} 12', 'vm_rows{type="storage"} 30'),
    check: ['no_help', 'no_type'],
  },
  {
    name: 'a script on Windows',
    source: 'https://github.com/prometheus-community/windows_exporter#textfile-collector',
    text: () => '# HELP backup_age_seconds Age.\r\n# TYPE backup_age_seconds gauge\r\nbackup_age_seconds 12\r\n',
    check: ['carriage_return'],
    refusedBy: ['prometheus', 'prometheus3', 'promtool', 'promtool3'],
  },
  {
    name: 'a script in PHP that was saved with a byte order mark',
    source: 'https://github.com/PromPHP/prometheus_client_php',
    text: () => `\uFEFF${family('gauge', 'jobs', 'Jobs.', ['jobs 3'])}`,
    check: ['byte_order_mark'],
    refusedBy: ['prometheus', 'prometheus3', 'promtool', 'promtool3'],
  },
  {
    name: 'a hand-written endpoint with types in capitals',
    source: 'https://prometheus.io/docs/instrumenting/exposition_formats/',
    text: () => lines('# HELP jobs Jobs.', '# TYPE jobs GAUGE', 'jobs 3'),
    check: ['malformed_line'],
    refusedBy: ['prometheus', 'prometheus3'],
  },
  {
    name: 'a hand-written endpoint with a comma as decimal point',
    source: 'https://prometheus.io/docs/instrumenting/exposition_formats/',
    text: () => lines('# HELP load Load.', '# TYPE load gauge', 'load 0,5'),
    check: ['malformed_line', 'no_samples'],
    refusedBy: ['prometheus', 'prometheus3', 'promtool', 'promtool3'],
  },
  {
    name: 'a hand-written endpoint with timestamps in seconds',
    source: 'https://prometheus.io/docs/instrumenting/exposition_formats/',
    text: () => lines('# HELP load Load.', '# TYPE load gauge', 'load 0.5 1700000000'),
    check: ['timestamp_out_of_bounds'],
  },
  {
    name: 'two expositions, one behind the other',
    source: 'https://github.com/prometheus/node_exporter#textfile-collector',
    text: () =>
      family('gauge', 'jobs', 'Jobs.', ['jobs{worker="1"} 3']) +
      family('gauge', 'age_seconds', 'Age.', ['age_seconds 1']) +
      family('gauge', 'jobs', 'Jobs.', ['jobs{worker="2"} 4']),
    check: ['scattered_family', 'help_twice', 'type_twice'],
    refusedBy: ['promtool', 'promtool3'],
  },
  {
    name: 'workers that expose the same series',
    source: 'https://github.com/siimon/prom-client#usage-with-nodejss-cluster-module',
    text: () => family('counter', 'jobs_total', 'Jobs.', ['jobs_total 3', 'jobs_total 4']),
    check: ['duplicate_series'],
  },
  {
    name: 'an answer that was cut',
    source: 'https://prometheus.io/docs/instrumenting/exposition_formats/',
    text: () => family('counter', 'jobs_total', 'Jobs.', ['jobs_total 3']).slice(0, -2),
    check: ['malformed_line', 'open_end', 'no_samples'],
    refusedBy: ['prometheus', 'prometheus3', 'promtool', 'promtool3'],
  },
];
