import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type HeapProfiler, Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { gzip } from 'node:zlib';
import { Counter, Histogram, Registry } from 'prom-client';
import { GrpcMetrics } from '../src/metrics.ts';

/** What a scrape costs the thread that is scraped. */
export interface Cost {
  /** Milliseconds in which the event loop was not idle: rendering, sending, collecting garbage. Not zlib's threads. */
  readonly busy: number;
  /** Longest time between two turns of a timer of 1 ms, in milliseconds. */
  readonly block: number;
  /** Megabytes of JavaScript's heap, by V8's sampling; 0 where it was not asked for. */
  readonly allocated: number;
}

/** What both libraries call the same. */
interface Series {
  labels(values: Record<string, string>): { inc?(): void; observe?(value: number): void };
}
type Declare = (type: 'counter' | 'histogram', name: string, help: string, labelNames: readonly string[]) => Series;

/** Half of the lines in histograms with 11 buckets (14 lines each), half in counters with 4 labels. */
function fill(lines: number, declare: Declare): void {
  const histogram = declare('histogram', 'request_duration_seconds', 'Duration', ['method', 'zone', 'pod']);
  for (let index = 0; index < lines / 28; index += 1) {
    const series = histogram.labels({
      method: `/shop.v1.Shop/Method${index}`,
      zone: 'eu-central-1',
      pod: 'shop-5d6f7c',
    });
    for (let value = 0.001; value < 20; value *= 2.7) series.observe!(value);
  }
  const counter = declare('counter', 'requests_total', 'Requests', ['method', 'status', 'zone', 'pod']);
  for (let index = 0; index < lines / 2; index += 1) {
    const labels = { method: `/shop.v1.Shop/Method${index}`, status: 'OK', zone: 'eu-central-1', pod: 'shop-5d6f7c' };
    counter.labels(labels).inc!();
  }
}

const handlers: Readonly<Record<string, (lines: number) => RequestListener>> = {
  'prom-client': (lines) => {
    const register = new Registry();
    fill(lines, (type, name, help, labelNames) => {
      const spec = { name, help, labelNames: [...labelNames], registers: [register] };
      return type === 'counter' ? new Counter(spec) : new Histogram(spec);
    });
    const compress = promisify<string, { level: number }, Uint8Array>(gzip);
    const answer: (...of: Parameters<RequestListener>) => Promise<void> = async (_request, response) => {
      const body = await compress(await register.metrics(), { level: 1 });
      response.setHeader('Content-Type', register.contentType);
      response.setHeader('Content-Encoding', 'gzip');
      response.end(body);
    };
    return (request, response) => void answer(request, response);
  },
  'grpc-vitals': (lines) => {
    const metrics = new GrpcMetrics();
    fill(lines, (type, name, help, labelNames) =>
      type === 'counter' ? metrics.counter({ name, help, labelNames }) : metrics.histogram({ name, help, labelNames }),
    );
    return metrics.handler();
  },
};

/** In a worker: says its port, and then for each scrape what it cost from the message before to the one after. */
async function serve(contender: string, lines: number): Promise<void> {
  const server = createServer(handlers[contender]!(lines)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = new Session();
  session.connect();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  parentPort!.postMessage((server.address() as AddressInfo).port); // it listens on TCP
  for (;;) {
    const [sample] = (await once(parentPort!, 'message')) as [boolean];
    if (sample) {
      await session.post('HeapProfiler.startSampling', {
        samplingInterval: 16_384,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
    }
    delay.reset();
    const before = performance.eventLoopUtilization();
    parentPort!.postMessage('ready');
    await once(parentPort!, 'message');
    const { active } = performance.eventLoopUtilization(before);
    const block = delay.max / 1e6;
    let allocated = 0;
    if (sample) {
      const { profile } = await session.post('HeapProfiler.stopSampling');
      allocated = bytes(profile.head) / 1e6;
    }
    parentPort!.postMessage({ busy: active, block, allocated } satisfies Cost);
  }
}

function bytes({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + bytes(child), selfSize);
}

if (parentPort !== null) {
  const { contender, lines } = workerData as { contender: string; lines: number };
  await serve(contender, lines);
}
