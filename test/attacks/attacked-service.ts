import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { attacks } from '../../bench/endpoint-attacks.ts';
import { scrape } from '../../bench/endpoint-load.ts';
import type { Ports, State } from '../../bench/endpoint-server.ts';

/** What came of an attack on a service with a heap of 128 MB. */
export interface Outcome {
  /** Whether a scrape was answered within 25 s after the attack. */
  readonly isScraped: boolean;
  /** Memory that came during the attack, in megabytes. */
  readonly grown: number;
  /** File descriptors that are left 2 s after the attack. */
  readonly left: number;
}

/** Attacks a service in a process of its own, from another one. Rejects where the service dies. */
export async function attackService(name: string, seconds: number): Promise<Outcome> {
  const service = start('endpoint-server', ['grpc-vitals', String(attacks[name]!.lines)], 128);
  const died = once(service, 'exit').then(([code, signal]) => {
    throw new Error(`the service died: ${String(signal ?? code)}`);
  });
  const attackers: ChildProcess[] = [];
  const run = async (): Promise<Outcome> => {
    const { metrics } = await message<Ports>(service);
    await scrape(metrics);
    const before = await state(service);
    const attacker = start('endpoint-attacker', [name, String(metrics), String(seconds)], 1024);
    attackers.push(attacker);
    await message(attacker);
    const end = performance.now();
    let isScraped = await scrape(metrics);
    while (!isScraped && performance.now() - end < 25_000) isScraped = await scrape(metrics);
    const hit = await state(service);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const after = await state(service);
    return { isScraped, grown: hit.mostResident - before.resident, left: after.descriptors - before.descriptors };
  };
  try {
    return await Promise.race([run(), died]);
  } finally {
    died.catch(() => {}); // it is ended on purpose
    for (const child of [service, ...attackers]) child.kill('SIGKILL');
  }
}

function start(program: string, args: readonly string[], heapMegabytes: number): ChildProcess {
  const path = fileURLToPath(new URL(`../../bench/${program}.ts`, import.meta.url));
  const execArgv = ['--import', 'tsx', `--max-old-space-size=${heapMegabytes}`];
  return fork(path, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const [value] = (await once(child, 'message')) as [Message];
  return value;
}

async function state(service: ChildProcess): Promise<State> {
  service.send('state');
  return message<State>(service);
}
