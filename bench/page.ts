import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PageServer } from './page-server.ts';

const rounds = 5;
const phaseSeconds = 8;
const viewers = 10;

const contenders = [
  { name: 'page off', page: 'off', viewers: 0 },
  { name: 'page on, nobody looks', page: 'on', viewers: 0 },
  { name: `page on, ${viewers} look`, page: 'on', viewers },
] as const;

interface Target {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly viewers: number;
  /** Share of a core in each round. */
  readonly shares: number[];
  bytes: number;
}

/**
 * What the live page costs the service: CPU of its process, as a share of one core, all phases of a round at the same time so that
 * what else the machine does is the same for all. All of the user's metrics change between any two frames.
 */
export async function page(): Promise<void> {
  console.log(`\nThe live page: share of one core, ${rounds} rounds of ${phaseSeconds} s, median (range)`);
  for (const size of ['demo', 'large']) {
    const targets: Target[] = [];
    const end = () => {
      for (const { process } of targets) process.kill();
    };
    process.once('exit', end);
    try {
      for (const contender of contenders) targets.push(await startServer(size, contender));
      await warmUp(targets);
      for (const target of targets) for (let index = 0; index < target.viewers; index += 1) await look(target);
      await setTimeout(3000); // what starting costs is over
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(targets.map((target) => measure(target)));
      }
    } finally {
      process.off('exit', end);
      end();
    }
    print(size, targets);
  }
}

async function startServer(
  size: string,
  { name, page: on, viewers: many }: (typeof contenders)[number],
): Promise<Target> {
  const child = fork(fileURLToPath(new URL('./page-server.js', import.meta.url)), [size, on], { execArgv: [] });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended with ${String(code)}`);
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [PageServer];
  failed.catch(() => {}); // it is ended on purpose later
  return { name, process: child, port, viewers: many, shares: [], bytes: 0 };
}

/** Ten seconds with somebody looking, so that what is measured runs as it does in a service that has been up for long. */
async function warmUp(targets: readonly Target[]): Promise<void> {
  const leave = [];
  for (const target of targets) if (target.name !== contenders[0].name) leave.push(await look(target));
  await setTimeout(10_000);
  for (const one of leave) one();
}

async function look(target: Target): Promise<() => void> {
  const [response] = (await once(get({ port: target.port, path: '/live', agent: false }), 'response')) as [
    IncomingMessage, // as documented
  ];
  if (response.statusCode !== 200) throw new Error(`a viewer was answered ${response.statusCode}`);
  response.on('data', (chunk: Buffer) => {
    target.bytes += chunk.length;
  });
  response.on('error', () => {}); // the server is ended
  return () => response.destroy();
}

async function measure(target: Target): Promise<void> {
  const before = await cpuSeconds(target);
  const start = performance.now();
  target.bytes = 0;
  await setTimeout(phaseSeconds * 1000);
  const spent = (await cpuSeconds(target)) - before;
  target.shares.push(spent / ((performance.now() - start) / 1000));
}

async function cpuSeconds({ process: child }: Target): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return (user + system) / 1e6;
}

function print(size: string, [off, ...others]: readonly Target[]): void {
  console.log(`  ${size}`);
  for (const { name, shares, viewers: many, bytes } of [off!, ...others]) {
    const added = shares.map((share, round) => share - off!.shares[round]!);
    const told = many === 0 ? '' : `; ${(bytes / many / phaseSeconds / 1000).toFixed(1)} kB/s to each`;
    const goal = many === 0 ? '' : ' (goal: below 1%)';
    console.log(`    ${name.padEnd(24)}${range(shares)}, adds ${range(added)}${goal}${told}`);
  }
}

function range(shares: readonly number[]): string {
  const sorted = shares.map((share) => share * 100).toSorted((one, other) => one - other);
  const [median, low, high] = [sorted[Math.floor(sorted.length / 2)]!, sorted[0]!, sorted.at(-1)!];
  return `${median.toFixed(2)}% (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
