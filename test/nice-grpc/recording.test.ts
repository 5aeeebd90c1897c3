import { type CallContext, createChannel, createClientFactory, createServer, ServerError, Status } from 'nice-grpc';
import { afterEach, expect, test, vi } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { instrumentClients, instrumentServer } from '../../src/nice-grpc.ts';
import { value } from '../support/metric-value.ts';
import { until } from '../support/wait.ts';

const pass = (bytes: Uint8Array) => Buffer.from(bytes);

/** A method whose messages are bytes. */
function method<const Stream extends boolean>(path: string, stream: Stream) {
  const codecs = {
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  };
  return { path, requestStream: stream, responseStream: stream, ...codecs };
}
const definition = { get: method('/a.B/Get', false), chat: method('/a.B/Chat', true) };

const closing: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) close();
});

type Bytes = ReturnType<typeof pass>;
type Handler = (request: Bytes, context: CallContext) => Promise<Bytes>;
type Server = ReturnType<typeof createServer>;
const answer: Handler = async () => Buffer.from('reply');

interface Setup {
  readonly options?: GrpcMetricsOptions;
  readonly handler?: (metrics: GrpcMetrics) => Handler;
  readonly use?: (server: Server) => Server;
  readonly attach?: (server: Server) => Pick<Server, 'add'>;
}

/** Makes a unary call with a message of 7 bytes, through an instrumented client and to an instrumented server. */
async function recordCall({
  options,
  handler = () => answer,
  use = (server) => server,
  attach = (server) => server,
}: Setup): Promise<GrpcMetrics> {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {}); // nice-grpc warns of each exception
  const metrics = new GrpcMetrics(options);
  const server = use(instrumentServer(metrics, createServer));
  attach(server).add(definition, {
    get: handler(metrics),
    chat: (messages) => messages,
  });
  const channel = createChannel(`127.0.0.1:${await server.listen('127.0.0.1:0')}`);
  closing.push(
    () => channel.close(),
    () => server.forceShutdown(),
  );
  const client = instrumentClients(metrics, createClientFactory()).create(definition, channel);
  await client.get(Buffer.from('request')).catch(() => {});
  await until(
    () => value(metrics, 'grpc_requests_in_flight') + value(metrics, 'grpc_client_requests_in_flight') === 0,
    () => 'the call has not ended',
  );
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  return metrics;
}

const unknown = { error_type: 'RangeError' };
const failing = (error: Error) => (): Handler => async () => {
  throw error;
};

const rows: readonly (Setup & {
  readonly name: string;
  readonly metric: string;
  readonly labels?: Record<string, string>;
  readonly expected: number;
})[] = [
  { name: 'the bytes of a request', metric: 'grpc_messages_received_bytes_total', expected: 7 },
  { name: 'the bytes of a response', metric: 'grpc_messages_sent_bytes_total', expected: 5 },
  { name: 'the connection', metric: 'grpc_active_connections', expected: 1 },
  { name: "the client's call", metric: 'grpc_client_requests_total', labels: { status: 'OK' }, expected: 1 },
  { name: "the bytes of the client's response", metric: 'grpc_client_messages_received_bytes_total', expected: 5 },
  { name: 'no excluded call', options: { exclude: ['a.B'] }, metric: 'grpc_requests_total', expected: 0 },
  {
    name: 'the class of what a handler throws',
    handler: failing(new RangeError('a bug')),
    metric: 'grpc_errors_total',
    labels: unknown,
    expected: 1,
  },
  {
    name: 'the class of what a middleware throws',
    use: (server) =>
      server.use(async function* (call, context) {
        yield* call.next(call.request, context);
        throw new RangeError('a bug');
      }),
    metric: 'grpc_errors_total',
    labels: unknown,
    expected: 1,
  },
  {
    name: 'the class of what a middleware of one service throws at once',
    attach: (server) =>
      server.with(() => {
        throw new RangeError('a bug');
      }),
    metric: 'grpc_errors_total',
    labels: unknown,
    expected: 1,
  },
  {
    name: 'the status of a ServerError, whatever it is',
    handler: failing(new ServerError(Status.INTERNAL, 'no')),
    metric: 'grpc_errors_total',
    labels: { error_type: 'INTERNAL' },
    expected: 1,
  },
  {
    name: 'CANCELLED for an AbortError',
    handler: failing(Object.assign(new Error('left'), { name: 'AbortError' })),
    metric: 'grpc_errors_total',
    labels: { error_type: 'CANCELLED' },
    expected: 1,
  },
  {
    name: 'a label that the handler sets with its context',
    options: { callLabels: { tenant: { late: true } } },
    handler: (metrics) => (request, context) => {
      metrics.labelCall(context, { tenant: 'acme' });
      return answer(request, context);
    },
    metric: 'grpc_requests_total',
    labels: { tenant: 'acme', status: 'OK' },
    expected: 1,
  },
  {
    name: 'a label that the handler sets with a context that a middleware has copied',
    options: { callLabels: { tenant: { late: true } } },
    use: (server) =>
      server.use(async function* (call, context) {
        return yield* call.next(call.request, { ...context });
      }),
    handler: (metrics) => (request, context) => {
      metrics.labelCall(context, { tenant: 'acme' });
      return answer(request, context);
    },
    metric: 'grpc_requests_total',
    labels: { tenant: 'acme', status: 'OK' },
    expected: 1,
  },
];

