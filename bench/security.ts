import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { createAuthority, Files } from '../test/security/certificates.ts';
import type { Seen } from './endpoint-attacks.ts';
import { load } from './endpoint-load.ts';
import type { Ports, State } from './endpoint-server.ts';
import { access, type EndpointName } from './security-access.ts';
import { attacks } from './security-attacks.ts';
import { timing } from './security-timing.ts';

const attackSeconds = Number(process.env.SECONDS ?? 10);
const calmSeconds = 5;

const columns = [
  'attack',
  'p99 of calls before, during (ms)',
  'longest block before, during: processor time (clock) (ms)',
  'scrapes with access answered',
  'what the attacker saw',
];

/**
 * What clients without access can do to an endpoint with TLS, client certificates, users and tokens, while the same process
 * serves 100 gRPC calls a second and is scraped every two seconds. `ATTACKS=password SECONDS=60` runs those whose names have
 * that text.
 */
export async function security(): Promise<void> {
  console.log(`\nAttacks on an endpoint with TLS and users: ${attackSeconds} s each, 100 calls a second`);
  console.log(`| ${columns.join(' | ')} |`);
  console.log(`| ${columns.map(() => '---').join(' | ')} |`);
  const files = await makeCertificates();
  try {
    for (const name of Object.keys(attacks).filter((one) => one.includes(process.env.ATTACKS ?? ''))) {
      console.log(await attacked(name, files.path));
    }
  } finally {
    files.remove();
  }
  await timing();
}

async function makeCertificates(): Promise<Files> {
  const files = new Files();
  const [authority, foreign] = await Promise.all([createAuthority(), createAuthority('somebody else')]);
  const right = { use: 'client', names: [{ dns: access.name }] } as const;
  const client = (dns: string) => authority.issue({ use: 'client', names: [{ dns }] });
  const pairs = {
    server: await authority.issue({ names: [{ dns: 'localhost' }, { ip: '127.0.0.1' }, { dns: access.name }] }),
    client: await authority.issue(right),
    foreign: await foreign.issue(right),
    expired: await authority.issue({ ...right, days: -1 }),
    trick: await client(`x, DNS:${access.name}, DNS:y`),
    longer: await client(`${access.name}.evil.test`),
    common: await authority.issue({ use: 'client', names: [{ dns: 'x' }], commonName: access.name }),
  };
  files.write('ca.crt', authority.cert);
  for (const [name, { cert, key }] of Object.entries(pairs)) {
    files.write(`${name}.crt`, cert);
    files.write(`${name}.key`, key);
  }
  return files;
}

async function attacked(name: string, folder: string): Promise<string> {
  const { endpoint } = attacks[name]!;
  const service = start('./security-server.js', [endpoint, folder]);
  const children = [service];
  const ports = await message<Ports>(service);
  const client = new Client(`127.0.0.1:${ports.grpc}`, credentials.createInsecure());
  const scrape = scraper(endpoint, folder, ports.metrics);
  const loadFor = (time: Promise<unknown>) => load(client, scrape, time);
  try {
    await loadFor(sleep(2000));
    await state(service);
    const before = await loadFor(sleep(calmSeconds * 1000));
    const calm = await state(service);
    const attacker = start('./security-attacker.js', [name, String(ports.metrics), folder, String(attackSeconds)]);
    children.push(attacker);
    const ended = message<Seen>(attacker);
    const during = await loadFor(ended);
    const hit = await state(service);
    const block = ({ longestWork, longestBlock }: State) => `${longestWork.toFixed(0)} (${longestBlock.toFixed(0)})`;
    const failed = before.failed + during.failed;
    const cells = [
      name,
      `${before.p99.toFixed(1)}, ${during.p99.toFixed(1)}${failed === 0 ? '' : ` (${failed} failed)`}`,
      `${block(calm)}, ${block(hit)}`,
      `${during.scraped} of ${during.scrapes}`,
      Object.entries(await ended)
        .map(([what, times]) => `${times} ${what}`)
        .join(', '),
    ];
    return `| ${cells.join(' | ')} |`;
  } finally {
    client.close();
    for (const child of children) child.kill('SIGKILL');
  }
}

/** Scrapes with access, over a connection of its own each time. Tells whether it was answered within 10 s. */
function scraper(endpoint: EndpointName, folder: string, port: number): () => Promise<boolean> {
  const read = (name: string) => readFileSync(`${folder}/${name}`);
  const pair = endpoint === 'mutual' ? { cert: read('client.crt'), key: read('client.key') } : {};
  const auth = endpoint === 'users' ? { auth: `${access.user}:${access.password}` } : {};
  const options = { port, host: '127.0.0.1', path: '/metrics', ca: read('ca.crt'), agent: false, ...pair, ...auth };
  return () =>
    new Promise((resolve) => {
      const asked = request(options, (response) => {
        response.resume();
        response.once('close', () => resolve(response.statusCode === 200 && response.complete));
      }).end();
      const late = setTimeout(() => asked.destroy(new Error('late')), 10_000);
      asked.once('close', () => clearTimeout(late));
      asked.once('error', () => resolve(false));
    });
}

function start(module: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(module, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Rejects if the process ends without one. */
async function message<Message>(child: ChildProcess): Promise<Message> {
  const said = once(child, 'message').then(([value]) => value as Message);
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`a process ended: ${String(signal ?? code)}`);
  });
  died.catch(() => {}); // it is ended on purpose
  return Promise.race([said, died]);
}

async function state(service: ChildProcess): Promise<State> {
  service.send('state');
  return message<State>(service);
}
