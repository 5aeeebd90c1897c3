import { createServer } from 'node:http';
import type * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { instrumentServer } from '../../src/adapters/grpc-js/server/instrument.ts';
import { serverInterceptor } from '../../src/adapters/grpc-js/server/interceptor.ts';
import { GrpcMetrics, instrument, MetricsError } from '../../src/index.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';
import { type Grpc, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { sleep } from '../support/wait.ts';

type Callback = (error: null, reply: Buffer) => void;
const answer = { Unary: (_call: unknown, callback: Callback) => callback(null, Buffer.from('ok')) };
const implementation = answer as unknown as grpc.UntypedServiceImplementation;
const closing: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A service of one method under another name. */
function serviceNamed(name: string) {
  return { Unary: { ...service.Unary, path: `/test.v1.${name}/Unary` } };
}

function newServer(version: Grpc, options?: grpc.ServerOptions): grpc.Server {
  const server = new version.Server(options);
  closing.push(() => server.forceShutdown());
  return server;
}

async function connect(server: grpc.Server, version: Grpc): Promise<RawClient> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', version.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = await RawClient.connect(port);
  closing.push(() => client.close());
  return client;
}

function methodsOf(metrics: GrpcMetrics): string[] {
  const family = metrics.collect().find(({ name }) => name === 'grpc_requests_in_flight');
  return family?.series.map(({ labels }) => labels.method!) ?? [];
}

function seriesOf(metrics: GrpcMetrics): number {
  return metrics.collect().reduce((total, { series }) => total + series.length, 0);
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

for (const [version, versioned] of versions) {
  describe(`instrument, grpc-js ${version}`, () => {
    test('services added before and after have their series before the first call', async () => {
      const server = newServer(versioned);
      server.addService(serviceNamed('Before'), implementation);
      const metrics = instrument(server);
      server.addService(serviceNamed('After'), implementation);
      const client = await connect(server, versioned);
      server.addService(serviceNamed('AfterBind'), implementation);
      expect(methodsOf(metrics)).toEqual(['/test.v1.Before/Unary', '/test.v1.After/Unary', '/test.v1.AfterBind/Unary']);
      for (const path of methodsOf(metrics)) {
        expect(value(metrics, 'grpc_requests_total', { method: path })).toBe(0);
        expect(await client.call(path, frame('x'))).toEqual({ status: 0 });
        expect(value(metrics, 'grpc_requests_total', { method: path, status: 'OK' })).toBe(1);
      }
    });

    test('a removed service is unknown from then on, its numbers stay, and it can come back', async () => {
      const server = newServer(versioned);
      const metrics = instrument(server);
      const definition = serviceNamed('Removed');
      server.addService(definition, implementation);
      const client = await connect(server, versioned);
      const path = '/test.v1.Removed/Unary';
      expect(await client.call(path, frame('x'))).toEqual({ status: 0 });
      server.removeService(definition);
      expect(await client.call(path, frame('x'))).toEqual({ status: 12 });
      expect(value(metrics, 'grpc_requests_total', { method: path })).toBe(1);
      expect(value(metrics, 'grpc_requests_total', { method: 'unknown' })).toBe(1);
      server.addService(definition, implementation);
      expect(await client.call(path, frame('x'))).toEqual({ status: 0 });
      expect(value(metrics, 'grpc_requests_total', { method: path, status: 'OK' })).toBe(2);
    });

    test('a service that is added twice is refused as without us', () => {
      const server = newServer(versioned);
      instrument(server);
      server.addService(service, implementation);
      expect(() => server.addService(service, implementation)).toThrow('already provided');
    });

    test('a server has one GrpcMetrics', () => {
      const server = newServer(versioned);
      const metrics = instrument(server);
      expect(codeOf(() => metrics.instrument(server))).toMatch(/^already_instrumented: .*use the GrpcMetrics it has/);
      expect(codeOf(() => instrument(server))).toMatch(/^already_instrumented/);
    });

    test('after bindAsync it is too late, and nothing is changed', async () => {
      const server = newServer(versioned);
      server.addService(service, implementation);
      const client = await connect(server, versioned);
      expect(codeOf(() => instrument(server))).toMatch(/^already_bound: .*call instrument\(\) before bindAsync\(\)/);
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
    });

    test('with the interceptor in the options too, a call counts once', async () => {
      const metrics = new GrpcMetrics();
      const server = newServer(versioned, { interceptors: [metrics.serverInterceptor(), metrics.serverInterceptor()] });
      server.addService(service, implementation);
      metrics.instrument(server);
      const client = await connect(server, versioned);
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      await sleep(20);
      expect(value(metrics, 'grpc_requests_total')).toBe(1);
      expect(value(metrics, 'grpc_requests_in_flight')).toBe(0);
      expect(value(metrics, 'grpc_active_connections')).toBe(1);
    });

    test('two GrpcMetrics see the same call, each once', async () => {
      const [one, two] = [new GrpcMetrics(), new GrpcMetrics()];
      const server = newServer(versioned, { interceptors: [one.serverInterceptor(), two.serverInterceptor()] });
      server.addService(service, implementation);
      const client = await connect(server, versioned);
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      expect(await client.call('Unary', Buffer.alloc(0))).toEqual({ status: 12 });
      await sleep(20);
      for (const metrics of [one, two]) {
        expect(value(metrics, 'grpc_requests_total', { status: 'OK' })).toBe(1);
        expect(value(metrics, 'grpc_requests_total', { status: 'UNIMPLEMENTED' })).toBe(1);
        expect(value(metrics, 'grpc_requests_in_flight')).toBe(0);
        expect(value(metrics, 'grpc_messages_sent_total')).toBe(1);
      }
    });

    test('handlers reach everything that this version has in a call', async () => {
      const seen: unknown[] = [];
      const server = newServer(versioned);
      const metrics = instrument(server);
      server.addService(service, {
        Unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: Callback) => {
          seen.push(call.getPeer().startsWith('127.0.0.1:'), call.getPath(), call.getDeadline());
          if (version !== '1.10') seen.push(call.getHost().startsWith('127.0.0.1:'), call.getAuthContext());
          callback(null, Buffer.from('ok'));
        },
      });
      const client = await connect(server, versioned);
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      const beyond = version === '1.10' ? [] : [true, {}];
      expect(seen).toEqual([true, '/test.v1.Endings/Unary', Infinity, ...beyond]);
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
    });

    test('health, reflection and channelz are left out, or what is named', async () => {
      const server = newServer(versioned);
      const metrics = instrument(server);
      const health = { Check: { ...service.Unary, path: '/grpc.health.v1.Health/Check' } };
      server.addService(health, { Check: answer.Unary });
      const client = await connect(server, versioned);
      expect(await client.call('/grpc.health.v1.Health/Check', frame('x'))).toEqual({ status: 0 });
      expect(methodsOf(metrics)).toEqual([]);
      expect(value(metrics, 'grpc_requests_total')).toBe(0);

      const picky = new GrpcMetrics({ exclude: ['test.v1.Endings/Unary'] });
      const other = newServer(versioned);
      other.addService(service, implementation);
      picky.instrument(other);
      expect(methodsOf(picky)).toEqual(
        ['ServerStream', 'ClientStream', 'Bidi'].map((name) => `/test.v1.Endings/${name}`),
      );
    });

    test('5000 calls to random unknown methods are one series', async () => {
      const flood = 5000;
      const server = newServer(versioned);
      const metrics = instrument(server);
      const client = await connect(server, versioned);
      const before = seriesOf(metrics);
      await client.call('/random/first', frame('x'));
      const withUnknown = seriesOf(metrics);
      for (let sent = 1; sent < flood; sent += 500) {
        const names = Array.from(
          { length: Math.min(500, flood - sent) },
          (_, index) => `S${sent + index}/M${Math.random()}`,
        );
        await Promise.all(names.map((name) => client.call(`/random.${name}`, frame('x'))));
      }
      const family = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
      const counted = family?.type === 'counter' ? family.series.filter((series) => series.value > 0) : [];
      expect(counted).toMatchObject([{ labels: { method: 'unknown', status: 'UNIMPLEMENTED' }, value: flood }]);
      expect(methodsOf(metrics)).toEqual(['unknown']);
      expect(seriesOf(metrics)).toBe(withUnknown);
      expect(withUnknown).toBeGreaterThan(before);
    });
  });
}

