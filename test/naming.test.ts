import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions, type MetricsEndpoint } from '../src/index.ts';

const callFamilies = /^(?:\w+_)??(?:grpc_(?!service_info|server_draining|server_certificate|vitals)|rpc_)\w+/;

/** The names of the families of calls in a scrape. */
function familiesOf(scrape: string): string[] {
  const names = Array.from(scrape.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name!);
  return names.filter((name) => callFamilies.test(name));
}

const others = { grpc: 4, otel: 2, go: 10, basic: 29 } as const;

test.each(Object.entries(others))('%s alone has %i families of calls', (name, count) => {
  const metrics = new GrpcMetrics({ naming: [name as keyof typeof others] });
  const names = metrics.collect().map((family) => family.name);
  expect(names.filter((each) => callFamilies.test(each))).toHaveLength(count);
  expect(names).toEqual(expect.arrayContaining(['grpc_service_info', 'grpc_vitals_errors_total']));
});

const wrong: [name: string, options: GrpcMetricsOptions, message: RegExp][] = [
  [
    'unknown',
    { naming: ['Go' as 'go'] },
    /^invalid_option: naming: there is no vocabulary .*Go.*basic, go, grpc, otel$/,
  ],
  ['no array', { naming: 'go' as never }, /^invalid_option: naming must be an array/],
  ['empty', { naming: [] }, /^invalid_option: naming must be an array/],
  ['null', { naming: [null as never] }, /^invalid_option: naming: a vocabulary must be a name .* not null$/],
  ['twice', { naming: ['go', { use: 'go' }] }, /^invalid_option: naming has "go" twice/],
  ['namespace', { naming: [{ use: 'go', namespace: 'a-b' }] }, /^invalid_option: naming: namespace "a-b" of "go"/],
  ['buckets', { naming: [{ use: 'go', buckets: [2, 1] }] }, /^invalid_buckets: /],
  ['label name', { naming: [{ use: 'go', constantLabels: { 'a-b': '' } }] }, /^invalid_label: .*a-b/],
  [
    'label that it has',
    { naming: [{ use: 'go', constantLabels: { grpc_code: '' } }] },
    /^invalid_label: .*grpc_code is a label of "go"/,
  ],
  [
    'a label of calls',
    { naming: ['basic', { use: 'go', constantLabels: { region: 'eu' } }], callLabels: { region: 'us' } },
    /^invalid_label: naming: region of "go" is also one of `callLabels`: rename one/,
  ],
  ['le', { naming: [{ use: 'otel', constantLabels: { le: '' } }] }, /^invalid_label: .*le/],
  [
    'label value',
    { naming: [{ use: 'go', constantLabels: { a: 1 as never } }] },
    /^invalid_label: naming: a of "go" must be a text, not 1/,
  ],
  [
    'metrics',
    { naming: [{ use: 'go', metrics: ['grpc_x'] }] },
    /^invalid_option: naming: "go" has no metric "grpc_x", but grpc_server_started_total,/,
  ],
  [
    'metrics that are no text',
    { naming: [{ use: 'go', metrics: [5n as never] }] },
    /^invalid_option: .* metric 5, but/,
  ],
  [
    'labels',
    { naming: [{ use: 'go', constantLabels: null as never }] },
    /^invalid_option: naming: constantLabels of "go" must be .* null$/,
  ],
  ['no metrics', { naming: [{ use: 'go', metrics: [] }] }, /^invalid_option: naming: metrics of "go"/],
  [
    'an option that there is not',
    { naming: [{ use: 'go', bucket: [1] } as never] },
    /^invalid_option: naming: "go": unknown option "bucket", did you mean "buckets"\?$/,
  ],
  [
    'an option of go',
    { naming: [{ use: 'otel', codeOnDurations: true }] },
    /^invalid_option: naming: "otel": unknown option "codeOnDurations", an option of "go"$/,
  ],
];
test.each(wrong)('naming, wrong: %s', (_name, options, message) => {
  let told = '';
  try {
    void new GrpcMetrics(options);
  } catch (error) {
    const { code, message: text } = error as { code: string; message: string }; // a MetricsError
    told = `${code}: ${text}`;
  }
  expect(told).toMatch(message);
});

test('namespace, constant labels, buckets and the choice of metrics', async () => {
  const durations = 'grpc_client_handling_seconds';
  const metrics = new GrpcMetrics({
    naming: [{ use: 'go', namespace: 'shop', constantLabels: { region: 'eu' }, buckets: [0.5], metrics: [durations] }],
  });
  metrics.preregister({ Get: { path: '/a.B/C', requestStream: false, responseStream: false } });
  const { body } = await metrics.render();
  expect(familiesOf(String(body))).toEqual([`shop_${durations}`]);
  const labels = 'grpc_method="C",grpc_service="a.B",grpc_type="unary",region="eu"';
  expect(String(body).match(/^shop.*$/gm)).toEqual([
    `shop_${durations}_bucket{${labels},le="0.5"} 0`,
    `shop_${durations}_bucket{${labels},le="+Inf"} 0`,
    `shop_${durations}_sum{${labels}} 0`,
    `shop_${durations}_count{${labels}} 0`,
  ]);
});

test('a vocabulary that was not chosen has those of its buckets that are recorded, and gives way to other metrics', async () => {
  const metrics = new GrpcMetrics({ buckets: [0.3, 0.5, 7] });
  metrics.counter({ name: 'grpc_client_started_total', help: "The user's own" }).inc(42);
  metrics.preregister({ Get: { path: '/a.B/C', requestStream: false, responseStream: false } });
  const text = String((await metrics.render({ naming: ['go'] })).body);
  expect(text.match(/(?<=^grpc_client_handling_seconds_bucket.*le=")[^"]+/gm)).toEqual(['0.5', '+Inf']);
  expect(text.match(/^grpc_client_started_total.*/gm)).toEqual(['grpc_client_started_total 42']);
  expect(text).toContain('grpc_vitals_errors_total{stage="scrape"} 1');
  await expect(metrics.render({ naming: ['x' as 'go'] })).rejects.toMatchObject({ code: 'invalid_option' });
});

let endpoint: MetricsEndpoint;
beforeAll(async () => {
  const metrics = new GrpcMetrics({ naming: ['basic', { use: 'otel', namespace: 'shop' }] });
  metrics.gauge({ name: 'queue_length', help: 'Jobs that wait' });
  metrics.preregister({ Get: { path: '/a.B/C', requestStream: false, responseStream: false } });
  endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
});
afterAll(() => endpoint.close());

/** Of `grpc` and `otel` there is nothing before the first call. */
const asked: [query: string, started: string[]][] = [
  ['', ['grpc_client_requests_total']],
  ['?naming=go', ['grpc_client_started_total']],
  ['?naming=go&naming=basic', ['grpc_client_requests_total', 'grpc_client_started_total']],
  ['?naming=otel&naming=go', ['grpc_client_started_total']],
  ['?naming=grpc', []],
];
test.each(asked)('a scrape of /metrics%s', async (query, started) => {
  const text = await (await fetch(`${endpoint.url}/metrics${query}`)).text();
  expect(text).toContain('\nqueue_length 0\n');
  expect(text).toContain('\ngrpc_service_info{');
  const counted = ['grpc_client_requests_total', 'grpc_client_started_total'];
  expect(familiesOf(text).filter((name) => counted.includes(name))).toEqual(started);
});

test('a scrape that asks for an unknown vocabulary is told which there are', async () => {
  const response = await fetch(`${endpoint.url}/metrics?naming=foo`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('"foo": naming can be basic, go, grpc, otel');
});
