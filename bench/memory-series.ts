import * as prometheusIo from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { GrpcMetrics } from '../src/metrics.ts';

/** What a process is to hold. */
export interface Held {
  readonly library: string;
  readonly type: 'histogram' | 'counter' | 'gauge';
  readonly children: number;
}

/** Bytes per child: JavaScript's heap and what it holds outside. */
export interface Bytes {
  readonly recorded: number;
  /** Once a scrape has been rendered. */
  readonly scraped: number;
  /** What the process has grown by before that scrape: with the allocator's own, and with what it has not given back. */
  readonly resident: number;
}

/** What all libraries call the same. */
interface Family {
  labels(values: Record<string, string>): { inc?(): void; observe?(value: number): void };
}

interface Library {
  family(type: Held['type'], labelNames: readonly string[]): Family;
  scrape(): Promise<unknown>;
}

const name = { histogram: 'wait_seconds', counter: 'jobs_total', gauge: 'queue_jobs' };

const libraries: Readonly<Record<string, () => Library>> = {
  'grpc-vitals': () => {
    const metrics = new GrpcMetrics();
    return {
      family: (type, labelNames) => {
        const spec = { name: name[type], help: 'x', labelNames, maxSeries: Infinity };
        if (type === 'histogram') return metrics.histogram(spec);
        return type === 'counter' ? metrics.counter(spec) : metrics.gauge(spec);
      },
      scrape: () => metrics.render(),
    };
  },
  'prom-client': () => likePromClient(promClient),
  '@prometheus-io/client': () => likePromClient(prometheusIo),
};

function likePromClient({ Registry, Histogram, Counter, Gauge }: typeof promClient | typeof prometheusIo): Library {
  const register = new (Registry as typeof promClient.Registry)(); // the two have the same constructors
  return {
    family(type, labelNames) {
      const spec = { name: name[type], help: 'x', labelNames: [...labelNames], registers: [register] };
      const types = { histogram: Histogram, counter: Counter, gauge: Gauge };
      return new (types[type] as typeof promClient.Histogram)(spec);
    },
    scrape: () => register.metrics(),
  };
}

/** A histogram with 3 labels, or a counter or gauge with 4, one of which differs from child to child. */
async function measure({ library, type, children }: Held): Promise<Bytes> {
  const held = libraries[library]!();
  const common = { zone: 'eu-central-1', pod: 'shop-5d6f7c', ...(type !== 'histogram' && { status: 'OK' }) };
  const metric = held.family(type, ['method', ...Object.keys(common)]);
  const record = (index: number) => {
    // No child is kept here, as its label values are not: what they take is the library's.
    const child = metric.labels({ method: `/shop.v1.Shop/Method${index}`, ...common });
    if (type !== 'histogram') child.inc!();
    else for (let value = 0.001; value < 20; value *= 2.7) child.observe!(value);
  };
  record(-1);
  await held.scrape();
  const before = await used();
  for (let index = 0; index < children; index += 1) record(index);
  const recorded = await used();
  await held.scrape();
  const scraped = await used();
  const per = (bytes: number) => bytes / children;
  return {
    recorded: per(recorded.bytes - before.bytes),
    scraped: per(scraped.bytes - before.bytes),
    resident: per(recorded.resident - before.resident),
  };
}

/** After garbage collection, of what finalizers free too. */
async function used(): Promise<{ bytes: number; resident: number }> {
  for (let times = 0; times < 3; times += 1) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { bytes: heapUsed + external, resident: rss };
}

if (process.send !== undefined) {
  const [, , library, type, children] = process.argv;
  process.send(await measure({ library: library!, type: type as Held['type'], children: Number(children) }));
  process.disconnect();
}
