import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSecurity, type Security } from '../../src/http/security.ts';
import { SecurityStats } from '../../src/http/security-stats.ts';
import { readSecurity } from '../../src/http/web-config/protect.ts';
import { type Authority, createAuthority, Files, type Pair } from './certificates.ts';
import { basic, request } from './request.ts';

let authority: Authority;
let files: Files;
let first: Pair;
let second: Pair;
beforeAll(async () => {
  authority = await createAuthority();
  [first, second] = await Promise.all([authority.issue({ days: 5 }), authority.issue({ days: 9 })]);
});

let changes: number;
let notes: string[];
let stats: SecurityStats;
let security: Security | undefined;
let server: Server | undefined;
beforeEach(() => {
  files = new Files();
  notes = [];
  changes = 0;
  stats = new SecurityStats();
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await security?.close();
  [security, server] = [undefined, undefined];
  files.remove();
});

/** A server with the security of a web configuration, whose files are looked at all the time. */
async function open(): Promise<string> {
  const path = join(files.path, 'web.yml');
  security = await openSecurity({
    read: () => readSecurity(path),
    tokens: [],
    stats,
    note: (message) => notes.push(message),
    failed: (error) => expect.fail(String(error)),
    accessChanged: () => {
      changes += 1;
    },
    rereadSeconds: 0.02,
  });
  server = security.createServer({}, createServer);
  server.on('request', (incoming, response) => security!.admit(incoming, response, () => response.end('ok')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return `${security.isSecure ? 'https' : 'http'}://127.0.0.1:${port}/`;
}

/** The certificate that a new connection gets. */
async function served(url: string, client: Pair | object = {}): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ca: authority.cert, ...client });
  socket.on('error', () => {}); // the endpoint may refuse the client after the handshake
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

const state = () => Array.from(stats.endpoints)[0]!;
const config = 'tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n';

function writePair({ cert, key }: Pair): void {
  files.write('tls.crt', cert);
  files.write('tls.key', key);
}

test('a new certificate is for new connections, and the metric has its expiry', async () => {
  writePair(first);
  files.write('web.yml', config);
  const url = await open();
  const before = await served(url);
  const { expiresAt } = state();
  writePair(second);
  await expect.poll(() => served(url)).not.toBe(before);
  expect(state().expiresAt! - expiresAt!).toBeCloseTo(4 * 86_400, -2);
});

test('between the two files of a pair the old one stays, and then the new one is taken', async () => {
  writePair(first);
  files.write('web.yml', config);
  const url = await open();
  const before = await served(url);
  files.write('tls.crt', second.cert);
  await expect.poll(() => state().isCurrent).toBe(false);
  expect(await served(url)).toBe(before);
  expect(Array.from(new Set(notes))).toEqual([
    expect.stringMatching(
      /^the endpoint keeps its certificate and its users, as new ones cannot be used: .*key values mismatch/,
    ),
  ]);
  files.write('tls.key', second.key);
  await expect.poll(() => state().isCurrent).toBe(true);
  expect(await served(url)).not.toBe(before);
});

test('the links of a volume of Kubernetes', async () => {
  const put = (name: string, pair: Pair) => {
    mkdirSync(join(files.path, name));
    files.write(`${name}/tls.crt`, pair.cert);
    files.write(`${name}/tls.key`, pair.key);
    // As the kubelet does it: a new link takes the place of the old one in one step.
    symlinkSync(name, join(files.path, '..data_tmp'));
    renameSync(join(files.path, '..data_tmp'), join(files.path, '..data'));
  };
  put('..2026_01', first);
  symlinkSync('..data/tls.crt', join(files.path, 'tls.crt'));
  symlinkSync('..data/tls.key', join(files.path, 'tls.key'));
  files.write('web.yml', config);
  const url = await open();
  const before = await served(url);
  put('..2026_02', second);
  rmSync(join(files.path, '..2026_01'), { recursive: true });
  await expect.poll(() => served(url)).not.toBe(before);
  expect(notes).toEqual([]);
});

test('users who come and go, and a password that changes', async () => {
  const [old, young] = [hashSync('old password', 4), hashSync('new password', 4)];
  files.write('web.yml', `basic_auth_users:\n  alice: ${old}\n  bob: ${old}\n`);
  const url = await open();
  const statusOf = async (user: string, password: string) =>
    (await request(url, { headers: basic(user, password) })).status;
  expect([await statusOf('alice', 'old password'), await statusOf('bob', 'old password')]).toEqual([200, 200]);
  files.write('web.yml', `basic_auth_users:\n  alice: ${young}\n`);
  await expect.poll(() => statusOf('alice', 'new password')).toBe(200);
  expect([await statusOf('alice', 'old password'), await statusOf('bob', 'old password')]).toEqual([401, 401]);
  expect(changes).toBe(1);
});

