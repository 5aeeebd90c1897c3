import type * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { type Grpc, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';

type Callback = (error: null, reply: Buffer) => void;
const implementation = {
  Unary: (_call: unknown, callback: Callback) => callback(null, Buffer.from('ok')),
  ServerStream: () => {
    throw new RangeError('too far');
  },
} as unknown as grpc.UntypedServiceImplementation;

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function newServer(version: Grpc, options?: grpc.ServerOptions): grpc.Server {
  const server = new version.Server(options);
  closing.push(() => server.forceShutdown());
  return server;
}

function bind(server: grpc.Server, version: Grpc): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', version.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

async function connect(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  closing.push(() => client.close());
  return client;
}

/** The server as a version of grpc-js would show it that does not have these members. */
function without(server: grpc.Server, members: readonly string[]): grpc.Server {
  return new Proxy(server, {
    get: (target, name) => (members.includes(String(name)) ? undefined : Reflect.get(target, name)),
  });
}

interface Seen {
  /** Calls that were recorded, of two. */
  readonly calls: number;
  /** Whether there are zeros of a service that was added before, and of one that was added after. */
  readonly before: boolean;
  readonly after: boolean;
  readonly connections: number;
  readonly unknown: number;
}

const all: Seen = { calls: 2, before: true, after: true, connections: 1, unknown: 1 };
const internals: [missing: string[], seen: Seen][] = [
  [['boundPorts'], all],
  [['http2Servers'], all],
  [['handlers'], { ...all, before: false }],
  // The interceptor sees its servers by their calls.
  [['_setupHandlers'], all],
  [['interceptors'], { calls: 0, before: false, after: false, connections: 1, unknown: 1 }],
  [
    ['boundPorts', 'http2Servers', 'handlers', '_setupHandlers', 'interceptors'],
    { calls: 0, before: false, after: false, connections: 0, unknown: 0 },
  ],
];

for (const [version, versioned] of versions) {
  describe(`instrument(), grpc-js ${version}`, () => {
    test.each(internals)('without %j costs no call and does not throw', async (missing, seen) => {
      const warn = vi.fn();
      const metrics = new GrpcMetrics({ logger: { warn } });
      const server = newServer(versioned);
      server.addService({ Unary: service.Unary }, implementation);
      metrics.instrument(without(server, missing));
      server.addService({ Unary: { ...service.Unary, path: '/test.v1.After/Unary' } }, implementation);
      const requests = metrics.collect().find(({ name }) => name === 'grpc_requests_total')!;
      const methods = requests.series.map(({ labels }) => labels.method);
      expect([methods.includes('/test.v1.Endings/Unary'), methods.includes('/test.v1.After/Unary')]).toEqual([
        seen.before,
        seen.after,
      ]);

      const client = await connect(await bind(server, versioned));
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      expect(await client.call('/test.v1.After/Unary', frame('x'))).toEqual({ status: 0 });
      expect(await client.call('/test.v1.None/Unary', frame('x'))).toMatchObject({ status: 12 });
      await until(
        () => value(metrics, 'grpc_requests_total', { status: 'OK' }) === seen.calls,
        () => `${value(metrics, 'grpc_requests_total')} recorded`,
      );
      expect(value(metrics, 'grpc_active_connections')).toBe(seen.connections);
      expect(value(metrics, 'grpc_requests_total', { method: 'unknown' })).toBe(seen.unknown);

      const isKnown = missing.every((member) => ['boundPorts', 'http2Servers'].includes(member));
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(isKnown ? 0 : 1);
      expect(warn).toHaveBeenCalledTimes(isKnown ? 0 : 1);
      if (isKnown) return;
      const [[message]] = warn.mock.calls as [[string]];
      const silent = ['boundPorts', 'http2Servers', ...(missing.includes('interceptors') ? ['handlers'] : [])];
      const named = missing.filter((member) => !silent.includes(member));
      for (const member of named) expect(message).toContain(`has no ${member}: `);
    });

    test('of a frozen server costs no call and does not throw', async () => {
      const warn = vi.fn();
      const metrics = new GrpcMetrics({ logger: { warn } });
      const server = newServer(versioned);
      server.addService({ Unary: service.Unary }, implementation);
      metrics.instrument(Object.preventExtensions(new Proxy(server, {})));
      const client = await connect(await bind(server, versioned));
      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(1);
      expect(warn).toHaveBeenCalledOnce();
    });

    test('after bindAsync sees all, if the options have the interceptor', async () => {
      const metrics = new GrpcMetrics();
      const server = newServer(versioned, { interceptors: [metrics.serverInterceptor()] });
      const client = await connect(await bind(server, versioned));
      metrics.instrument(server);
      expect(value(metrics, 'grpc_active_connections')).toBe(1);
      server.addService({ Unary: service.Unary, ServerStream: service.ServerStream }, implementation);
      expect(value(metrics, 'grpc_requests_total', { method: '/test.v1.Endings/Unary' })).toBe(0);
      const inFlight = metrics.collect().find(({ name }) => name === 'grpc_requests_in_flight');
      expect(inFlight?.series).toHaveLength(2);

      expect(await client.call('Unary', frame('x'))).toEqual({ status: 0 });
      expect(await client.call('ServerStream', frame('x'))).toMatchObject({ status: 2 });
      expect(await client.call('/test.v1.None/Unary', frame('x'))).toMatchObject({ status: 12 });
      await until(
        () => value(metrics, 'grpc_requests_total') === 3,
        () => `${value(metrics, 'grpc_requests_total')} recorded`,
      );
      const method = '/test.v1.Endings/Unary';
      expect(value(metrics, 'grpc_messages_received_bytes_total', { method })).toBe(1);
      expect(value(metrics, 'grpc_errors_total', { error_type: 'RangeError' })).toBe(1);
      expect(value(metrics, 'grpc_requests_total', { method: 'unknown' })).toBe(1);
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
    });

    test('after bindAsync without the interceptor names this way', async () => {
      const metrics = new GrpcMetrics();
      const server = newServer(versioned, { interceptors: [new GrpcMetrics().serverInterceptor()] });
      await bind(server, versioned);
      expect(() => metrics.instrument(server)).toThrow(
        expect.objectContaining({
          code: 'already_bound',
          message: expect.stringContaining('interceptors: [metrics.serverInterceptor()]'),
        }),
      );
    });
  });
}
