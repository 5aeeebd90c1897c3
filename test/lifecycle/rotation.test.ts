import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { CertificateFiles } from '../../examples/certificate-files.ts';
import { makeCertificates } from '../../examples/certificates.ts';
import { instrument } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

const day = 24 * 3600;
const expiry = 'grpc_server_certificate_expiry_timestamp_seconds';

/** Certificates that expire after so many days, in PEM by the name of their file. */
const certificates = (days: number) => makeCertificates(new Date(Date.now() + days * day * 1000), `authority ${days}`);
type Pems = Awaited<ReturnType<typeof certificates>>;

/** How certificates are replaced: in the folder, with `onProblem` resolving when a half-written pair was noticed. */
type Rotate = (folder: string, pems: Pems, noticed: () => Promise<void>) => Promise<void>;

const write = (folder: string, pems: Pems, ...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), pems[name]!);
};

/** As certbot and scripts do: one file after the other. */
const inPlace: Rotate = async (folder, pems, noticed) => {
  write(join(folder, 'now'), pems, 'server.crt');
  await noticed();
  write(join(folder, 'now'), pems, 'server.key');
};

let swaps = 0;
/** As Kubernetes does: a new folder, and a link to it that is replaced. */
const swap: Rotate = async (folder, pems) => {
  swaps += 1;
  const next = `folder-${swaps}`;
  mkdirSync(join(folder, next));
  write(join(folder, next), pems, 'server.crt', 'server.key');
  symlinkSync(next, join(folder, 'now-new'));
  renameSync(join(folder, 'now-new'), join(folder, 'now'));
};

/** Calls all the time on connections that stay, and on a new connection for each call. */
function startLoad(port: number, credentials: grpc.ChannelCredentials) {
  const Client = grpc.makeGenericClientConstructor(service, 'Endings');
  const load = { ok: 0, failed: [] as string[], connections: 0, isOver: false };
  const open = () => {
    load.connections += 1;
    const options = {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.ssl_target_name_override': 'localhost',
    };
    return new Client(`127.0.0.1:${port}`, credentials, options);
  };
  const call = (client: InstanceType<typeof Client>) =>
    new Promise<void>((resolve) => {
      client.Unary!(Buffer.from('x'), (error: grpc.ServiceError | null) => {
        if (error === null) load.ok += 1;
        else load.failed.push(error.message);
        setTimeout(resolve, 5);
      });
    });
  const staying = Array.from({ length: 4 }, async () => {
    const client = open();
    while (!load.isOver) await call(client);
    client.close();
  });
  const coming = Array.from({ length: 2 }, async () => {
    while (!load.isOver) {
      const client = open();
      await call(client);
      client.close();
    }
  });
  return Object.assign(load, {
    end: async () => {
      load.isOver = true;
      await Promise.all([...staying, ...coming]);
    },
  });
}

/** The certificate that a new connection gets. */
function presented(port: number, pair: { key: Buffer; cert: Buffer }): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false, ...pair };
    const socket = connect(options);
    // The server's first frame: its side of the handshake is over, too.
    socket.once('data', () => {
      resolve(socket.getPeerX509Certificate()!.fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const rotations: [name: string, rotate: Rotate][] = [
  ['one file after the other', inPlace],
  ['by a link that is swapped', swap],
];
test.each(rotations)(
  'mutual TLS, certificates replaced under load %s: no call fails',
  { timeout: 60_000 },
  async (_name, rotate) => {
    const generations = await Promise.all([10, 20, 30, 40].map(certificates));
    const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-rotation-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [first, ...others] = generations;
    // Each generation has an authority of its own, so both sides trust all of them.
    const ca = Buffer.from(generations.map((pems) => pems['ca.crt']!).join('\n'));
    mkdirSync(join(folder, 'folder-0'));
    write(join(folder, 'folder-0'), first!, 'server.crt', 'server.key');
    symlinkSync('folder-0', join(folder, 'now'));
    writeFileSync(join(folder, 'ca.crt'), ca);

    const warnings: string[] = [];
    const paths = {
      cert: join(folder, 'now/server.crt'),
      key: join(folder, 'now/server.key'),
      ca: join(folder, 'ca.crt'),
    };
    const files = await CertificateFiles.open(paths, { intervalMs: 20, warn: (message) => warnings.push(message) });
    const server = new grpc.Server();
    const metrics = instrument(server);
    server.addService(service, {
      Unary: (_call: unknown, callback: (error: null, reply: Buffer) => void) => callback(null, Buffer.from('ok')),
    });
    closing.push(() => server.forceShutdown());
    const credentials = grpc.experimental.createCertificateProviderServerCredentials(files, files, true);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    const client = { key: Buffer.from(first!['client.key']!), cert: Buffer.from(first!['client.crt']!) };
    const load = startLoad(port, grpc.credentials.createSsl(ca, client.key, client.cert));

    for (const pems of others) {
      const before = { ok: load.ok, connections: load.connections, warnings: warnings.length };
      await rotate(folder, pems, () =>
        until(
          () => warnings.length > before.warnings && load.connections > before.connections + 2,
          () => 'nobody noticed that the pair does not fit',
        ),
      );
      const certificate = new X509Certificate(pems['server.crt']!);
      await expect.poll(() => presented(port, client), { timeout: 10_000 }).toBe(certificate.fingerprint256);
      expect(value(metrics, expiry)).toBe(Date.parse(certificate.validTo) / 1000);
      await until(
        () => load.ok > before.ok + 50,
        () => 'the load has stopped',
      );
    }
    await load.end();
    expect(load.failed).toEqual([]);
    expect(value(metrics, 'grpc_rejected_total')).toBe(0);
    expect(value(metrics, 'grpc_requests_total', { status: 'OK' })).toBe(load.ok);
    expect(warnings.every((warning) => /^the server keeps its certificate: .*key values mismatch/.test(warning))).toBe(
      true,
    );
    server.forceShutdown();
    await expect.poll(() => metrics.collect().find(({ name }) => name === expiry)?.series).toEqual([]);
  },
);
