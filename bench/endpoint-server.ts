import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@grpc/grpc-js';
import { instrument } from 'grpc-vitals'; // as it is shipped, with the page in it
import { Counter, Registry } from 'prom-client';
import { bindEchoes } from './echoes.ts';

/** Where a service answers. */
export interface Ports {
  readonly grpc: number;
  readonly metrics: number;
}

/** What a service says of itself when it is asked; what is longest or most is since it was asked last. */
export interface State {
  /** Longest time between two runs of a timer that is due every 5 ms, in milliseconds of the clock. */
  readonly longestBlock: number;
  /** The same in milliseconds of processor time: without what other processes of the machine took. */
  readonly longestWork: number;
  /** Megabytes. */
  readonly resident: number;
  readonly mostResident: number;
  readonly descriptors: number;
}

const libraries: Readonly<Record<string, (server: Server, lines: number) => Promise<number>>> = {
  'grpc-vitals': async (server, lines) => {
    const metrics = instrument(server);
    const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames, maxSeries: Infinity });
    fill(lines, (labels) => jobs.labels(labels).inc());
    return (await metrics.expose({ port: 0, host: '127.0.0.1' })).port;
  },
  /** As its documentation has it. */
  'prom-client': async (_server, lines) => {
    const register = new Registry();
    const jobs = new Counter({ name: 'jobs_total', help: 'Jobs', labelNames: [...labelNames], registers: [register] });
    fill(lines, (labels) => jobs.labels(labels).inc());
    const answer = async (response: { setHeader(name: string, value: string): void; end(text: string): void }) => {
      response.setHeader('Content-Type', register.contentType);
      response.end(await register.metrics());
    };
    const endpoint = createServer((_request, response) => void answer(response)).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    return (endpoint.address() as AddressInfo).port; // it listens on TCP
  },
};

const labelNames = ['method', 'status', 'zone', 'pod'] as const;

function fill(lines: number, add: (labels: Record<(typeof labelNames)[number], string>) => void): void {
  for (let line = 0; line < lines; line += 1) {
    add({ method: `/shop.v1.Shop/Method${line}`, status: 'OK', zone: 'eu-central-1', pod: 'shop-5d6f7c' });
  }
}

/** Of the main thread where Node can say so (23.9 and later), else of all threads. */
function cpuMilliseconds(): number {
  const main = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  const { user, system } = main.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

/** In a process of its own. */
async function serve(library: string, lines: number): Promise<void> {
  const server = new Server();
  await serveEchoes(server, await libraries[library]!(server, lines));
}

/** Echoes unary calls, says how the process is, and ends with its parent. `metrics` is the port of the endpoint. */
export async function serveEchoes(server: Server, metrics: number): Promise<void> {
  process.once('disconnect', () => process.exit());
  const grpc = await bindEchoes(server);
  let longest = { block: 0, work: 0 };
  let most = 0;
  let last = { at: performance.now(), cpu: cpuMilliseconds() };
  setInterval(() => {
    const now = { at: performance.now(), cpu: cpuMilliseconds() };
    const block = now.at - last.at;
    longest = {
      block: Math.max(longest.block, block),
      work: Math.max(longest.work, Math.min(block, now.cpu - last.cpu)),
    };
    last = now;
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  process.on('message', () => {
    process.send!({
      longestBlock: longest.block,
      longestWork: longest.work,
      resident: process.memoryUsage.rss() / 1e6,
      mostResident: most / 1e6,
      descriptors: readdirSync('/proc/self/fd').length,
    } satisfies State);
    longest = { block: 0, work: 0 };
    most = 0;
  });
  process.send!({ grpc, metrics } satisfies Ports);
}

if (process.send !== undefined && Object.hasOwn(libraries, process.argv[2] ?? '')) {
  const [, , library, lines] = process.argv;
  await serve(library!, Number(lines));
}