const noMethods = /no bindAsync, no register, no unregister/;
const notServers: [name: string, value: unknown, missing: RegExp][] = [
  ['null', null, noMethods],
  ['undefined', undefined, noMethods],
  ['a text', 'server', noMethods],
  ['an empty object', {}, noMethods],
  ['an HTTP server', createServer(), noMethods],
  ['a wrapper', { bindAsync: () => {}, unregister: () => {} }, /this has no register\./],
];
test.each(notServers)('instrument: %s is no server', (_name, server, missing) => {
  const message = codeOf(() => instrument(server as never));
  expect(message).toMatch(/^unsupported_server: .*serverInterceptor\(\)/);
  expect(message).toMatch(missing);
});

test.each(versions)('each method of a server has its type, grpc-js %s', (_version, version) => {
  const store = new ServerStore(new Faults());
  const server = newServer(version);
  server.addService(service, implementation);
  instrumentServer(server, store, serverInterceptor(store));
  expect(Array.from(store.methods(), ({ path, type }) => [path.replace('/test.v1.Endings/', ''), type])).toEqual([
    ['Unary', 'unary'],
    ['ServerStream', 'server_stream'],
    ['ClientStream', 'client_stream'],
    ['Bidi', 'bidi_stream'],
  ]);
});

test('an interceptor alone learns the types of methods from their calls', () => {
  const store = new ServerStore(new Faults());
  const intercept = serverInterceptor(store);
  for (const { path, requestStream, responseStream } of Object.values(service)) {
    intercept({ path, requestStream, responseStream }, { sendStatus: () => {} });
  }
  expect(Array.from(store.methods(), ({ type }) => type)).toEqual([
    'unary',
    'server_stream',
    'client_stream',
    'bidi_stream',
  ]);
});
