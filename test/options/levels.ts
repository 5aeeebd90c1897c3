import { Registry } from 'prom-client';
import {
  type CallDetailsOptions,
  type CallEndListenerOptions,
  type CallLabel,
  type ClientMetricsOptions,
  type ExposeOptions,
  GrpcMetrics,
  type GrpcMetricsOptions,
  type HistogramSpec,
  type IncludeRegistryOptions,
  type LastScrapeOptions,
  type LateCallLabel,
  type MetricSpec,
  type NativeHistogramOptions,
  type ReadGaugeSpec,
  type RegisterIntoOptions,
  type RenderScrapeOptions,
  type ScrapeHandlerOptions,
  type ShutdownOptions,
  type VocabularyOptions,
} from '../../src/index.ts';

/** Values of one option: some that are right, and every kind that is wrong. */
export interface Values {
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}

/** An object of options. */
export interface Level {
  readonly name: string;
  /** Passes the options to the library. */
  readonly give: (options: object) => unknown;
  /** Options that cannot be left out. */
  readonly needed?: object;
  /** Each option. The types make sure that the table has all of them. */
  readonly options: Readonly<Record<string, Values>>;
}

/** Values that are hard to print or to look into. */
const odd = [5n, Symbol('x'), null];
const notObjects = [...odd, 5, 'x', true, [], () => {}];
const notTexts = [...odd, 5, true, {}, []];
const boolean: Values = { right: [true, false, undefined], wrong: [...odd, 'no', 'true', 0, 1, {}, []] };
const names: Values = {
  right: [[], ['a.B'], ['a.B/C', '/a.B/C'], undefined],
  wrong: [...odd, 'a.B', 5, {}, [''], ['a B'], [5n]],
};
const wrongBounds = [...odd, 1, '1', [], ['1'], [NaN], [2, 1], [1, 1]];
const bounds: Values = { right: [[1], [0.5, 1, Infinity], undefined], wrong: [...wrongBounds, {}] };
const byMethod: Values = {
  right: [...bounds.right, {}, { default: [1] }, { 'a.B': [1], 'a.B/C': [2], '/c.D': [3], default: undefined }],
  wrong: [
    ...wrongBounds,
    { 'a.B': [] },
    { 'a.B': 5 },
    { defualt: [1] },
    { 'a B': [1] },
    { '': [1] },
    { default: null },
  ],
};
const functions = (right: unknown): Values => ({ right: [right, undefined], wrong: [...odd, 'x', 5, true, {}, []] });
const seconds: Values = { right: [0.001, 5, undefined], wrong: [...odd, '5', 0, -1, NaN, Infinity, {}, []] };
const wrongLabels = [...notObjects, { region: 5 }, { region: undefined }, { le: 'x' }, { 'a-b': 'x' }, { __a: 'x' }];
const count: Values = { right: [1, 1000, undefined], wrong: [...odd, '1', 0, -1, 1.5, NaN, {}, []] };

const ofMetrics: Readonly<Record<keyof GrpcMetricsOptions, Values>> = {
  service: {
    right: [{}, { name: 'shop' }, { version: '1', region: 'eu' }, { name: undefined }, undefined],
    wrong: [...notObjects, { name: 5 }, { version: null }, { region: {} }, { 'a-b': 'x' }, { service: 'x' }],
  },
  naming: {
    right: [['go'], ['basic', { use: 'otel' }], undefined],
    wrong: [...odd, 'go', {}, [], ['Go'], [null], [{}], [{ use: 5n }], ['go', 'go']],
  },
  buckets: byMethod,
  nativeHistograms: { right: [true, false, {}, { factor: 2 }, undefined], wrong: [...odd, 'true', 1, []] },
  exemplars: { right: [false, () => undefined, undefined], wrong: [...odd, 'true', 1, {}, []] },
  createdSamples: boolean,
  only: names,
  exclude: names,
  callLabels: {
    right: [{}, { region: 'eu' }, { tenant: { from: () => 'a' } }, undefined],
    wrong: [...notObjects, { region: 5 }, { region: null }, { tenant: {} }, { le: 'x' }, { method: 'x' }],
  },
  constantLabels: { right: [{}, { region: 'eu', service: '' }, undefined], wrong: [...wrongLabels, { method: 'x' }] },
  details: { right: [{}, { deadlines: true }, undefined], wrong: notObjects },
  maxCallSeries: { ...count, right: [...count.right, Infinity] },
  runtime: boolean,
  client: { right: [{}, { attempts: true }, undefined], wrong: notObjects },
  processes: {
    right: [false, undefined], // others make a folder
    wrong: [...odd, 'true', 1, [], { folder: 5 }, { folder: '' }, { maxBytes: 5 }, { maxBytes: '32e6' }],
  },
  logger: { right: [console, { warn: () => {} }, undefined], wrong: [...notObjects, {}, { warn: 'x' }] },
};

