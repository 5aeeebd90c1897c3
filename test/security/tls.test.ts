import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Server } from 'node:https';
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { loadTls } from '../../src/http/tls/loaded-tls.ts';
import { createSecureServer } from '../../src/http/tls/secure-server.ts';
import { checkTlsOptions } from '../../src/http/tls/tls-options.ts';
import type { EndpointTlsOptions, ExposeOptions, MetricsEndpoint } from '../../src/index.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { untilClosed } from '../support/wait.ts';
import { type Authority, createAuthority, Files, type Issued, type Pair } from './certificates.ts';
import { request } from './request.ts';

const files = new Files();
let authority: Authority;
let foreign: Authority;
let server: Pair;
let tls: EndpointTlsOptions;

beforeAll(async () => {
  [authority, foreign] = await Promise.all([createAuthority(), createAuthority('somebody else')]);
  server = await authority.issue();
  tls = {
    certFile: files.write('tls.crt', server.cert),
    keyFile: files.write('tls.key', server.key),
  };
});
afterAll(() => files.remove());

const closing: { close(): unknown }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

const warnings: string[] = [];

async function open(options: ExposeOptions): Promise<{ metrics: GrpcMetrics; endpoint: MetricsEndpoint }> {
  warnings.length = 0;
  const metrics = new GrpcMetrics({ logger: { warn: (message) => warnings.push(message) } });
  closing.push(metrics);
  return { metrics, endpoint: await metrics.expose({ port: 0, host: '127.0.0.1', ...options }) };
}

const scrape = (endpoint: MetricsEndpoint, options: ConnectionOptions = {}) =>
  request(`${endpoint.url}/metrics`, { ca: authority.cert, ...options });

test('a scrape over TLS', async () => {
  const { endpoint } = await open({ tls });
  expect(endpoint.url).toMatch(/^https:/);
  const { status, body } = await scrape(endpoint);
  expect(status).toBe(200);
  const expiry = /^grpc_vitals_endpoint_certificate_expiry_timestamp_seconds (\S+)$/m.exec(body)?.[1];
  const { valid_to: validTo } = await certificateOf(endpoint);
  expect(Number(expiry)).toBe(Date.parse(validTo) / 1000);
  expect(warnings).toEqual([]);
});

async function certificateOf({ port }: MetricsEndpoint) {
  const socket = connect({ port, host: '127.0.0.1', ca: authority.cert, servername: 'localhost' });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket.getPeerCertificate();
}

test('without TLS and users a scrape has no metric of them', async () => {
  const { endpoint } = await open({});
  expect((await request(`${endpoint.url}/metrics`)).body).not.toContain('grpc_vitals_endpoint_');
});

test('the certificate and the key as texts', async () => {
  const { endpoint } = await open({ tls: { cert: server.cert, key: Buffer.from(server.key) } });
  expect((await scrape(endpoint)).status).toBe(200);
});

test('plain HTTP to a port of TLS gets no answer', async () => {
  const { endpoint } = await open({ tls });
  await expect(request(`${endpoint.url.replace('https', 'http')}/metrics`)).rejects.toThrow();
  await expect.poll(async () => (await scrape(endpoint)).body).toContain('handshake_failures_total 1');
});

const versions: [name: string, minVersion: EndpointTlsOptions['minVersion'], client: ConnectionOptions, ok: boolean][] =
  [
    ['TLS 1.3', undefined, { minVersion: 'TLSv1.3' }, true],
    ['TLS 1.2', undefined, { maxVersion: 'TLSv1.2' }, true],
    ['TLS 1.1', undefined, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, false],
    ['TLS 1.2, where 1.3 is the least', 'TLSv1.3', { maxVersion: 'TLSv1.2' }, false],
    ['TLS 1.3, where 1.3 is the least', 'TLSv1.3', {}, true],
    ['a cipher without authentication', undefined, { maxVersion: 'TLSv1.2', ciphers: 'aNULL@SECLEVEL=0' }, false],
    [
      'a cipher without forward secrecy and with RC4',
      undefined,
      { maxVersion: 'TLSv1.2', ciphers: 'PSK@SECLEVEL=0' },
      false,
    ],
  ];
test.each(versions)('a client with %s', async (_name, minVersion, client, ok) => {
  const { endpoint } = await open({ tls: { ...tls, minVersion } });
  const answered = scrape(endpoint, client);
  if (ok) expect((await answered).status).toBe(200);
  else await expect(answered).rejects.toThrow();
});