test.each(rows)('the adapter records $name', async ({ metric, labels, expected, ...setup }) => {
  expect(value(await recordCall(setup), metric, labels)).toBe(expected);
});

test('methods have zeros before their first call, with their types', () => {
  const metrics = new GrpcMetrics({ naming: ['go'] });
  instrumentServer(metrics, createServer).add(definition, { get: answer, chat: (messages) => messages });
  instrumentClients(metrics, createClientFactory()).create(definition, createChannel('localhost:1'));
  const started = ['grpc_server_started_total', 'grpc_client_started_total'].flatMap((name) =>
    metrics
      .collect()
      .filter((family) => family.name === name)
      .flatMap(({ series }) => series.map(({ labels }) => labels)),
  );
  const labels = [
    { grpc_method: 'Get', grpc_service: 'a.B', grpc_type: 'unary' },
    { grpc_method: 'Chat', grpc_service: 'a.B', grpc_type: 'bidi_stream' },
  ];
  expect(started).toEqual([...labels, ...labels]);
});

test('the adapter records the trace in which the handler is called', async () => {
  const traces = ['handler', 'arrival', 'client'];
  const metrics = await recordCall({ options: { exemplars: () => ({ trace_id: traces.pop() ?? 'none' }) } });
  const requests = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  const found = requests?.series.flatMap((one) => ('exemplar' in one && one.exemplar ? [one.exemplar.labels] : []));
  expect(found).toEqual([{ trace_id: 'handler' }]);
});

test('calls that run at once keep their exceptions apart', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const metrics = new GrpcMetrics();
  const server = instrumentServer(metrics, createServer);
  const errors = [RangeError, TypeError, SyntaxError];
  server.add(definition, {
    get: async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()));
      throw new errors[request[0]! % errors.length]!('a bug');
    },
    chat: (messages) => messages,
  });
  const channel = createChannel(`127.0.0.1:${await server.listen('127.0.0.1:0')}`);
  closing.push(
    () => channel.close(),
    () => server.forceShutdown(),
  );
  const client = createClientFactory().create(definition, channel);
  await Promise.all(Array.from({ length: 300 }, (_, index) => client.get(Buffer.from([index % 251])).catch(() => {})));
  const counts = errors.map(({ name }) => value(metrics, 'grpc_errors_total', { error_type: name }));
  const expected = [0, 1, 2].map(
    (rest) => Array.from({ length: 300 }, (_, index) => (index % 251) % 3).filter((one) => one === rest).length,
  );
  expect(counts).toEqual(expected);
});

const mistakes: readonly (readonly [name: string, act: () => unknown, code: string])[] = [
  ['metrics that are none', () => instrumentServer({} as GrpcMetrics, createServer), 'invalid_option'],
  [
    'options that are no object',
    () => instrumentServer(new GrpcMetrics(), createServer, [] as object),
    'invalid_option',
  ],
  [
    'a definition that is none',
    () => instrumentClients(new GrpcMetrics(), createClientFactory()).create({}, createChannel('localhost:1')),
    'invalid_option',
  ],
];
test.each(mistakes)('%s throw at once', (_name, act, code) => {
  expect(act).toThrow(expect.objectContaining({ code }));
});
