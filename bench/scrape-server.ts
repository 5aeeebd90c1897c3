import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type HeapProfiler, Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { gzip } from 'node:zlib';
import { type Attributes, metrics as openTelemetry } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
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

/** How a library declares a metric: gives what counts or observes one value of the series with these labels. */
type Declare = (
  type: 'counter' | 'histogram',
  spec: { name: string; help: string; labelNames: string[] },
) => (labels: Record<string, string>, value: number) => void;

/** Half of the lines in histograms with 11 buckets (14 lines each), half in counters with 4 labels. */
function fill(lines: number, declare: Declare): void {
  const durations = { name: 'request_duration_seconds', help: 'Duration', labelNames: ['method', 'zone', 'pod'] };
  const observe = declare('histogram', durations);
  for (let index = 0; index < lines / 28; index += 1) {
    const labels = { method: `/shop.v1.Shop/Method${index}`, zone: 'eu-central-1', pod: 'shop-5d6f7c' };
    for (let value = 0.001; value < 20; value *= 2.7) observe(labels, value);
  }
  const requests = { name: 'requests_total', help: 'Requests', labelNames: ['method', 'status', 'zone', 'pod'] };
  const count = declare('counter', requests);
  for (let index = 0; index < lines / 2; index += 1) {
    const method = `/shop.v1.Shop/Method${index}`;
    count({ method, status: 'OK', zone: 'eu-central-1', pod: 'shop-5d6f7c' }, 1);
  }
}

/** prom-client and its successor share their API. */
function promClientHandler({ Counter, Histogram, Registry }: typeof promClient, lines: number): RequestListener {
  const register = new Registry();
  fill(lines, (type, spec) => {
    if (type === 'counter') {
      const counter = new Counter({ ...spec, registers: [register] });
      return (labels, value) => counter.inc(labels, value);
    }
    const histogram = new Histogram({ ...spec, registers: [register] });
    return (labels, value) => histogram.observe(labels, value);
  });
  return compressing(async () => ({ contentType: register.contentType, text: await register.metrics() }));
}

/** What people write around a library that compresses nothing. */
function compressing(metrics: () => Promise<{ contentType: string; text: string }>): RequestListener {
  const compress = promisify<string, { level: number }, Uint8Array>(gzip);
  const answer: (...of: Parameters<RequestListener>) => Promise<void> = async (_request, response) => {
    const { contentType, text } = await metrics();
    const body = await compress(text, { level: 1 });
    response.setHeader('Content-Type', contentType);
    response.setHeader('Content-Encoding', 'gzip');
    response.end(body);
  };
  return (request, response) => void answer(request, response);
}

const handlers: Readonly<Record<string, (lines: number) => RequestListener>> = {
  'prom-client': (lines) => promClientHandler(promClient, lines),
  // Its types differ from prom-client's where this does not go.
  '@prometheus-io/client': (lines) => promClientHandler(successor as unknown as typeof promClient, lines),
  OpenTelemetry: (lines) => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const serializer = new PrometheusSerializer();
    openTelemetry.setGlobalMeterProvider(
      new MeterProvider({ readers: [exporter], views: [{ instrumentName: '*', aggregationCardinalityLimit: lines }] }),
    );
    const meter = openTelemetry.getMeter('bench');
    fill(lines, (type, { name, help }) => {
      const options = { description: help, advice: { explicitBucketBoundaries: [...bounds] } };
      if (type === 'counter') {
        const counter = meter.createCounter(name, { description: help });
        return (labels: Attributes, value) => counter.add(value, labels);
      }
      const histogram = meter.createHistogram(name, options);
      return (labels: Attributes, value) => histogram.record(value, labels);
    });
    return compressing(async () => {
      const { resourceMetrics } = await exporter.collect();
      return { contentType: 'text/plain; charset=utf-8', text: serializer.serialize(resourceMetrics) };
    });
  },
  'grpc-vitals': (lines) => {
    const metrics = new GrpcMetrics();
    fill(lines, (type, spec) => {
      if (type === 'counter') {
        const counter = metrics.counter({ ...spec, maxSeries: Infinity });
        return (labels, value) => counter.labels(labels).inc(value);
      }
      const histogram = metrics.histogram({ ...spec, maxSeries: Infinity });
      return (labels, value) => histogram.labels(labels).observe(value);
    });
    return metrics.handler();
  },
};

const bounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

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
    const block = Math.max(delay.max / 1e6, 1); // no sample is less than its timer
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
