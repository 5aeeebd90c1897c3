import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Client, credentials } from '@grpc/grpc-js';

interface Framework {
  readonly name: string;
  /** The program of its servers. It gets a contender as its argument, and talks to this process with `reportTo`. */
  readonly program: string;
  /** The bare server first. */
  readonly contenders: readonly string[];
}

const frameworks: readonly Framework[] = [
  {
    name: 'NestJS',
    program: './frameworks-nestjs.js',
    contenders: [
      'bare',
      'an interceptor of NestJS that does nothing',
      'serverInterceptor() alone',
      'grpc-vitals/nestjs',
    ],
  },
  {
    name: 'nice-grpc',
    program: './frameworks-nice-grpc.js',
    contenders: [
      'bare',
      'a middleware that does nothing',
      'serverInterceptor() alone',
      'grpc-vitals/nice-grpc',
      'nice-grpc-prometheus',
    ],
  },
  {
    name: 'Connect, over gRPC',
    program: './frameworks-connect.js',
    contenders: ['bare', 'an interceptor of Connect that does nothing', 'grpc-vitals/connect'],
  },
];

const path = '/bench.v1.Bench/Unary';
const message = Buffer.alloc(100, 'x');
const pass = (bytes: Buffer) => bytes;

/** Each with processes of its own: two processes of the same program differ by some percent, for as long as they live. */
const sessions = 8;
const rounds = 6;
const calls = 2000;
const concurrency = 10;

/** A server in a process of its own, and a client of it. */
interface Target {
  readonly process: ChildProcess;
  readonly client: Client;
}

/**
 * CPU time of the server's process for unary calls over the loopback, beside the bare server of the same framework. CPU time and not
 * the clock's: other programs on the machine take turns and not instructions.
 */
export async function frameworkServers(): Promise<void> {
  console.log(`\nCPU time of a server, of the bare server of its framework: mean of ${sessions} sessions ± 95%`);
  for (const framework of frameworks) {
    const { name, contenders } = framework;
    const ratios = contenders.map((): number[] => []);
    const microseconds = contenders.map((): number[] => []);
    for (let session = 0; session < sessions; session += 1) {
      const times = await measureSession(framework);
      for (const [index, time] of times.entries()) {
        ratios[index]!.push(time / times[0]!);
        microseconds[index]!.push(time / (rounds * calls));
      }
    }
    console.log(`  ${name}`);
    for (const [index, contender] of contenders.entries()) {
      const time = interval(microseconds[index]!, 1);
      console.log(`    ${contender.padEnd(46)} ${time.padStart(14)} us   x ${interval(ratios[index]!, 3)}`);
    }
  }
}

/** The CPU time of each contender in one session, in microseconds. */
async function measureSession({ program, contenders }: Framework): Promise<number[]> {
  const targets: Target[] = [];
  const end = () => {
    for (const { client, process } of targets) {
      client.close();
      process.kill();
    }
  };
  process.once('exit', end);
  try {
    for (const contender of contenders) targets.push(await start(program, contender));
    const times = targets.map(() => 0);
    for (let round = -2; round < rounds; round += 1) {
      for (const index of targets.keys()) {
        const turn = (index + round + 2) % targets.length;
        const time = await measureRound(targets[turn]!);
        if (round >= 0) times[turn]! += time;
      }
    }
    return times;
  } finally {
    process.off('exit', end);
    end();
  }
}

async function start(program: string, contender: string): Promise<Target> {
  const child = fork(new URL(program, import.meta.url), [contender]);
  const [port] = (await once(child, 'message')) as [number];
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  return { process: child, client: new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options) };
}

async function measureRound({ process: child, client }: Target): Promise<number> {
  await cpuTime(child);
  for (let done = 0; done < calls; done += concurrency) {
    await Promise.all(Array.from({ length: concurrency }, () => unary(client)));
  }
  return cpuTime(child);
}

/** CPU time of the process since it was last asked, in microseconds. */
async function cpuTime(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>;
  child.send('how much?');
  const [microseconds] = await answer;
  return microseconds;
}

function unary(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, message, (error) => (error ? reject(error) : resolve()));
  });
}

function interval(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(digits)} ± ${(1.96 * Math.sqrt(variance / values.length)).toFixed(digits)}`;
}
