import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ExposeOptions, GrpcMetrics, type MetricsEndpoint } from '../../src/index.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { type Authority, createAuthority, Files, type Pair } from './certificates.ts';

const files = new Files();
const password = 'open sesame';
const token = 'a-token-of-more-than-16-characters';
let authority: Authority;

const metrics = new GrpcMetrics();
/** By what they ask of a client. */
const endpoints: Record<string, MetricsEndpoint> = {};

/** What a job of Prometheus has to have access, and whether it has. */
const jobs: Record<
  string,
  { readonly endpoint: string; readonly config: object; readonly isUp: boolean; readonly says?: RegExp }
> = {};

function addPair(name: string, { cert, key }: Pair): { cert_file: string; key_file: string } {
  return { cert_file: files.write(`${name}.crt`, cert), key_file: files.write(`${name}.key`, key) };
}

beforeAll(async () => {
  authority = await createAuthority();
  const foreign = await createAuthority('somebody else');
  const server = addPair('server', await authority.issue());
  const ca_file = files.write('ca.crt', authority.cert);
  const otherCa = files.write('other-ca.crt', foreign.cert);
  const client = async (from: Authority, name: string, dns: string) =>
    addPair(name, await from.issue({ use: 'client', names: [{ dns }] }));
  const right = await client(authority, 'client', 'prometheus');
  const other = await client(authority, 'other', 'somebody');
  const strange = await client(foreign, 'strange', 'prometheus');
  const expired = addPair(
    'expired',
    await authority.issue({ use: 'client', names: [{ dns: 'prometheus' }], days: -1 }),
  );
  const tls = { certFile: server.cert_file, keyFile: server.key_file };
  const hash = hashSync(password, 10);
  const webConfig = (name: string, config: object) => files.write(`${name}.json`, JSON.stringify(config));
  const tls_server_config = { cert_file: 'server.crt', key_file: 'server.key' };
  const mutual = {
    ...tls_server_config,
    client_auth_type: 'RequireAndVerifyClientCert',
    client_ca_file: 'ca.crt',
    client_allowed_sans: ['prometheus'],
  };
  const options: Record<string, ExposeOptions> = {
    tls: { tls },
    mutual: { tls: { ...tls, clientCaFile: ca_file, clientAllowedSans: ['prometheus'] } },
    users: { tls, users: { prometheus: hash } },
    tokens: { tls, tokens: [token] },
    plainUsers: { users: { prometheus: hash } },
    fileTls: { webConfig: webConfig('tls', { tls_server_config }) },
    fileMutual: { webConfig: webConfig('mutual', { tls_server_config: mutual }) },
    fileUsers: { webConfig: webConfig('users', { tls_server_config, basic_auth_users: { prometheus: hash } }) },
  };
  for (const [name, each] of Object.entries(options)) {
    endpoints[name] = await metrics.expose({ port: 0, host: '127.0.0.1', ...each });
  }
  const https = (more: object = {}) => ({ scheme: 'https', tls_config: { ca_file, ...more } });
  const add = (name: string, endpoint: string, config: object, isUp: boolean, says?: RegExp) => {
    jobs[name] = { endpoint, config, isUp, ...(says !== undefined && { says }) };
  };
  for (const endpoint of ['tls', 'fileTls']) {
    add(`${endpoint}: the authority`, endpoint, https(), true);
    add(`${endpoint}: another authority`, endpoint, https({ ca_file: otherCa }), false, /unknown authority/);
    add(`${endpoint}: another name`, endpoint, https({ server_name: 'elsewhere' }), false, /not elsewhere/);
    add(`${endpoint}: no TLS`, endpoint, {}, false);
  }
  for (const endpoint of ['mutual', 'fileMutual']) {
    add(`${endpoint}: the certificate`, endpoint, https(right), true);
    add(`${endpoint}: no certificate`, endpoint, https(), false);
    add(`${endpoint}: another name`, endpoint, https(other), false);
    add(`${endpoint}: another authority`, endpoint, https(strange), false);
    add(`${endpoint}: an expired one`, endpoint, https(expired), false);
  }
  const basic = (username: string, given: string) => ({ basic_auth: { username, password: given } });
  for (const [endpoint, scheme] of [
    ['users', https()],
    ['fileUsers', https()],
    ['plainUsers', {}],
  ] as const) {
    add(`${endpoint}: the password`, endpoint, { ...scheme, ...basic('prometheus', password) }, true);
    add(
      `${endpoint}: a wrong one`,
      endpoint,
      { ...scheme, ...basic('prometheus', 'wrong') },
      false,
      /401|429|503|deadline/,
    );
    add(`${endpoint}: nobody`, endpoint, scheme, false, /401|429/);
    add(
      `${endpoint}: somebody else`,
      endpoint,
      { ...scheme, ...basic('mallory', password) },
      false,
      /401|429|503|deadline/,
    );
  }
  const bearer = (credential: string) => ({ authorization: { type: 'Bearer', credentials: credential } });
  add('tokens: the token', 'tokens', { ...https(), ...bearer(token) }, true);
  add('tokens: a wrong one', 'tokens', { ...https(), ...bearer(`${token}x`) }, false, /401|429/);
  add('tokens: none', 'tokens', https(), false, /401|429/);
});
afterAll(async () => {
  await metrics.close();
  files.remove();
});

