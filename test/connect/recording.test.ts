import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import {
  compressionBrotli,
  compressionGzip,
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientInterceptor, instrumentHttp2Server, instrumentRoutes } from '../../src/connect.ts';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { Method } from '../../src/rpc/methods/method.ts';
import { ConnectClient } from '../support/connect/client.ts';
import { implement } from '../support/connect/implementation.ts';
import { Endings, requestOf } from '../support/connect/schema.ts';
import { value } from '../support/metric-value.ts';
import type { CallOptions } from '../support/test-client.ts';
import { until } from '../support/wait.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) close();
});

const protocols = { gRPC: createGrpcTransport, 'gRPC-Web': createGrpcWebTransport, Connect: createConnectTransport };
type Protocol = keyof typeof protocols;
type AdapterOptions = Parameters<typeof connectNodeAdapter>[0];

interface Setup {
  readonly options?: GrpcMetricsOptions;
  readonly routes?: (router: ConnectRouter, metrics: GrpcMetrics) => unknown;
  readonly adapter?: (metrics: GrpcMetrics) => Partial<AdapterOptions>;
  readonly transport?: Partial<Parameters<typeof createGrpcTransport>[0]>;
  readonly call?: CallOptions;
}

const tenant: Interceptor = (next) => (request) => {
  request.header.set('x-tenant', 'acme');
  return next(request);
};