const ofClient: Readonly<Record<keyof ClientMetricsOptions, Values>> = {
  targets: functions(() => true),
  attempts: boolean,
};

const ofVocabulary: Readonly<Record<keyof VocabularyOptions, Values>> = {
  use: { right: ['go'], wrong: [...notTexts, 'Go'] },
  namespace: { right: ['shop', undefined], wrong: [...notTexts, '', 'a-b'] },
  constantLabels: { right: [{}, { region: 'eu' }, undefined], wrong: [...wrongLabels, { grpc_method: 'x' }] },
  buckets: byMethod,
  metrics: {
    right: [['grpc_server_started_total'], undefined],
    wrong: [...odd, 'grpc_server_started_total', {}, [], [5n], ['grpc_x']],
  },
  without: {
    right: [[], ['grpc_server_started_total'], undefined],
    wrong: [...odd, 'grpc_server_started_total', {}, [5n], ['grpc_x']],
  },
  histograms: boolean,
  codeOnDurations: boolean,
  niceGrpcLabels: boolean,
};

const detail: Values = { ...bounds, right: [...bounds.right, true, false], wrong: bounds.wrong };
const ofDetails: Readonly<Record<keyof CallDetailsOptions, Values>> = {
  messageSizes: detail,
  streamMessages: detail,
  streamDurations: detail,
  deadlines: detail,
};

const ofCallLabel: Readonly<Record<keyof CallLabel, Values>> = {
  from: { ...functions(() => 'a'), right: [() => 'a'] },
  maxValues: count,
};

const ofLateLabel: Readonly<Record<keyof LateCallLabel, Values>> = {
  late: { right: [true], wrong: [...odd, undefined, false, 'true', 1, {}, []] },
  maxValues: count,
};

const ofNative: Readonly<Record<keyof NativeHistogramOptions, Values>> = {
  factor: { right: [1.1, undefined], wrong: [...odd, '2', 1, 0, NaN, Infinity, {}, []] },
  maxBuckets: count,
};

const ofHandler: Readonly<Record<keyof ScrapeHandlerOptions, Values>> = {
  maxRequestsInFlight: count,
  timeoutSeconds: seconds,
};

const ofExpose: Readonly<Record<keyof ExposeOptions, Values>> = {
  port: {
    right: [0, '0', '00000'],
    wrong: [...odd, -1, 1.5, 65536, NaN, '', ' 0', '0x0', '1e3', '65536', 'http', true, {}, []],
  },
  host: { right: ['127.0.0.1', 'localhost', undefined], wrong: notTexts },
  // What is right besides is not beside a port: see src/serve/unix-socket.test.ts.
  socketPath: { right: [undefined], wrong: [...notTexts, '', 'a\0b', 'a'.repeat(104), 'a.sock'] },
  socketMode: { right: [undefined], wrong: [...notTexts, 0o600, '600'] },
  page: boolean,
  allowedHosts: {
    right: [['metrics.internal', '.internal'], [], undefined],
    wrong: [...odd, 'a', {}, [''], ['.'], ['*'], ['http://a'], ['a:8000'], ['a/b'], ['[::1]'], [5n], [null]],
  },
  tls: { right: [undefined], wrong: [...odd, 'a', [], {}, { certFile: 'a' }, { certFile: 'a', keyFile: 5n }] },
  users: {
    right: [{ prometheus: `$2y$10$${'a'.repeat(53)}` }, undefined],
    wrong: [...odd, 'a', [], {}, { a: 'password' }, { a: 5n }, { a: `$2y$32$${'a'.repeat(53)}` }],
  },
  tokens: {
    right: [['a-token-of-16-characters'], undefined],
    wrong: [...odd, 'a-token-of-16-characters', [], {}, ['short'], [5n], ['a token of 16 characters']],
  },
  webConfig: { right: [undefined], wrong: [...odd, '', 5, [], {}, 'a\nb', 'a-file-that-does-not-exist.yml'] },
  protectProbes: boolean,
  thread: boolean,
  ...ofHandler,
};

const ofLastScrape: Readonly<Record<keyof LastScrapeOptions, Values>> = { timeoutSeconds: seconds };

const ofShutdown: Readonly<Record<keyof ShutdownOptions, Values>> = {
  timeoutSeconds: seconds,
  drainSeconds: seconds,
  afterDrain: functions(() => {}),
  exit: boolean,
};

/** Waits for a scrape on an endpoint that closes at once. */
async function lastScrape(options: object): Promise<boolean> {
  const endpoint = await new GrpcMetrics().expose({ port: 0, host: '127.0.0.1', page: false });
  const last = endpoint.lastScrape(options);
  await endpoint.close();
  return last;
}

const ofRender: Readonly<Record<keyof RenderScrapeOptions, Values>> = {
  accept: { right: ['text/plain', '', undefined], wrong: notTexts },
  naming: { right: [['go'], [], undefined], wrong: [...odd, 'go', {}, ['Go'], [5n], [null]] },
  names: { right: [['grpc_requests_total'], [], undefined], wrong: [...odd, 'x', {}, [5n], [null]] },
  by: { right: [undefined], wrong: [...notTexts, '', 'worker', 'process'] }, // of one process
};

