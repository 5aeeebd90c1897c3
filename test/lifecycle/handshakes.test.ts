import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect, DEFAULT_MIN_VERSION } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../examples/certificates.ts';
import { type GrpcMetrics, instrument } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';

type Pems = Awaited<ReturnType<typeof makeCertificates>>;
let ours: Pems;
let theirs: Pems;
let expired: Pems;
beforeAll(async () => {
  [ours, theirs, expired] = await Promise.all([
    makeCertificates(),
    makeCertificates(undefined, 'somebody else'),
    makeCertificates(new Date(Date.now() - 1000)),
  ]);
});

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(ca: string): Promise<{ metrics: GrpcMetrics; port: number }> {
  const server = new grpc.Server();
  const metrics = instrument(server);
  closing.push(() => server.forceShutdown());
  const pair = { private_key: Buffer.from(ours['server.key']!), cert_chain: Buffer.from(ours['server.crt']!) };
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(ca), [pair], true);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { metrics, port };
}

function clientOf(pems: Pems): ConnectionOptions {
  return { key: pems['client.key']!, cert: pems['client.crt']!, rejectUnauthorized: false };
}

const handshakes: [name: string, options: () => ConnectionOptions | undefined, failures: number][] = [
  ['the right certificate', () => clientOf(ours), 0],
  ['no certificate', () => ({ rejectUnauthorized: false }), 1],
  ['a certificate of another authority', () => clientOf(theirs), 1],
  ['an expired certificate', () => clientOf(expired), 1],
  ['no trust in the server', () => ({ ...clientOf(ours), rejectUnauthorized: true }), 1],
  ['a protocol that is too old', () => ({ ...clientOf(ours), minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }), 1],
  ['no TLS at all', () => undefined, 1],
];
test.each(handshakes)('mutual TLS, a client with %s', async (_name, options, failures) => {
  expect(DEFAULT_MIN_VERSION).toBe('TLSv1.2');
  // The authority of the expired certificates is one that is trusted: only their time is wrong.
  const { metrics, port } = await serve(`${ours['ca.crt']}\n${expired['ca.crt']}`);
  const tls = options();
  const where = { port, host: '127.0.0.1' };
  const socket: Socket =
    tls === undefined
      ? connectPlain(where, () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
      : connect({ ...where, ALPNProtocols: ['h2'], ...tls });
  socket.on('error', () => {}).resume(); // refused on purpose
  closing.push(() => socket.destroy());
  const seen = () => ({
    failures: value(metrics, 'grpc_rejected_total', { reason: 'tls_handshake' }),
    connections: value(metrics, 'grpc_active_connections'),
  });
  await expect.poll(seen, { timeout: 10_000 }).toEqual({ failures, connections: 1 - failures });
});