async function serve(metrics: GrpcMetrics, options: AdapterOptions): Promise<number> {
  const server = instrumentHttp2Server(metrics, createServer(connectNodeAdapter(instrumentRoutes(metrics, options))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}

/** Makes a unary call over the protocol, with the metadata `x-tenant: acme`. */
async function recordCall(
  protocol: Protocol,
  { options, routes, adapter, transport, call }: Setup,
): Promise<GrpcMetrics> {
  const metrics = new GrpcMetrics(options);
  const answer = implement('Unary', 'answer', new Promise(() => {}));
  const port = await serve(metrics, {
    routes: (router) => (routes === undefined ? router.service(Endings, answer) : routes(router, metrics)),
    ...adapter?.(metrics),
  });
  const client = new ConnectClient(
    protocols[protocol]({
      baseUrl: `http://127.0.0.1:${port}`,
      httpVersion: '2',
      interceptors: [clientInterceptor(metrics), tenant],
      ...transport,
    }),
  );
  closing.push(() => client.close());
  await client.start('Unary', call).status;
  await until(
    () => value(metrics, 'grpc_requests_in_flight') === 0,
    () => 'the call has not ended',
  );
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  return metrics;
}

type Unary = (request: unknown, context: HandlerContext) => Promise<object>;
const withHandler = (handler: (metrics: GrpcMetrics) => Unary) => (router: ConnectRouter, metrics: GrpcMetrics) =>
  router.service(Endings, { unary: handler(metrics) } as object);
const large = requestOf('large');
const answerLarge = withHandler(() => async () => large);
const fail = (error: Error) =>
  withHandler(() => async () => {
    throw error;
  });
const details = new ConnectError('x'.repeat(4000), Code.DataLoss);
const gzip = { acceptCompression: [compressionGzip] };
const brotli = { acceptCompression: [compressionBrotli] };
const smallest = { compressMinBytes: 1 };
const color = createContextKey('none');

interface Row extends Setup {
  readonly name: string;
  readonly metric: string;
  readonly labels?: Record<string, string>;
  readonly expected: number;
}

const label = { metric: 'grpc_requests_total', labels: { tenant: 'acme', status: 'OK' }, expected: 1 };
const late = { callLabels: { tenant: { late: true } } } as const;

const rows: readonly Row[] = [
  {
    name: 'the bytes of a request',
    call: { message: 'large' },
    metric: 'grpc_messages_received_bytes_total',
    expected: 1003,
  },
  {
    name: 'the bytes of a response',
    routes: answerLarge,
    transport: { acceptCompression: [] },
    metric: 'grpc_messages_sent_bytes_total',
    expected: 1003,
  },
  {
    name: 'the bytes of a request that gzip compressed, before that',
    call: { message: 'large' },
    transport: { sendCompression: compressionGzip, ...smallest },
    metric: 'grpc_messages_received_bytes_total',
    expected: 1003,
  },
  {
    name: 'the bytes of a response that gzip compressed, before that',
    routes: answerLarge,
    adapter: () => smallest,
    transport: gzip,
    metric: 'grpc_messages_sent_bytes_total',
    expected: 1003,
  },
  {
    name: 'no bytes of a response that brotli compressed',
    routes: answerLarge,
    adapter: () => smallest,
    transport: brotli,
    metric: 'grpc_messages_sent_bytes_total',
    expected: 0,
  },
  { name: 'the connection', metric: 'grpc_active_connections', expected: 1 },
  { name: "the client's call", metric: 'grpc_client_requests_total', labels: { status: 'OK' }, expected: 1 },
  { name: 'no excluded call', options: { exclude: ['test.v1.Endings'] }, metric: 'grpc_requests_total', expected: 0 },
  {
    name: 'a count of excluded calls, of both sides',
    options: { exclude: ['test.v1.Endings'] },
    metric: 'grpc_vitals_calls_excluded_total',
    expected: 2,
  },
  {
    name: 'a status whose error is compressed',
    routes: fail(details),
    transport: gzip,
    metric: 'grpc_requests_total',
    labels: { status: 'DATA_LOSS' },
    expected: 1,
  },
  {
    name: 'a status whose error brotli compressed',
    routes: fail(details),
    transport: brotli,
    metric: 'grpc_requests_total',
    labels: { status: 'DATA_LOSS' },
    expected: 1,
  },
  {
    name: 'the class of what a handler throws',
    routes: fail(new RangeError('a bug')),
    metric: 'grpc_errors_total',
    labels: { error_type: 'RangeError' },
    expected: 1,
  },
  {
    name: 'the status of a ConnectError, whatever it is',
    routes: fail(new ConnectError('no', Code.Internal)),
    metric: 'grpc_errors_total',
    labels: { error_type: 'INTERNAL' },
    expected: 1,
  },
  {
    name: 'the class of what a handler of rpc() throws',
    routes: (router) =>
      router.rpc(Endings.methods[0] as DescMethodUnary, () => {
        throw new RangeError('a bug');
      }),
    metric: 'grpc_errors_total',
    labels: { error_type: 'RangeError' },
    expected: 1,
  },
  {
    name: 'a label from the metadata',
    options: { callLabels: { tenant: { from: ({ metadata }) => metadata.get('X-Tenant') } } },
    ...label,
  },
  {
    name: 'a label from the address of the client',
    options: {
      callLabels: { tenant: { from: ({ peer }) => (/^127\.0\.0\.1:\d+$/.test(peer ?? '') ? 'acme' : 'no') } },
    },
    ...label,
  },
  {
    name: 'a label that the handler sets with its context',
    options: late,
    routes: withHandler((metrics) => async (_request, context) => {
      metrics.labelCall(context, { tenant: 'acme' });
      return {};
    }),
    ...label,
  },
  {
    name: 'a label that an interceptor sets with the context values',
    options: late,
    adapter: (metrics) => ({
      interceptors: [
        (next) => (request) => {
          metrics.labelCall(request.contextValues, { tenant: 'acme' });
          return next(request);
        },
      ],
    }),
    ...label,
  },
  {
    name: 'a call whose context values are the user’s own, which the handler gets',
    adapter: () => ({ contextValues: () => createContextValues().set(color, 'red') }),
    routes: withHandler(() => async (_request, context) => {
      if (context.values.get(color) !== 'red') throw new RangeError('no color');
      return {};
    }),
    metric: 'grpc_requests_total',
    labels: { status: 'OK' },
    expected: 1,
  },
];

describe.each(Object.keys(protocols) as Protocol[])('%s', (protocol) => {
  test.each(rows)('the adapter records $name', async ({ metric, labels, expected, ...setup }) => {
    expect(value(await recordCall(protocol, setup), metric, labels)).toBe(expected);
  });
});

test('the adapter records the trace in which the handler is called', async () => {
  const traces = ['handler', 'arrival', 'client'];
  const metrics = await recordCall('gRPC', { options: { exemplars: () => ({ trace_id: traces.pop() ?? 'none' }) } });
  const requests = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  const found = requests?.series.flatMap((one) => ('exemplar' in one && one.exemplar ? [one.exemplar.labels] : []));
  expect(found).toEqual([{ trace_id: 'handler' }]);
});

test('methods have zeros before their first call, with their types', () => {
  const metrics = new GrpcMetrics({ naming: ['go'] });
  connectNodeAdapter(instrumentRoutes(metrics, { routes: (router) => router.service(Endings, {}) }));
  clientInterceptor(metrics, { services: [Endings] });
  for (const name of ['grpc_server_started_total', 'grpc_client_started_total']) {
    const { series } = metrics.collect().find((family) => family.name === name)!;
    expect(series.map(({ labels }) => `${labels.grpc_method} ${labels.grpc_type}`)).toEqual([
      'Unary unary',
      'ServerStream server_stream',
      'ClientStream client_stream',
      'Bidi bidi_stream',
    ]);
  }
});

test('clients tell targets apart, and have no bytes', async () => {
  const metrics = await recordCall('Connect', { options: { naming: ['basic', 'otel'] } });
  const durations = metrics.collect().find(({ name }) => name === 'rpc_client_call_duration_seconds')!;
  expect(durations.series.map(({ labels }) => [labels.server_address, labels.server_port])).toEqual([
    ['127.0.0.1', expect.stringMatching(/^\d+$/)],
  ]);
  const bytes = metrics.collect().find(({ name }) => name === 'grpc_client_messages_sent_bytes_total')!;
  expect([...bytes.series]).toEqual([]);
});

test('two GrpcMetrics record the same routes, each once', async () => {
  const [one, two] = [new GrpcMetrics(), new GrpcMetrics()];
  const answer = implement('Unary', 'throwTypeError', new Promise(() => {}));
  const port = await serve(one, instrumentRoutes(two, { routes: (router) => router.service(Endings, answer) }));
  const client = new ConnectClient(createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
  closing.push(() => client.close());
  await client.start('Unary').status;
  for (const metrics of [one, two]) {
    await expect.poll(() => value(metrics, 'grpc_errors_total', { error_type: 'TypeError' })).toBe(1);
  }
});

test("a path that is no method goes to the user's fallback, and a web page is no call", async () => {
  const metrics = new GrpcMetrics();
  const fallback: AdapterOptions['fallback'] = (_request, response) => {
    response.writeHead(200);
    response.end('page');
  };
  const handler = connectNodeAdapter(instrumentRoutes(metrics, { routes: () => {}, fallback }));
  const { createServer: createHttpServer } = await import('node:http');
  const server = createHttpServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.B/C`; // it listens on TCP
  expect(await (await fetch(url)).text()).toBe('page');
  expect(value(metrics, 'grpc_requests_total')).toBe(0);
  for (const headers of [{ 'content-type': 'application/grpc-web+proto' }, { 'connect-protocol-version': '1' }]) {
    await (await fetch(url, { method: 'POST', body: 'x', headers })).text();
  }
  expect(value(metrics, 'grpc_requests_total', { method: 'unknown', status: 'UNIMPLEMENTED' })).toBe(2);
});

/** Each makes a part of the library throw, wherever it is called. */
const faults = ['isPlain', 'received', 'sent', 'finish'] as const;
test.each(faults)('a fault in %s costs no call', async (member) => {
  const boom = (): never => {
    throw new Error('injected fault');
  };
  if (member === 'isPlain') vi.spyOn(Method.prototype, member, 'get').mockImplementation(boom);
  else vi.spyOn(Method.prototype, member).mockImplementation(boom);
  const metrics = new GrpcMetrics({ logger: { warn: () => {} } });
  const answer = implement('Unary', 'answer', new Promise(() => {}));
  const port = await serve(metrics, { routes: (router) => router.service(Endings, answer) });
  const interceptors = [clientInterceptor(metrics)];
  const client = new ConnectClient(createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}`, interceptors }));
  closing.push(() => client.close());
  expect(await client.start('Unary').status).toBe('OK');
  expect(value(metrics, 'grpc_vitals_errors_total', { stage: 'call' })).toBeGreaterThan(0);
});

const mistakes: readonly (readonly [name: string, act: () => unknown])[] = [
  ['metrics that are none', () => instrumentRoutes({} as GrpcMetrics, { routes: () => {} })],
  ['options that are none', () => instrumentRoutes(new GrpcMetrics(), undefined as unknown as AdapterOptions)],
  ['routes that are no function', () => instrumentRoutes(new GrpcMetrics(), { routes: [] as unknown as () => void })],
];
test.each(mistakes)('%s throw at once', (_name, act) => {
  expect(act).toThrow(expect.objectContaining({ code: 'invalid_option' }));
});