const ofInclude: Readonly<Record<keyof IncludeRegistryOptions, Values>> = { timeoutSeconds: seconds };

const ofRegister: Readonly<Record<keyof RegisterIntoOptions, Values>> = {
  aggregators: {
    right: [{}, { grpc_requests_total: 'max' }, undefined],
    wrong: [...notObjects, { x: 'most' }, { x: 5n }],
  },
};

const ofListener: Readonly<Record<keyof CallEndListenerOptions, Values>> = { metadata: boolean };

const ofSpec: Readonly<Record<keyof MetricSpec | 'labelNames', Values>> = {
  name: { right: ['a:b'], wrong: [undefined, ...notTexts, '', 'a-b', '1a'] },
  help: { right: ['x'], wrong: [undefined, ...notTexts, '', ' '] },
  labelNames: { right: [['a'], [], undefined], wrong: [...odd, 'a', {}, [5n], ['a-b'], ['a', 'a'], ['__a']] },
  maxSeries: { ...count, right: [...count.right, Infinity] },
};

const ofReadGauge: Readonly<Record<keyof ReadGaugeSpec, Values>> = {
  name: ofSpec.name,
  help: ofSpec.help,
  maxSeries: ofSpec.maxSeries,
  read: functions(() => 1),
  timeoutSeconds: seconds,
  merge: { right: ['sum', 'max', 'min', 'each'], wrong: ['', 'avg', 1, {}, null] },
};

const ofBuckets: Readonly<Record<Exclude<keyof HistogramSpec, keyof MetricSpec>, Values>> = {
  buckets: bounds,
  nativeHistogram: ofMetrics.nativeHistograms,
};

const spec = { name: 'a', help: 'x' };
export const levels: readonly Level[] = [
  { name: 'GrpcMetrics', give: (options) => new GrpcMetrics(options), options: ofMetrics },
  { name: 'client', give: (client) => new GrpcMetrics({ client }), options: ofClient },
  {
    name: 'a vocabulary',
    give: (options) => new GrpcMetrics({ naming: [options as never] }),
    needed: { use: 'go' },
    options: ofVocabulary,
  },
  { name: 'details', give: (details) => new GrpcMetrics({ details }), options: ofDetails },
  {
    name: 'a label of calls',
    give: (tenant) => new GrpcMetrics({ callLabels: { tenant: tenant as CallLabel } }),
    needed: { from: () => 'a' },
    options: ofCallLabel,
  },
  {
    name: 'a late label of calls',
    give: (tenant) => new GrpcMetrics({ callLabels: { tenant: tenant as LateCallLabel } }),
    needed: { late: true },
    options: ofLateLabel,
  },
  {
    name: 'nativeHistograms',
    give: (nativeHistograms) => new GrpcMetrics({ nativeHistograms }),
    options: ofNative,
  },
  { name: 'handler()', give: (options) => new GrpcMetrics().handler(options), options: ofHandler },
  {
    name: 'expose()',
    give: (options) => new GrpcMetrics().expose(options),
    needed: { port: 0, host: '127.0.0.1' },
    options: ofExpose,
  },
  { name: 'lastScrape()', give: lastScrape, options: ofLastScrape },
  { name: 'shutdownOn()', give: (options) => new GrpcMetrics().shutdownOn('SIGUSR2', options)(), options: ofShutdown },
  { name: 'render()', give: (options) => new GrpcMetrics().render(options), options: ofRender },
  { name: 'include()', give: (options) => new GrpcMetrics().include(new Registry(), options), options: ofInclude },
  {
    name: 'registerInto()',
    give: (options) => new GrpcMetrics().registerInto(new Registry(), options),
    options: ofRegister,
  },
  { name: 'onCallEnd()', give: (options) => new GrpcMetrics().onCallEnd(() => {}, options), options: ofListener },
  {
    name: 'counter()',
    give: (options) => new GrpcMetrics().counter(options as MetricSpec),
    needed: { name: 'a_total', help: 'x' },
    options: { ...ofSpec, name: { ...ofSpec.name, right: ['b_total'] } },
  },
  {
    name: 'gauge()',
    give: (options) => new GrpcMetrics().gauge(options as MetricSpec),
    needed: spec,
    options: { ...ofSpec, read: functions(() => 1) },
  },
  {
    name: 'gauge() with read',
    give: (options) => new GrpcMetrics().gauge(options as ReadGaugeSpec),
    needed: { ...spec, read: () => 1 },
    options: ofReadGauge,
  },
  {
    name: 'histogram()',
    give: (options) => new GrpcMetrics().histogram(options as MetricSpec),
    needed: spec,
    options: { ...ofSpec, ...ofBuckets },
  },
];
