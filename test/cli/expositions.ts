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
# HELP ${prefix}requests_in_flight Requests in progress
# TYPE ${prefix}requests_in_flight gauge
${prefix}requests_in_flight{${labels}} 1
`;
}

/** Lines of one family, with a head of which the words are ours. */
function family(type: string, name: string, lines: readonly string[]): string {
  return `# HELP ${name} ${type} of a test.\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function histogram(name: string, labels: string, { calls, seconds = 0.1 }: Told): string {
  const counts = [...bounds.map((bound) => [`${bound}`, seconds <= bound ? calls : 0]), ['+Inf', calls]];
  return family('histogram', name, [
    ...counts.map(([le, count]) => `${name}_bucket{${labels},le="${le}"} ${count}.0`),
    `${name}_count{${labels}} ${calls}.0`,
    `${name}_sum{${labels}} ${calls * seconds}`,
  ]);
}

const capitals = (method: string) => `grpc_type="UNARY",grpc_service="demo.v1.Eliza",grpc_method="${method}"`;

/** With java-grpc-prometheus on client_java 0.10 or later: commas at the ends, each code twice, and when each series began. */
export function javaExposition(told: Told, side: 'server' | 'client'): string {
  const { calls, method = 'Say' } = told;
  const ended = side === 'server' ? 'handled' : 'completed';
  const labels = capitals(method);
  const code = (name: string) => `${labels},code="${name}",grpc_code="${name}",`;
  const created = (name: string, own: string) =>
    family('gauge', `${name}_created`, [`${name}_created{${own}} 1.637E9`, `${name}_created{${own}x="y",} 1.637E9`]);
  const counter = `grpc_${side}_${ended}`;
  return [
    family('counter', `${counter}_total`, [
      `${counter}_total{${code('INTERNAL')}} ${calls / 4}.0`,
      `${counter}_total{${code('OK')}} ${(calls / 4) * 3}.0`,
    ]),
    created(counter, code('OK')),
    histogram(`grpc_${side}_${ended}_latency_seconds`, labels, told),
    created(`grpc_${side}_${ended}_latency_seconds`, `${labels},`),
    family('counter', `grpc_${side}_started_total`, [`grpc_${side}_started_total{${labels},} ${calls + 1}.0`]),
  ].join('');
}

/** With java-grpc-prometheus on an older client_java. */
export function oldJavaExposition(told: Told, side: 'server' | 'client'): string {
  const { calls, method = 'Say' } = told;
  const labels = capitals(method);
  const [counter, durations] =
    side === 'server' ? ['handled_total', 'handled_latency_seconds'] : ['completed', 'completed_latency_seconds'];
  const line = (code: string, count: number) => `grpc_${side}_${counter}{${labels},code="${code}",} ${count}.0`;
  return [
    family('counter', `grpc_${side}_${counter}`, [line('INTERNAL', calls / 4), line('OK', (calls / 4) * 3)]),
    histogram(`grpc_${side}_${durations}`, labels, told),
    family('counter', `grpc_${side}_started_total`, [`grpc_${side}_started_total{${labels},} ${calls + 1}.0`]),
  ].join('');
}

/** With py-grpc-prometheus: its families are there from its import on, those of the other mode without series. */
export function pythonExposition(told: Told, isLegacy = false): string {
  const { calls, method = 'Say' } = told;
  const labels = capitals(method);
  const label = isLegacy ? 'code' : 'grpc_code';
  const line = (code: string, count: number) => `grpc_server_handled_total{${label}="${code}",${labels}} ${count}.0`;
  const [used, unused] = isLegacy
    ? ['grpc_server_handled_latency_seconds', 'grpc_server_handling_seconds']
    : ['grpc_server_handling_seconds', 'grpc_server_handled_latency_seconds'];
  return [
    family('counter', 'grpc_client_handled_total', []),
    family('counter', 'grpc_client_completed_total', []),
    family('counter', 'grpc_server_started_total', [`grpc_server_started_total{${labels}} ${calls + 1}.0`]),
    family('gauge', 'grpc_server_started_created', [`grpc_server_started_created{${labels}} 1.6370000001234567e+09`]),
    family('histogram', unused, []),
    histogram(used, labels, told),
    family('gauge', `${used}_created`, [`${used}_created{${labels}} 1.6370000001234567e+09`]),
    family('counter', 'grpc_server_handled_total', [line('INTERNAL', calls / 4), line('OK', (calls / 4) * 3)]),
    family('gauge', 'grpc_server_handled_created', [`grpc_server_handled_created{${labels}} 1.6370000001234567e+09`]),
  ].join('');
}

/** With gRPC's own metrics (gRFC A66) behind OpenTelemetry's Prometheus exporter. */
export function openTelemetryExposition({ calls, method = 'Say', seconds = 0.1 }: Told): string {
  const scope = 'otel_scope_name="grpc-go",otel_scope_version="1"';
  const labels = `grpc_method="demo.v1.Eliza/${method}",${scope}`;
  const name = 'grpc_server_call_duration_seconds';
  const durations = (status: string, count: number) =>
    histogram(name, `${labels},grpc_status="${status}"`, { calls: count, seconds }).replace(/^#.*\n/gm, '');
  return [
    family('histogram', name, []),
    durations('INTERNAL', calls / 4),
    durations('OK', (calls / 4) * 3),
    family('counter', 'grpc_server_call_started_total', [`grpc_server_call_started_total{${labels}} ${calls + 1}`]),
  ].join('');
}