test('a client of TLS 1.2 cannot ask for another handshake', async () => {
  const { endpoint } = await open({ tls });
  const socket = connect({ port: endpoint.port, ca: authority.cert, host: '127.0.0.1', maxVersion: 'TLSv1.2' });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  const renegotiated = new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({ rejectUnauthorized: true }, resolve);
  });
  expect(await renegotiated).toBeInstanceOf(Error);
});

const clients: [name: string, client: Issued | undefined, sans: string[] | undefined, ok: boolean][] = [
  ['of the authority', {}, undefined, true],
  ['that has expired', { days: -1 }, undefined, false],
  ['that is for servers', { use: 'server' }, undefined, false],
  ['that is missing', undefined, undefined, false],
  ['with a DNS name that is allowed', { names: [{ dns: 'prometheus' }] }, ['prometheus'], true],
  ['with an IP address that is allowed', { names: [{ ip: '10.0.0.1' }] }, ['x', '10.0.0.1'], true],
  ['with an IPv6 address that is allowed', { names: [{ ip: '2001:db8::1' }] }, ['2001:db8::1'], true],
  ['with an email address that is allowed', { names: [{ email: 'ops@a.example' }] }, ['ops@a.example'], true],
  ['with a URI that is allowed', { names: [{ uri: 'spiffe://a/prometheus' }] }, ['spiffe://a/prometheus'], true],
  ['of which the second name is allowed', { names: [{ dns: 'a' }, { dns: 'b' }] }, ['b'], true],
  ['with another name', { names: [{ dns: 'other' }] }, ['prometheus'], false],
  ['without a name', { names: [], commonName: 'prometheus' }, ['prometheus'], false],
  [
    'with the name as its common name alone',
    { names: [{ dns: 'x' }], commonName: 'prometheus' },
    ['prometheus'],
    false,
  ],
  ['with a longer name', { names: [{ dns: 'prometheus.evil' }] }, ['prometheus'], false],
  ['with a wildcard', { names: [{ dns: '*' }, { dns: '*.a' }] }, ['prometheus', 'x.a'], false],
  ['with the name in capitals', { names: [{ dns: 'PROMETHEUS' }] }, ['prometheus'], false],
  ['whose one name looks like several', { names: [{ dns: 'x, DNS:prometheus, DNS:y' }] }, ['prometheus'], false],
  ['whose URI looks like several names', { names: [{ uri: 'http://a/, DNS:prometheus' }] }, ['prometheus'], false],
  ['whose name has a zero byte', { names: [{ dns: 'prometheus\0.evil' }] }, ['prometheus'], false],
  ['whose name has quotes', { names: [{ dns: '"prometheus"' }] }, ['prometheus'], false],
];
test.each(clients)('a client certificate %s', async (_name, client, clientAllowedSans, ok) => {
  const { endpoint } = await open({ tls: { ...tls, clientCa: authority.cert, clientAllowedSans } });
  const pair = client === undefined ? {} : await authority.issue({ use: 'client', ...client });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const answered = scrape(endpoint, { ...pair, maxVersion });
    if (ok) expect((await answered).status).toBe(200);
    else await expect(answered).rejects.toThrow();
  }
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client certificate of another authority, %s', async (maxVersion) => {
  const { endpoint } = await open({ tls: { ...tls, clientCa: authority.cert } });
  const pair = await foreign.issue({ use: 'client' });
  await expect(scrape(endpoint, { ...pair, maxVersion })).rejects.toThrow();
});

