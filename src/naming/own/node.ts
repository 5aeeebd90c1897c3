import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import { Histogram } from '../../core/histogram.ts';
import type { Collector } from '../../core/registry.ts';
import type { LiveFamily, NumberSeries } from '../../core/snapshot.ts';
import { type DelayOptions, EventLoopDelay } from './event-loop-delay.ts';

/** Names are those of prom-client's default metrics, so that its dashboards fit: https://github.com/siimon/prom-client */
const lag = {
  name: 'nodejs_eventloop_lag_seconds',
  type: 'gauge',
  help: 'Mean event loop lag in the last 15 to 30 seconds',
} as const;
const lagP99 = {
  name: 'nodejs_eventloop_lag_p99_seconds',
  type: 'gauge',
  help: '99th percentile of the event loop lag in the last 15 to 30 seconds',
} as const;
const lagMax = {
  name: 'nodejs_eventloop_lag_max_seconds',
  type: 'gauge',
  help: 'Maximum event loop lag in the last 15 to 30 seconds',
} as const;
/** Not one of prom-client's: it has no name for what is counted since the start. */
const delay = {
  name: 'nodejs_eventloop_delay_seconds',
  type: 'histogram',
  help: 'Delay of a timer that expires every 10 ms',
} as const;
const busy = {
  name: 'nodejs_eventloop_utilization_ratio',
  type: 'gauge',
  help: 'Share of time in which the event loop was busy',
} as const;
const heapTotal = { name: 'nodejs_heap_size_total_bytes', type: 'gauge', help: 'Heap size' } as const;
const heapUsed = {
  name: 'nodejs_heap_size_used_bytes',
  type: 'gauge',
  help: 'Heap size in use',
} as const;
const external = {
  name: 'nodejs_external_memory_bytes',
  type: 'gauge',
  help: 'Memory of objects outside the heap, such as buffers',
} as const;
const resources = {
  name: 'nodejs_active_resources',
  type: 'gauge',
  help: 'Resources that keep the event loop alive, by type',
} as const;
const garbage = {
  name: 'nodejs_gc_duration_seconds',
  type: 'histogram',
  help: 'Garbage collection duration, by kind',
} as const;
const version = { name: 'nodejs_version_info', type: 'gauge', help: 'Node.js version' } as const;

/** From the call that made it until `stop` it samples; what it has collected until then stays. */
export interface NodeMetrics extends Collector {
  stop(): void;
}

/** Seconds; garbage collections take microseconds to tenths of a second. */
const garbageBuckets: readonly number[] = [0.001, 0.01, 0.1, 1, 2, 5];

const kinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

const lagFamilies = [lag, lagP99, lagMax];
const innerFamilies = [heapTotal, heapUsed, external, resources, garbage, version];

/**
 * Node.js as it sees itself: event loop, heap, garbage collection, open resources.
 *
 * From the call on it samples the delay of the event loop and listens for garbage collections. Neither keeps the
 * process alive.
 */
export function nodeMetrics(options?: DelayOptions): NodeMetrics {
  const sampler = new EventLoopDelay(options);
  const inner = nodeInternals();
  return {
    families: [...lagFamilies, delay, ...innerFamilies],
    collect: () => [...lagOf(sampler), { ...delay, series: [sampler.histogram()] }, ...inner.collect()],
    stop: () => {
      sampler.stop();
      inner.stop();
    },
  };
}

/** The lag of the event loop alone. It samples from the call on. */
export function nodeLag(options: DelayOptions): NodeMetrics {
  const sampler = new EventLoopDelay(options);
  return { families: lagFamilies, collect: () => lagOf(sampler), stop: () => sampler.stop() };
}

/** Heap, garbage collection and open resources. It listens for garbage collections from the call on. */
export function nodeInternals(): NodeMetrics {
  const { durations: collections, stop } = observeGarbage();
  return {
    families: innerFamilies,
    collect: () => [
      ...nodeMemory(),
      { ...resources, series: activeResources() },
      { ...garbage, series: Array.from(collections, ([kind, durations]) => durations.live({ kind })) },
      { ...version, series: [{ labels: { version: process.version }, value: 1 }] },
    ],
    stop,
  };
}

function lagOf(sampler: EventLoopDelay): LiveFamily[] {
  const { mean, p99, max } = sampler.summary();
  return [
    { ...lag, series: one(mean) },
    { ...lagP99, series: one(p99) },
    { ...lagMax, series: one(max) },
  ];
}

/** What of it costs nothing but to be asked for. */
export function nodeMemory(): LiveFamily[] {
  const memory = process.memoryUsage();
  return [
    { ...heapTotal, series: one(memory.heapTotal) },
    { ...heapUsed, series: one(memory.heapUsed) },
    { ...external, series: one(memory.external) },
  ];
}

/** The share of its time since it was asked last in which the event loop was busy, which costs as little. Each has its own last time. */
export function loopUtilization(): () => LiveFamily {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return { ...busy, series: one(utilization) };
  };
}

/** The names of families that queries and charts show. */
export const nodeNames: Readonly<
  Record<
    | 'loopUtilization'
    | 'loopDelayMean'
    | 'loopDelayP99'
    | 'loopDelayMax'
    | 'heapTotal'
    | 'heapUsed'
    | 'garbageCollection',
    string
  >
> = {
  loopUtilization: busy.name,
  loopDelayMean: lag.name,
  loopDelayP99: lagP99.name,
  loopDelayMax: lagMax.name,
  heapTotal: heapTotal.name,
  heapUsed: heapUsed.name,
  garbageCollection: garbage.name,
};

export const allNodeNames: readonly string[] = [...lagFamilies, ...innerFamilies, busy].map(({ name }) => name);

function one(value: number): readonly NumberSeries[] {
  return [{ labels: {}, value }];
}

function activeResources(): NumberSeries[] {
  const byType = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) byType.set(type, (byType.get(type) ?? 0) + 1);
  return Array.from(byType, ([type, value]) => ({ labels: { type }, value }));
}

function observeGarbage(): { readonly durations: ReadonlyMap<string, Histogram>; readonly stop: () => void } {
  const durations = new Map(Object.values(kinds).map((kind) => [kind, new Histogram(garbageBuckets, () => {})]));
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail; // as Node documents entries of this type
      durations.get(kinds[kind] ?? '')?.observe(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { durations, stop: () => observer.disconnect() };
}