const engines = ['prometheus', 'prometheus3'] as const;

describeWith([...engines], 'a real Prometheus', (paths) => {
  test.each(engines)(
    '%s is up with the right access, and down with every other',
    { timeout: 90_000 },
    async (engine) => {
      const prometheus = await startPrometheus({
        binary: paths[engine],
        scrapeInterval: '1s',
        config: {
          scrape_configs: Object.entries(jobs).map(([job_name, { endpoint, config }]) => ({
            job_name,
            static_configs: [{ targets: [`127.0.0.1:${endpoints[endpoint]!.port}`] }],
            ...config,
          })),
        },
      });
      try {
        const states = async () =>
          Object.fromEntries((await prometheus.targets()).map(({ labels, health }) => [labels.job!, health]));
        const expected = Object.fromEntries(
          Object.entries(jobs).map(([name, { isUp }]) => [name, isUp ? 'up' : 'down']),
        );
        expect(Object.keys(expected).length).toBeGreaterThan(30);
        await expect.poll(states, { timeout: 60_000, interval: 500 }).toEqual(expected);
        for (const { labels, lastError } of await prometheus.targets()) {
          const { says } = jobs[labels.job!]!;
          if (says !== undefined) expect(`${labels.job}: ${lastError}`).toMatch(says);
        }
        const ups = await prometheus.query('up');
        const up = ups.filter(({ value }) => value === 1).map(({ labels }) => labels.job!);
        const rights = Object.keys(jobs).filter((name) => jobs[name]!.isUp);
        expect(new Set(up)).toEqual(new Set(rights));
      } finally {
        await prometheus.stop();
      }
    },
  );

  test('a certificate that is renewed under load costs no scrape and no call', { timeout: 120_000 }, async () => {
    const folder = new Files();
    const write = ({ cert, key }: Pair) => ({
      certFile: folder.write('tls.crt', cert),
      keyFile: folder.write('tls.key', key),
    });
    const served = new GrpcMetrics();
    const server = new Server();
    served.instrument(server);
    const pass = (bytes: Buffer) => bytes;
    const codec = {
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    };
    const path = '/test.v1.Test/Echo';
    server.addService(
      { echo: { path, requestStream: false, responseStream: false, ...codec } },
      {
        echo: (call: { request: Buffer }, callback: (error: null, reply: Buffer) => void) =>
          callback(null, call.request),
      },
    );
    const grpcPort = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure());
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
    const endpoint = await served.expose({
      port: 0,
      host: '127.0.0.1',
      tls: write(await authority.issue({ days: 3 })),
    });
    const running: RunningPrometheus[] = [];
    const over = new AbortController();
    let [calls, failed] = [0, 0];
    const call = () =>
      new Promise<void>((resolve) => {
        client.makeUnaryRequest(path, pass, pass, Buffer.from('x'), { deadline: Date.now() + 30_000 }, (error) => {
          calls += 1;
          if (error !== null) failed += 1;
          resolve();
        });
      });
    const load = async () => {
      while (!over.signal.aborted) {
        await call();
        await sleep(2);
      }
    };
    const loads = Array.from({ length: 4 }, load);
    try {
      for (const engine of engines) {
        running.push(
          await startPrometheus({
            binary: paths[engine],
            flags: ['--log.level=debug'],
            config: {
              scrape_configs: [
                {
                  job_name: 'renewed',
                  scheme: 'https',
                  scrape_interval: '4s', // so long may a scrape take on a busy machine
                  tls_config: { ca_file: files.write('ca.crt', authority.cert) },
                  static_configs: [{ targets: [`127.0.0.1:${endpoint.port}`] }],
                },
              ],
            },
          }),
        );
      }
      await Promise.all(running.map((one) => one.waitForScrapes(2, 40_000)));
      const name = 'grpc_vitals_endpoint_certificate_expiry_timestamp_seconds';
      for (const days of [5, 7, 9]) {
        const expected = async (one: RunningPrometheus) =>
          (await one.query(`(${name} - time()) / 86400`))[0]?.value ?? 0;
        write(await authority.issue({ days }));
        for (const one of running) {
          await expect.poll(() => expected(one).then(Math.round), { timeout: 20_000 }).toBe(days);
        }
      }
      await Promise.all(running.map((one) => one.waitForScrapes(3, 40_000)));
      for (const one of running) {
        const failures = one
          .log()
          .split('\n')
          .filter((line) => line.includes('crape failed'));
        expect(failures).toEqual([]);
        expect((await one.query('min_over_time(up[1h])'))[0]!.value).toBe(1);
        expect((await one.query('count_over_time(up[1h])'))[0]!.value).toBeGreaterThan(7);
      }
      expect(failed).toBe(0);
      expect(calls).toBeGreaterThan(100);
    } finally {
      over.abort();
      await Promise.all(loads);
      await Promise.all(running.map((one) => one.stop()));
      client.close();
      server.forceShutdown();
      await served.close();
      folder.remove();
    }
  });
});