test('a client that begins handshakes and goes on with none does not shut out others', {
  timeout: 30_000,
}, async () => {
  const { endpoint } = await open({ tls, maxRequestsInFlight: 1 });
  const closed: Promise<unknown>[] = [];
  for (let index = 0; index < 60; index += 1) {
    const socket = connectPlain(endpoint.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    closed.push(once(socket, 'close'));
    await once(socket, 'connect');
    socket.resume().write(Buffer.from([0x16, 0x03, 0x01]));
  }
  expect((await scrape(endpoint)).status).toBe(200);
  // 41 may be open; the scrape was one of them.
  await Promise.all(closed.slice(0, 19));
  const before = performance.now();
  await endpoint.close();
  expect(performance.now() - before).toBeLessThan(5000);
});

test('where clients need certificates no session is resumed: each connection shows its certificate', async () => {
  const resumed = async (options: EndpointTlsOptions, client: ConnectionOptions) => {
    const { endpoint } = await open({ tls: { ...tls, ...options } });
    let session: Buffer | undefined;
    const connectOnce = async (): Promise<boolean> => {
      const to = {
        port: endpoint.port,
        host: '127.0.0.1',
        ca: authority.cert,
        maxVersion: 'TLSv1.2' as const,
        ...client,
      };
      const socket = connect(session === undefined ? to : { ...to, session });
      sockets.push(socket);
      await once(socket, 'secureConnect');
      session = socket.getSession();
      return socket.isSessionReused();
    };
    return [await connectOnce(), await connectOnce()];
  };
  expect(await resumed({}, {})).toEqual([false, true]);
  const pair = await authority.issue({ use: 'client' });
  expect(await resumed({ clientCa: authority.cert }, pair)).toEqual([false, false]);
});

test('a handshake that takes too long ends', async () => {
  const failure = (message: string) => new Error(message);
  const loaded = await loadTls(checkTlsOptions(tls), failure);
  const errors: unknown[] = [];
  const { server: slow } = createSecureServer({}, loaded, { failed: () => {}, handshakeSeconds: 0.3 });
  closing.push(slow);
  slow.on('tlsClientError', (error: NodeJS.ErrnoException) => errors.push(error.code));
  await once(slow.listen(0, '127.0.0.1'), 'listening');
  const socket = connectPlain((slow.address() as AddressInfo).port, '127.0.0.1'); // it listens on TCP
  sockets.push(socket);
  socket.on('error', () => {}).resume();
  // A byte now and then does not prolong it.
  const hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
  const dripping = setInterval(() => socket.write(Buffer.from([hello.shift() ?? 0])), 30);
  await expect.poll(() => socket.closed, { timeout: 10_000 }).toBe(true); // an error before it is no failure
  clearInterval(dripping);
  await expect.poll(() => errors[0]).toBe('ERR_TLS_HANDSHAKE_TIMEOUT');
});

test('what is sent over TLS cannot hold the event loop either: pipelined requests close the connection', async () => {
  const { endpoint } = await open({ tls });
  const socket = connect({ port: endpoint.port, ca: authority.cert, host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2000));
  expect((await scrape(endpoint)).status).toBe(200);
  socket.resume();
  await untilClosed(socket);
});

const broken: [name: string, options: () => EndpointTlsOptions, message: RegExp][] = [
  [
    'a certificate without its file',
    () => ({ ...tls, certFile: `${files.path}/none` }),
    /cannot read certFile ".*none"/,
  ],
  [
    'another key',
    () => ({ ...tls, keyFile: files.write('other.key', foreignKey) }),
    /cannot use the certificate of certFile/,
  ],
  [
    'a certificate that is none',
    () => ({ cert: 'secret nonsense', key: server.key }),
    /cannot use the certificate of cert/,
  ],
  ['a key in place of its file', () => ({ ...tls, keyFile: server.key }), /keyFile must be the path of a file/],
  [
    'bytes in place of a file',
    () => ({ ...tls, keyFile: Buffer.from(server.key) as never }),
    /keyFile must be the path/,
  ],
  ['a key in place of the options', () => server.key as never, /tls must be an object/],
  ['no key', () => ({ certFile: tls.certFile }), /tls needs the key/],
  ['both forms', () => ({ ...tls, cert: server.cert }), /takes cert or certFile, not both/],
  ['names without an authority', () => ({ ...tls, clientAllowedSans: ['a'] }), /clientAllowedSans needs clientCaFile/],
];
let foreignKey: string;
test.each(broken)('expose() refuses %s', async (_name, options, message) => {
  foreignKey = (await foreign.issue()).key;
  const error: Error = await open({ tls: options() }).then(
    () => expect.fail('it was accepted'),
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringMatching(message) });
  expect(error.message).not.toMatch(/PRIVATE|secret|BEGIN/);
});

test.runIf(process.platform === 'linux')('a key that others can read gets a warning', async () => {
  const keyFile = files.write('open.key', server.key, 0o644);
  expect(statSync(keyFile).mode & 0o004).toBe(4);
  await open({ tls: { ...tls, keyFile } });
  expect(warnings).toEqual([
    expect.stringMatching(/^every user of this machine can read keyFile ".*open.key" \(mode 0644\)/),
  ]);
});

test('an authority without a certificate is a warning, and no client is valid', async () => {
  const { endpoint } = await open({ tls: { ...tls, clientCa: 'nothing' } });
  expect(warnings).toEqual(['clientCa has no certificate, so no certificate of a client is valid']);
  await expect(scrape(endpoint, await authority.issue({ use: 'client' }))).rejects.toThrow();
});

test('close() ends while a handshake is under way', async () => {
  const { endpoint } = await open({ tls });
  const socket = connectPlain(endpoint.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  await expect.poll(async () => (await scrape(endpoint)).status).toBe(200);
  const closed = once(socket, 'close');
  const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections'); // it would come after a second
  await endpoint.close();
  expect(cutOff).not.toHaveBeenCalled();
  cutOff.mockRestore();
  socket.resume();
  await closed;
});
