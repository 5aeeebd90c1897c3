import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GrpcMetrics } from '../src/index.ts';
import { partsOf } from '../src/metrics.ts';
import { findBase } from '../src/processes/folder.ts';
import { beginCall, endCall, receivedMessage, sentMessage } from '../src/rpc/call.ts';
import { newCall } from '../src/rpc/call-state.ts';
import { type Contenders, compare, print, serve, spread } from './compare.ts';

const libraries = ['grpc-vitals', 'prom-client', '@prometheus-io/client'];
const sizes: [lines: number, rounds: number][] = [
  [10_000, 15],
  [50_000, 7],
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

async function compareClusters(lines: number, rounds: number): Promise<void> {
  console.log(`\nFour workers of node:cluster with ${lines.toLocaleString('en')} lines each: one scrape`);
  const ports = await Promise.all(libraries.map(freePort));
  const program = fileURLToPath(new URL('./processes-cluster.js', import.meta.url));
  const clusters = libraries.map((library, index) => fork(program, [library, String(lines), String(ports[index])]));
  await Promise.all(clusters.map((child) => once(child, 'message')));
  await sleep(3000);
  const measured = libraries.map(() => ({ complete: [] as number[], block: [] as number[] }));
  for (let round = -2; round < rounds; round += 1) {
    for (const [index, child] of clusters.entries()) {
      child.send('report');
      await once(child, 'message');
      const complete = await scrape(ports[index]!, lines);
      child.send('report');
      const [block] = (await once(child, 'message')) as [number];
      if (round < 0) continue;
      measured[index]!.complete.push(complete);
      measured[index]!.block.push(block);
    }
  }
  const ours = measured[0]!.complete;
  for (const [index, { complete, block }] of measured.entries()) {
    const { median, min, max } = spread(complete.map((milliseconds, round) => milliseconds / ours[round]!));
    const times = `${spread(complete).median.toFixed(1)} ms to the last byte, x ${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`;
    console.log(
      `  ${libraries[index]!.padEnd(24)} ${times}, longest block of any process ${spread(block).median.toFixed(1)} ms`,
    );
  }
  for (const child of clusters) child.kill('SIGKILL');
}

/** Milliseconds to the last byte. */
async function scrape(port: number, lines: number): Promise<number> {
  const start = performance.now();
  const [response] = (await once(get({ port, path: '/metrics', agent: false }), 'response')) as [IncomingMessage];
  let found = 0;
  for await (const chunk of response) found += (chunk as Buffer).toString('latin1').split('\njobs_total').length - 1;
  const milliseconds = performance.now() - start;
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
