import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { UnaryClient, type WireProtocol } from './frameworks-client.ts';

interface Framework {
  readonly name: string;
  /** The program of its servers. It gets a contender as its argument, and talks to this process with `reportTo`. */
  readonly program: string;
  readonly protocols: readonly WireProtocol[];
  /** The bare server first. */
  readonly contenders: readonly string[];
}

const frameworks: Readonly<Record<string, Framework>> = {
  nestjs: {
    name: 'NestJS',
    program: './frameworks-nestjs.js',
    protocols: ['gRPC'],
    contenders: [
      'bare',
      'an interceptor of NestJS that does nothing',
      'serverInterceptor() alone',
      'grpc-vitals/nestjs',
    ],
  },
  'nice-grpc': {
    name: 'nice-grpc',
    program: './frameworks-nice-grpc.js',
    protocols: ['gRPC'],
    contenders: [
      'bare',
      'a middleware that does nothing',
      'serverInterceptor() alone',
      'grpc-vitals/nice-grpc',
      'nice-grpc-prometheus',
    ],
  },
  connect: {
    name: 'Connect',
    program: './frameworks-connect.js',
    protocols: ['gRPC', 'Connect'],
    contenders: ['bare', 'an interceptor of Connect that does nothing', 'grpc-vitals/connect'],
  },
};

/** Each with processes of its own: two processes of the same program differ by some percent, for as long as they live. */
const sessions = 16;
/** In each round all servers of a session get calls, right after another. */
const rounds = 20;
const calls = 200;
const warmUpCalls = 2000;
/** Of Student's t distribution, two-sided, for so many sessions. */
const t95 = 2.131;

/** A server in a process of its own, and a client of it. */
interface Target {
  readonly process: ChildProcess;
  readonly client: UnaryClient;
}

/**
 * CPU time of the server's process for unary calls over the loopback, beside the bare server of the same framework. CPU time and not
 * the clock's: other programs on the machine take turns and not instructions. What they do to caches they do to all servers of a round.
 *
 * `npm run bench -- frameworks connect` measures one framework.
 */
export async function frameworkServers(asked: readonly string[]): Promise<void> {
  const unknown = asked.find((name) => !Object.hasOwn(frameworks, name));
  if (unknown !== undefined) throw new Error(`no ${unknown}: there is ${Object.keys(frameworks).join(', ')}`);
  console.log(`\nCPU time of a server, and of the bare server of its framework: mean of ${sessions} sessions ± 95%`);
  for (const [key, framework] of Object.entries(frameworks)) {
    if (asked.length > 0 && !asked.includes(key)) continue;
    for (const protocol of framework.protocols) await compareServers(framework, protocol);
  }
}

async function compareServers(framework: Framework, protocol: WireProtocol): Promise<void> {
  const { name, contenders } = framework;
  console.log(`  ${name}, over ${protocol}`);
  const ratios = contenders.map((): number[] => []);
  const microseconds = contenders.map((): number[] => []);
  for (let session = 0; session < sessions; session += 1) {
    const times = await measureSession(framework, protocol);
    for (const [index, time] of times.entries()) {
      ratios[index]!.push(median(time.map((one, round) => one / times[0]![round]!)));
      microseconds[index]!.push(median(time) / calls);
    }
  }
  for (const [index, contender] of contenders.entries()) {
    const time = interval(microseconds[index]!, 1);
    console.log(`    ${contender.padEnd(46)} ${time.padStart(14)} us   x ${interval(ratios[index]!, 3)}`);
  }
}

/** The CPU time of each contender in each round of a session, in microseconds. */
async function measureSession({ program, contenders }: Framework, protocol: WireProtocol): Promise<number[][]> {
  const targets: Target[] = [];
  const end = () => {
    for (const { client, process } of targets) {
      client.close();
      process.kill();
    }
  };
  process.once('exit', end);
  try {
    for (const contender of contenders) targets.push(await start(program, contender, protocol));
    for (const { client } of targets) await client.run(warmUpCalls);
    const times = targets.map((): number[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const index of targets.keys()) {
        const turn = (index + round) % targets.length;
        times[turn]!.push(await measureRound(targets[turn]!));
      }
    }
    return times;
  } finally {
    process.off('exit', end);
    end();
  }
}

async function start(program: string, contender: string, protocol: WireProtocol): Promise<Target> {
  const child = fork(new URL(program, import.meta.url), [contender]);
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, client: new UnaryClient(port, protocol) };
}

async function measureRound({ process: child, client }: Target): Promise<number> {
  await cpuTime(child);
  await client.run(calls);
  return cpuTime(child);
}

/** CPU time of the process since it was last asked, in microseconds. */
async function cpuTime(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>;
  child.send('how much?');
  const [microseconds] = await answer;
  return microseconds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function interval(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(digits)} ± ${(t95 * Math.sqrt(variance / values.length)).toFixed(digits)}`;
}