test('a client whose name is taken from the list', async () => {
  writePair(first);
  const ca = files.write('ca.crt', authority.cert);
  const names = (name: string) =>
    `${config}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ${ca}\n  client_allowed_sans: [${name}]\n`;
  files.write('web.yml', names('prometheus'));
  const url = await open();
  const client = await authority.issue({ use: 'client', names: [{ dns: 'prometheus' }] });
  const isAnswered = () => request(url, { ca: authority.cert, ...client }).then(Boolean, () => false);
  expect(await isAnswered()).toBe(true);
  files.write('web.yml', names('another'));
  await expect.poll(isAnswered).toBe(false);
  files.write('web.yml', names('prometheus'));
  await expect.poll(isAnswered).toBe(true);
});

test('a connection that stays open sees the new certificate, and a client that lost its name loses its access', async () => {
  writePair(first);
  const ca = files.write('ca.crt', authority.cert);
  const names = (name: string) =>
    `${config}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ${ca}\n  client_allowed_sans: [${name}]\n`;
  files.write('web.yml', names('prometheus'));
  const url = await open();
  const client = await authority.issue({ use: 'client', names: [{ dns: 'prometheus' }] });
  const agents = Array.from({ length: 2 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const [patient, other] = agents as [Agent, Agent];
  const scrape = (agent: Agent) => request(url, { ca: authority.cert, ...client, agent });
  try {
    for (const agent of agents) expect((await scrape(agent)).headers.connection).toBe('keep-alive');
    writePair(second);
    await expect.poll(() => served(url, client)).toBe(new X509Certificate(second.cert).fingerprint256);
    expect((await scrape(patient)).headers.connection).toBe('close');
    expect((await scrape(patient)).headers.connection).toBe('keep-alive');
    expect(changes).toBe(0);
    files.write('web.yml', names('another'));
    const isAnswered = () => request(url, { ca: authority.cert, ...client }).then(Boolean, () => false);
    await expect.poll(isAnswered).toBe(false);
    await expect(scrape(other)).rejects.toThrow();
    await expect(scrape(patient)).rejects.toThrow();
  } finally {
    for (const agent of agents) agent.destroy();
  }
});

const refused: [name: string, before: string, after: string, reason: RegExp][] = [
  ['TLS is turned off', config, 'basic_auth_users: {}\n', /cannot turn TLS off: restart/],
  ['TLS is turned on', 'basic_auth_users: {}\n', config, /cannot turn TLS on: restart/],
  [
    'clients need certificates',
    config,
    `${config}  client_auth_type: RequireAndVerifyClientCert\n`,
    /cannot change what it asks of client certificates, as Node.js would ignore it for new connections: restart/,
  ],
  [
    'clients need no certificates any more',
    `${config}  client_auth_type: RequireAnyClientCert\n`,
    config,
    /cannot change what it asks of client certificates/,
  ],
  ['a field is misspelt', config, `${config}  cert_flie: x\n`, /web\.yml:4: .*did you mean "cert_file"/],
  ['the file is gone', config, '', /the web configuration cannot be read/],
];
test.each(refused)('nothing changes where %s', async (_name, before, after, reason) => {
  writePair(first);
  files.write('web.yml', before);
  const url = await open();
  const client = await authority.issue({ use: 'client' });
  const statusOf = async (user: string) =>
    (await request(url, { ca: authority.cert, ...client, headers: basic(user, 'password') })).status;
  expect(await statusOf('mallory')).toBe(200);
  // With new users in the same file: they must not be taken alone.
  if (after === '') rmSync(join(files.path, 'web.yml'));
  else
    files.write(
      'web.yml',
      `${after.replace('basic_auth_users: {}\n', '')}basic_auth_users:\n  a: ${hashSync('x', 4)}\n`,
    );
  await expect.poll(() => state().isCurrent).toBe(false);
  expect(notes.join('\n')).toMatch(reason);
  expect(await statusOf('mallory')).toBe(200);
  files.write('web.yml', before);
  await expect.poll(() => state().isCurrent).toBe(true);
});
