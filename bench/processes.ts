import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GrpcMetrics } from '../src/index.ts';
import { partsOf } from '../src/metrics.ts';
import { findBase } from '../src/processes/folder.ts';
import { beginCall, endCall, receivedMessage, sentMessage } from '../src/rpc/call.ts';
import { newCall } from '../src/rpc/call-state.ts';
import { type Contenders, compare, print, serve, spread } from './compare.ts';
import type { Order } from './processes-cluster.ts';

const libraries = ['grpc-vitals', 'prom-client', '@prometheus-io/client'];
const sizes: [lines: number, rounds: number][] = [
  [10_000, 31],
  [50_000, 11],
];

/** Four workers of node:cluster, and what a turn of the event loop costs. */
export async function processes(): Promise<void> {
  print('A turn of the event loop: 100 methods, 20 unary calls, each of another one', await compareTurns());
  for (const [lines, rounds] of sizes) await compareClusters(lines, rounds);
}

/** Turns of a service; with a folder they are written to a book. */
function turns(folder?: string): (times: number) => Promise<void> {
  let next = 0;
  const metrics = new GrpcMetrics(folder === undefined ? {} : { processes: { folder } });
  const { server } = partsOf(metrics);
  const methods = Array.from({ length: 100 }, (_, index) => server.method(`/bench.v1.Bench/Method${index}`)!);
  return async (times) => {
    for (let turn = 0; turn < times; turn += 1) {
      for (let calls = 0; calls < 20; calls += 1) {
        next = (next + 37) % 100;
        const call = newCall(server, methods[next]!, () => Infinity);
        beginCall(call);
        receivedMessage(call);
        sentMessage(call);
        endCall(call, 0);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

const lazily = (make: () => (times: number) => Promise<void>) => {
  let run: ((times: number) => Promise<void>) | undefined;
  return (times: number) => {
    run ??= make();
    return run(times);
  };
};

const contenders: Contenders = {
  'without processes': lazily(() => turns()),
  'with processes: true': lazily(() => {
    const folder = mkdtempSync(join(findBase().path, 'bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return turns(folder);
  }),
};

serve(contenders);

function compareTurns(): ReturnType<typeof compare> {
  return compare(import.meta.url, contenders, { times: 2000, rounds: 31, warmups: 5 });
}

/** Each cluster is scraped in turn, round after round; before each scrape series count in every process. */
async function compareClusters(lines: number, rounds: number): Promise<void> {
  console.log(
    `\nFour workers of node:cluster with ${lines.toLocaleString('en')} lines each: one scrape, not compressed`,
  );
  const ports = await Promise.all(libraries.map(freePort));
  const program = fileURLToPath(new URL('./processes-cluster.js', import.meta.url));
  const clusters = libraries.map((library, index) => fork(program, [library, String(lines), String(ports[index])]));
  await Promise.all(clusters.map((child) => once(child, 'message')));
  await sleep(3000);
  const firsts: number[] = [];
  for (const port of ports) firsts.push(await scrape(port, lines));
  for (const [name, countEvery] of [
    ['one series in 20 has changed', 20],
    ['all series have changed', 1],
  ] as const) {
    const measured = libraries.map(() => ({ complete: [] as number[], block: [] as number[] }));
    for (let round = -10; round < rounds; round += 1) {
      for (const [index, child] of clusters.entries()) {
        await order(child, { countEvery });
        await sleep(20);
        await order(child, 'report');
        const complete = await scrape(ports[index]!, lines);
        const block = await order(child, 'report');
        if (round < 0) continue;
        measured[index]!.complete.push(complete);
        measured[index]!.block.push(block);
      }
    }
    console.log(`  ${name}`);
    printClusters(measured);
  }
  console.log(
    `  the first scrape: ${libraries.map((name, index) => `${name} ${firsts[index]!.toFixed(0)} ms`).join(', ')}`,
  );
  for (const child of clusters) child.kill('SIGKILL');
}

function printClusters(measured: readonly { readonly complete: number[]; readonly block: number[] }[]): void {
  const ours = measured[0]!.complete;
  for (const [index, { complete, block }] of measured.entries()) {
    const { median, min, max } = spread(complete.map((milliseconds, round) => milliseconds / ours[round]!));
    const own = spread(complete);
    const times = `${own.median.toFixed(1)} ms (${own.min.toFixed(1)} to ${own.max.toFixed(1)}) to the last byte`;
    const ratio = `x ${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
    const held = spread(block);
    const longest = `longest block of any process ${held.median.toFixed(1)} ms (${held.min.toFixed(1)} to ${held.max.toFixed(1)})`;
    console.log(`    ${libraries[index]!.padEnd(24)} ${times}, ${ratio}, ${longest}`);
  }
}

async function order(child: ChildProcess, what: Order): Promise<number> {
  const answer = once(child, 'message');
  child.send(what);
  return (await answer)[0] as number;
}

/** Milliseconds from the connection to the last byte, over a socket: Node's client of HTTP would add to both sides of a ratio. */
async function scrape(port: number, lines: number): Promise<number> {
  const chunks: Buffer[] = [];
  const start = performance.now();
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await once(socket, 'end');
  const milliseconds = performance.now() - start;
  const found = Buffer.concat(chunks).toString('latin1').split('\njobs_total').length - 1;
  if (found < lines * 0.99) throw new Error(`the scrape has ${found} of ${lines} lines`);
  return milliseconds;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
}
