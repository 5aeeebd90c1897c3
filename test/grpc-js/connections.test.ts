import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics, instrument } from '../../src/index.ts';
import { versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { sleep, until } from '../support/wait.ts';

const answer = {
  Unary: (_call: unknown, callback: (error: null, reply: Buffer) => void) => callback(null, Buffer.from('ok')),
};
const closing: (() => unknown)[] = [];
const insecure = grpc.ServerCredentials.createInsecure();

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function newServer(options?: grpc.ServerOptions): grpc.Server {
  const server = new grpc.Server(options);
  server.addService(service, answer);
  closing.push(() => server.forceShutdown());
  return server;
}

function bind(server: grpc.Server, address: string, credentials = insecure): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

async function rawClient(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  closing.push(() => client.close());
  return client;
}

function socketTo(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // Tests break connections on purpose.
  closing.push(() => socket.destroy());
  return socket;
}

function open(metrics: GrpcMetrics): number {
  return value(metrics, 'grpc_active_connections');
}

async function becomes(metrics: GrpcMetrics, expected: number): Promise<void> {
  await until(
    () => open(metrics) === expected,
    () => `${open(metrics)} connections are open, not ${expected}`,
  );
  await sleep(30);
  expect(open(metrics)).toBe(expected);
}

describe('grpc_active_connections of an instrumented server', () => {
  test('counts before the first call, down to 0 when they close', async () => {
    const server = newServer();
    const metrics = instrument(server);
    const port = await bind(server, '127.0.0.1:0');
    expect(open(metrics)).toBe(0);
    const clients = [await rawClient(port), await rawClient(port), await rawClient(port)];
    await becomes(metrics, 3);
    clients[0]!.session.close();
    await becomes(metrics, 2);
    clients[1]!.socket.resetAndDestroy();
    await becomes(metrics, 1);
    server.forceShutdown();
    await becomes(metrics, 0);
  });

  test('sums several addresses, a Unix socket among them, and several servers', async () => {
    const metrics = new GrpcMetrics();
    const [one, two] = [newServer(), newServer()];
    metrics.instrument(one).instrument(two);
    const ports = [await bind(one, '127.0.0.1:0'), await bind(one, '127.0.0.1:0'), await bind(two, '127.0.0.1:0')];
    const path = join(tmpdir(), `grpc-vitals-${process.pid}.sock`);
    await bind(two, `unix:${path}`);
    for (const port of ports) await rawClient(port);
    const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
    closing.push(() => session.destroy());
    await becomes(metrics, 4);
    one.forceShutdown();
    await becomes(metrics, 2);
  });

  test('a bare TCP connection is one', async () => {
    const server = newServer();
    const metrics = instrument(server);
    const socket = socketTo(await bind(server, '127.0.0.1:0'));
    await becomes(metrics, 1);
    socket.destroy();
    await becomes(metrics, 0);
  });

  test('injected connections count, and their unknown methods', async () => {
    const server = newServer();
    const metrics = instrument(server);
    const injector = server.createConnectionInjector(insecure);
    const net = createServer((socket) => injector.injectConnection(socket)).listen(0, '127.0.0.1');
    closing.push(() => net.close());
    await once(net, 'listening');
    const client = await rawClient((net.address() as { port: number }).port);
    await becomes(metrics, 1);
    expect(await client.call('/no.Such/Method', frame('x'))).toEqual({ status: 12 });
    expect(value(metrics, 'grpc_requests_total', { method: 'unknown', status: 'UNIMPLEMENTED' })).toBe(1);
    client.close();
    await becomes(metrics, 0);
  });
});

describe('grpc_active_connections with the interceptor alone', () => {
  test('counts from the first call on, with those that were open before, on that server only', async () => {
    const metrics = new GrpcMetrics();
    const server = newServer({ interceptors: [metrics.serverInterceptor()] });
    const other = newServer();
    const port = await bind(server, '127.0.0.1:0');
    await rawClient(await bind(other, '127.0.0.1:0'));
    const idle = await rawClient(port);
    const busy = await rawClient(port);
    await sleep(30);
    expect(open(metrics)).toBe(0);
    expect(await busy.call('Unary', frame('x'))).toEqual({ status: 0 });
    await becomes(metrics, 2);
    await rawClient(port);
    await becomes(metrics, 3);
    idle.close();
    await becomes(metrics, 2);
  });
});

for (const [version, versioned] of versions) {
  describe(`what is rejected before it is an RPC, grpc-js ${version}`, () => {
    function start() {
      const server = new versioned.Server();
      server.addService(service, answer);
      closing.push(() => server.forceShutdown());
      return { server, metrics: instrument(server) };
    }
    const rejected = (metrics: GrpcMetrics, reason: string) => value(metrics, 'grpc_rejected_total', { reason });

    test('a wrong content type', async () => {
      const { server, metrics } = start();
      const client = await rawClient(await bind(server, '127.0.0.1:0', versioned.ServerCredentials.createInsecure()));
      expect(await client.call('Unary', frame('x'), { 'content-type': 'text/html' })).toEqual({ http: 415 });
      expect(rejected(metrics, 'content_type')).toBe(1);
      expect(value(metrics, 'grpc_requests_total')).toBe(0);
    });

    test('HTTP/1.1 in plaintext', async () => {
      const { server, metrics } = start();
      const socket = socketTo(await bind(server, '127.0.0.1:0', versioned.ServerCredentials.createInsecure()));
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      socket.resume();
      await until(
        () => rejected(metrics, 'protocol') === 1,
        () => 'HTTP/1.1 was not counted',
      );
      await becomes(metrics, 0);
      expect(value(metrics, 'grpc_requests_total')).toBe(0);
    });

    test('over TLS: sessions count once their handshake is done, failed handshakes and other protocols are rejected', async () => {
      const { server, metrics } = start();
      const pem = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
      const pair = { private_key: Buffer.from(pem.private), cert_chain: Buffer.from(pem.cert) };
      const port = await bind(server, '127.0.0.1:0', versioned.ServerCredentials.createSsl(null, [pair]));

      const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
      closing.push(() => session.destroy());
      await once(session, 'connect');
      await becomes(metrics, 1);

      const plain = socketTo(port);
      plain.write('this is no handshake');
      plain.resume();
      await until(
        () => rejected(metrics, 'tls_handshake') === 1,
        () => 'the failed handshake was not counted',
      );

      const noAlpn = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      noAlpn.on('error', () => {}).resume();
      closing.push(() => noAlpn.destroy());
      await until(
        () => rejected(metrics, 'protocol') === 1,
        () => 'TLS without HTTP/2 was not counted',
      );
      await becomes(metrics, 1);
    });
  });
}
