import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { type Contender, messages, type Spent, service } from './streams-server.ts';

const contenders: readonly Contender[] = ['none', 'an interceptor that does nothing', 'grpc-vitals'];
/** Each with processes of its own: two processes of the same program differ by some percent, for as long as they live. */
const sessions = 8;
const rounds = 6;
const message = Buffer.alloc(100, 'x');
const pass = (bytes: Buffer) => bytes;

interface Kind {
  readonly name: string;
  /** In a round. */
  readonly calls: number;
  readonly call: (client: Client) => Promise<void>;
}

const kinds: readonly Kind[] = [
  { name: 'unary calls', calls: 2000, call: unary },
  { name: `server streams of ${messages} messages`, calls: 150, call: download },
  { name: `client streams of ${messages} messages`, calls: 150, call: upload },
];

interface Target {
  readonly process: ChildProcess;
  readonly client: Client;
}

/**
 * CPU time of a real server's process, all threads, for calls over the loopback: with nothing, with an interceptor that does nothing, and
 * with the library. CPU time and not the clock's: other programs on the machine take turns and not instructions.
 */
export async function streams(): Promise<void> {
  console.log(`\nCPU time of a real server, of one without interceptors: mean of ${sessions} sessions ± 95%`);
  for (const kind of kinds) {
    const ratios = contenders.map((): number[] => []);
    for (let session = 0; session < sessions; session += 1) {
      for (const [index, ratio] of (await measure(kind)).entries()) ratios[index]!.push(ratio);
    }
    console.log(`  ${kind.name}`);
    for (const [index, contender] of contenders.entries()) {
      if (index > 0) console.log(`    ${contender.padEnd(34)} ${interval(ratios[index]!)}`);
    }
  }
}

/** The time of each contender over the first one's, in one session. */
async function measure(kind: Kind): Promise<number[]> {
  const targets: Target[] = [];
  const end = () => {
    for (const { client, process } of targets) {
      client.close();
      process.kill();
    }
  };
  process.once('exit', end);
  try {
    for (const contender of contenders) targets.push(await start(contender));
    const times = targets.map(() => 0);
    for (let round = -2; round < rounds; round += 1) {
      for (const [index] of targets.entries()) {
        const turn = (index + round + 2) % targets.length;
        const time = await measureRound(kind, targets[turn]!);
        if (round >= 0) times[turn]! += time;
      }
    }
    return times.map((time) => time / times[0]!);
  } finally {
    process.off('exit', end);
    end();
  }
}

async function start(contender: Contender): Promise<Target> {
  const child = fork(fileURLToPath(new URL('./streams-server.js', import.meta.url)), [contender]);
  const [port] = (await once(child, 'message')) as [number];
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  return { process: child, client: new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options) };
}

async function measureRound({ calls, call }: Kind, target: Target): Promise<number> {
  await spent(target);
  for (let done = 0; done < calls; done += 10) {
    await Promise.all(Array.from({ length: 10 }, () => call(target.client)));
  }
  return await spent(target);
}

async function spent({ process }: Target): Promise<number> {
  const answer = once(process, 'message') as Promise<[Spent]>;
  process.send('how much?');
  const [{ cpu }] = await answer;
  return cpu;
}

function interval(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(3)} ± ${(1.96 * Math.sqrt(variance / values.length)).toFixed(3)}`;
}

function unary(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(service.Unary.path, pass, pass, message, (error) => (error ? reject(error) : resolve()));
  });
}

function download(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeServerStreamRequest(service.Download.path, pass, pass, message);
    call.on('data', () => {});
    call.on('error', reject);
    call.on('end', resolve);
  });
}

function upload(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest(service.Upload.path, pass, pass, (error) =>
      error ? reject(error) : resolve(),
    );
    for (let index = 0; index < messages; index += 1) call.write(message);
    call.end();
  });
}
