import { once } from 'node:events';
import { createSecureServer, type SecureServerOptions } from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connectNodeAdapter, createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { afterEach, expect, test } from 'vitest';
import { instrumentHttp2Server, instrumentRoutes } from '../../src/connect.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { createAuthority } from '../security/certificates.ts';
import { ConnectClient } from '../support/connect/client.ts';
import { implement } from '../support/connect/implementation.ts';
import { Endings } from '../support/connect/schema.ts';
import { value } from '../support/metric-value.ts';

const authority = await createAuthority();
const serverPair = await authority.issue({ names: [{ ip: '127.0.0.1' }] });
const clientPair = await authority.issue({ commonName: 'orders', use: 'client' });

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const byClient = {
  callLabels: {
    client: { from: ({ authContext }) => String(authContext?.sslPeerCertificate?.subject.CN ?? 'none') },
  },
} satisfies ConstructorParameters<typeof GrpcMetrics>[0];

async function serve(metrics: GrpcMetrics, options: SecureServerOptions = {}): Promise<number> {
  const routes = connectNodeAdapter(
    instrumentRoutes(metrics, {
      routes: (router) => router.service(Endings, implement('Unary', 'answer', new Promise(() => {}))),
    }),
  );
  const server = instrumentHttp2Server(metrics, createSecureServer({ ...serverPair, ...options }, routes));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}

test('a label from the certificate of a client, which TLS has verified', async () => {
  const metrics = new GrpcMetrics(byClient);
  const port = await serve(metrics, { ca: authority.cert, requestCert: true, rejectUnauthorized: false });
  const nodeOptions = { ca: authority.cert, ...clientPair };
  for (const transport of [
    createGrpcTransport({ baseUrl: `https://127.0.0.1:${port}`, nodeOptions }),
    createGrpcTransport({ baseUrl: `https://127.0.0.1:${port}`, nodeOptions: { ca: authority.cert } }),
  ]) {
    const client = new ConnectClient(transport);
    closing.push(() => client.close());
    expect(await client.start('Unary').status).toBe('OK');
  }
  await expect.poll(() => value(metrics, 'grpc_requests_total', { status: 'OK' })).toBe(2);
  expect(value(metrics, 'grpc_requests_total', { client: 'orders', status: 'OK' })).toBe(1);
  expect(value(metrics, 'grpc_requests_total', { client: 'none', status: 'OK' })).toBe(1);
  expect(value(metrics, 'grpc_active_connections')).toBe(2);
  expect(value(metrics, 'grpc_rejected_total')).toBe(0);
});

test('a client without TLS is a handshake that failed', async () => {
  const metrics = new GrpcMetrics();
  const port = await serve(metrics);
  const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
  closing.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await expect.poll(() => value(metrics, 'grpc_rejected_total', { reason: 'tls_handshake' })).toBe(1);
});

test.each([
  [false, 'protocol', 1],
  [true, 'no reason', 0],
])('HTTP/1.1 with TLS on a server whose allowHTTP1 is %s is rejected for %s', async (allowHTTP1, _reason, rejected) => {
  const metrics = new GrpcMetrics();
  const port = await serve(metrics, { allowHTTP1 });
  const transport = createConnectTransport({
    baseUrl: `https://127.0.0.1:${port}`,
    httpVersion: '1.1',
    nodeOptions: { ca: authority.cert },
  });
  const client = new ConnectClient(transport);
  closing.push(() => client.close());
  expect(await client.start('Unary').status).toBe(allowHTTP1 ? 'OK' : 'PERMISSION_DENIED'); // Node's HTTP 403
  await expect.poll(() => value(metrics, 'grpc_rejected_total', { reason: 'protocol' })).toBe(rejected);
  expect(value(metrics, 'grpc_requests_total', { status: 'OK' })).toBe(1 - rejected);
  expect(value(metrics, 'grpc_active_connections')).toBe(0); // those of HTTP/1.1 are not counted
});
