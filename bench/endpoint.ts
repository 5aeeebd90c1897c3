import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { attacks, type Seen } from './endpoint-attacks.ts';
import { type Load, load, scrape } from './endpoint-load.ts';
import type { Ports, State } from './endpoint-server.ts';

const libraries = ['grpc-vitals', 'prom-client'];
const attackSeconds = Number(process.env.SECONDS ?? 60);
const calmSeconds = 10;
const heapMegabytes = 128;

const columns = [
  'attack',
  'library',
  'p99 of calls before, during, after (ms)',
  'longest block before, during: processor time (clock) (ms)',
  'resident before, most, after (MB)',
  'descriptors before, after',
  'scrapes answered',
  'what the attacker saw',
];

/** What came of an attack. */
interface Outcome {
  readonly before: Load;
  readonly during: Load;
  readonly after: Load;
  readonly calm: State;
  readonly attacked: State;
  readonly recovered: State;
  readonly seen: Seen;
  /** Seconds from the end of the attack to the end of the first scrape that was answered. */
  readonly recovery: number;
}

/**
 * What clients that mean harm can do to a service by its metrics port: each attack for a minute, on a service with a heap
 * of 128 MB that gets 100 calls a second and is scraped every two seconds. Beside it prom-client's usual endpoint on
 * node:http, in turn. `ATTACKS=idle SECONDS=10` runs those whose names have that text.
 */
export async function endpoint(): Promise<void> {
  console.log(`\nAttacks on the endpoint: ${attackSeconds} s each, a heap of ${heapMegabytes} MB, 100 calls a second`);
  console.log(`| ${columns.join(' | ')} |`);
  console.log(`| ${columns.map(() => '---').join(' | ')} |`);
  for (const name of Object.keys(attacks).filter((one) => one.includes(process.env.ATTACKS ?? ''))) {
    for (const library of libraries) console.log(row(name, library, await attacked(name, library)));
  }
}

/** A text where the service did not survive. */
async function attacked(name: string, library: string): Promise<Outcome | string> {
  const service = start('./endpoint-server.js', [library, String(attacks[name]!.lines)], heapMegabytes);
  const begun = performance.now();
  const died = once(service, 'exit').then(
    ([code, signal]) => `died (${String(signal ?? code)}) after ${((performance.now() - begun) / 1000).toFixed(0)} s`,
  );
  const children = [service];
  const ports = (await first<Ports>(service)) ?? (await died);
  if (typeof ports === 'string') return ports;
  const client = new Client(`127.0.0.1:${ports.grpc}`, credentials.createInsecure());
  try {
    return await Promise.race([measure(name, children, client, ports, died), died]);
  } finally {
    client.close();
    for (const child of children) child.kill('SIGKILL');
  }
}

async function measure(
  name: string,
  children: ChildProcess[],
  client: Client,
  ports: Ports,
  died: Promise<unknown>,
): Promise<Outcome> {
  const service = children[0]!;
  const loadFor = (time: Promise<unknown>) => load(client, () => scrape(ports.metrics), Promise.race([time, died]));
  await loadFor(sleep(3000));
  await state(service);
  const before = await loadFor(sleep(calmSeconds * 1000));
  const calm = await state(service);
  const attacker = start('./endpoint-attacker.js', [name, String(ports.metrics), String(attackSeconds)]);
  children.push(attacker);
  const ended = first<Seen>(attacker);
  const during = await loadFor(ended);
  const seen = (await ended) ?? {};
  const end = performance.now();
  while (!(await scrape(ports.metrics)) && performance.now() - end < 60_000) await sleep(200);
  const recovery = (performance.now() - end) / 1000;
  const hit = await state(service);
  const after = await loadFor(sleep(calmSeconds * 1000));
  return { before, during, after, calm, attacked: hit, recovered: await state(service), seen, recovery };
}

function start(module: string, args: readonly string[], heap = 2048): ChildProcess {
  const path = fileURLToPath(new URL(module, import.meta.url));
  return fork(path, args, {
    execArgv: [`--max-old-space-size=${heap}`],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  });
}

/** The first message; undefined where the process ends without one. */
async function first<Message>(child: ChildProcess): Promise<Message | undefined> {
  const message = once(child, 'message').then(([value]) => value as Message);
  return Promise.race([message, once(child, 'exit').then(() => undefined)]);
}

async function state(service: ChildProcess): Promise<State> {
  service.send('state');
  const [value] = (await once(service, 'message')) as [State];
  return value;
}

function row(name: string, library: string, outcome: Outcome | string): string {
  if (typeof outcome === 'string') return `| ${name} | ${library} | ${outcome} |`;
  const { before, during, after, calm, attacked: hit, recovered, seen, recovery } = outcome;
  const ms = ({ p99, failed }: Load) => `${p99.toFixed(1)}${failed === 0 ? '' : ` (${failed} failed)`}`;
  const block = ({ longestWork, longestBlock }: State) => `${longestWork.toFixed(0)} (${longestBlock.toFixed(0)})`;
  const cells = [
    name,
    library,
    [before, during, after].map(ms).join(', '),
    [calm, hit].map(block).join(', '),
    [calm.resident, hit.mostResident, recovered.resident].map((megabytes) => megabytes.toFixed(0)).join(', '),
    `${calm.descriptors}, ${recovered.descriptors}`,
    `${during.scraped} of ${during.scrapes}, then after ${recovery.toFixed(1)} s`,
    Object.entries(seen)
      .map(([what, times]) => `${times} ${what}`)
      .join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}
