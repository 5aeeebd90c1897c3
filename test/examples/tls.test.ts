import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBooks } from '../../examples/books.ts';
import { declareBusiness } from '../../examples/business.ts';
import { ensureCertificates, makeCertificates } from '../../examples/certificates.ts';
import { Connection } from '../../examples/connection.ts';
import { addShop } from '../../examples/service.ts';
import { clientCredentials, serverCredentials, type TlsFlags } from '../../examples/tls.ts';
import { runPlan } from '../../examples/traffic.ts';

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpc-vitals-tls-'));
  directory = join(root, '.certs');
});
afterEach(() => rmSync(root, { recursive: true }));

test('certificates are made once and kept', async () => {
  const made = await ensureCertificates(directory);
  expect(await ensureCertificates(directory)).toEqual(made);
  expect(readdirSync(root)).toEqual(['.certs']);
  const files = readdirSync(directory).map((name) => [
    name,
    (statSync(join(directory, name)).mode & 0o777).toString(8),
  ]);
  expect(files).toEqual([
    ['ca.crt', '644'],
    ['client.crt', '644'],
    ['client.key', '600'],
    ['server.crt', '644'],
    ['server.key', '600'],
  ]);
});

test('the server certificate is for localhost by name and by address', async () => {
  const { ca, server } = await ensureCertificates(directory);
  const certificate = new X509Certificate(server.cert);
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkIP('::1')).toBe('::1');
  expect(certificate.checkIssued(new X509Certificate(ca))).toBe(true);
});

test('two programs that start together use the same certificates', async () => {
  const [one, other] = await Promise.all([ensureCertificates(directory), ensureCertificates(directory)]);
  expect(one).toEqual(other);
  expect(readdirSync(root)).toEqual(['.certs']);
});

const spoiled: [name: string, spoil: () => Promise<void> | void][] = [
  ['expired', async () => writeAll(await makeCertificates(new Date(Date.now() - 1000)))],
  ['about to expire', async () => writeAll(await makeCertificates(new Date(Date.now() + 3600_000)))],
  ['of another authority', async () => writeFileSync(join(directory, 'ca.crt'), (await makeCertificates())['ca.crt']!)],
  ['incomplete', () => rmSync(join(directory, 'client.key'))],
  ['damaged', () => writeFileSync(join(directory, 'server.crt'), 'not a certificate')],
];
test.each(spoiled)('certificates are made anew when they are %s', async (_name, spoil) => {
  const first = await ensureCertificates(directory);
  await spoil();
  const second = await ensureCertificates(directory);
  expect(second.server.cert.equals(first.server.cert)).toBe(false);
  expect(new X509Certificate(second.server.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(true);
});

const files = (pair: 'server' | 'client'): TlsFlags => ({
  tls: true,
  cert: join(directory, `${pair}.crt`),
  key: join(directory, `${pair}.key`),
  ca: join(directory, 'ca.crt'),
});
const connections: [name: string, server: () => TlsFlags, client: () => TlsFlags, connects: boolean][] = [
  ['plaintext', () => ({}), () => ({}), true],
  ['TLS', () => ({ tls: true }), () => ({ tls: true }), true],
  ['mutual TLS', () => ({ tls: true, mutual: true }), () => ({ tls: true, mutual: true }), true],
  ['mutual TLS, no client certificate', () => ({ tls: true, mutual: true }), () => ({ tls: true }), false],
  ['TLS, plaintext client', () => ({ tls: true }), () => ({}), false],
  ['plaintext, TLS client', () => ({}), () => ({ tls: true }), false],
  ['own files', () => files('server'), () => ({ tls: true, ca: files('client').ca }), true],
  [
    'own files, mutual',
    () => ({ ...files('server'), mutual: true }),
    () => ({ ...files('client'), mutual: true }),
    true,
  ],
  [
    'own files, no client certificate',
    () => ({ ...files('server'), mutual: true }),
    () => ({ tls: true, ca: files('client').ca }),
    false,
  ],
];
test.each(connections)('%s', async (_name, serverFlags, clientFlags, connects) => {
  await ensureCertificates(directory);
  const server = new grpc.Server();
  addShop(server, declareBusiness(new GrpcMetrics()));
  const credentials = await serverCredentials(serverFlags(), directory);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  for (const host of ['localhost', '127.0.0.1']) {
    const address = `${host}:${port}`;
    const target = { address, credentials: await clientCredentials(clientFlags(), address, directory) };
    if (connects) {
      const { calls } = await runPlan({ ...target, plan: { getOrder: 1 }, connections: 1 });
      expect(calls.get('/shop.v1.Orders/GetOrder')).toEqual(new Map([['OK', 1]]));
    } else {
      const opened = Connection.open(target, createBooks(), AbortSignal.timeout(1000));
      await expect(opened).rejects.toThrow(`no gRPC server answers at ${address}`);
    }
  }
  server.forceShutdown();
});

test.runIf(process.platform === 'linux')(
  'the certificate is checked against the address that was dialled',
  async () => {
    const { server: certificate } = await ensureCertificates(directory);
    expect(new X509Certificate(certificate.cert).checkIP('127.0.0.2')).toBeUndefined();
    const server = new grpc.Server();
    const credentials = await serverCredentials({ tls: true }, directory);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.2:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    const address = `127.0.0.2:${port}`;
    const target = { address, credentials: await clientCredentials({ tls: true }, address, directory) };
    const opened = Connection.open(target, createBooks(), AbortSignal.timeout(1000));
    await expect(opened).rejects.toThrow(`no gRPC server answers at ${address}`);
    server.forceShutdown();
  },
);

const mistakes: [name: string, flags: () => TlsFlags, message: () => string][] = [
  [
    'key of another certificate',
    () => ({ ...files('server'), key: files('client').key }),
    () => 'is not the unencrypted',
  ],
  ['no certificate', () => ({ ...files('server'), cert: files('server').key }), () => 'holds no certificate'],
  [
    'mutual without an authority',
    () => ({ ...files('server'), mutual: true, ca: undefined }),
    () => '--mutual needs --ca',
  ],
];
test.each(mistakes)('a server refuses: %s', async (_name, flags, message) => {
  await ensureCertificates(directory);
  await expect(serverCredentials(flags(), directory)).rejects.toThrow(message());
});

test('an expired certificate is named with its date', async () => {
  await ensureCertificates(directory);
  const { 'server.crt': cert, 'server.key': key } = await makeCertificates(new Date(Date.now() - 1000));
  writeAll({ 'server.crt': cert!, 'server.key': key! });
  await expect(serverCredentials(files('server'), directory)).rejects.toThrow(
    /server\.crt expired on \w+ +\d+ .*renew it/,
  );
});

function writeAll(pems: Readonly<Record<string, string>>): void {
  for (const [name, pem] of Object.entries(pems)) writeFileSync(join(directory, name), pem);
}
