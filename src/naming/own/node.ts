import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { Histogram } from '../../core/histogram.ts';
import type { Collector } from '../../core/registry.ts';
import type { LiveFamily, NumberSeries } from '../../core/snapshot.ts';

/** Names are those of prom-client's default metrics, so that its dashboards fit: https://github.com/siimon/prom-client */
const lag = {
  name: 'nodejs_eventloop_lag_seconds',
  type: 'gauge',
  help: 'Mean lag of the event loop since the last scrape in seconds',
} as const;
const lagP99 = {
  name: 'nodejs_eventloop_lag_p99_seconds',
  type: 'gauge',
  help: '99th percentile of the event loop lag since the last scrape in seconds',
} as const;
const lagMax = {
  name: 'nodejs_eventloop_lag_max_seconds',
  type: 'gauge',
  help: 'Longest lag of the event loop since the last scrape in seconds',
} as const;
const busy = {
  name: 'nodejs_eventloop_utilization_ratio',
  type: 'gauge',
  help: 'Share of its time in which the event loop was busy, since it was last asked',
} as const;
const heapTotal = { name: 'nodejs_heap_size_total_bytes', type: 'gauge', help: 'Size of the heap in bytes' } as const;
const heapUsed = {
  name: 'nodejs_heap_size_used_bytes',
  type: 'gauge',
  help: 'Used part of the heap in bytes',
} as const;
const external = {
  name: 'nodejs_external_memory_bytes',
  type: 'gauge',
  help: 'Memory of objects outside the heap in bytes',
} as const;
const resources = {
  name: 'nodejs_active_resources',
  type: 'gauge',
  help: 'Resources that keep the event loop alive by type',
} as const;
const garbage = {
  name: 'nodejs_gc_duration_seconds',
  type: 'histogram',
  help: 'Garbage collections by kind: major, minor, incremental or weakcb, in seconds',
} as const;
const version = { name: 'nodejs_version_info', type: 'gauge', help: 'Version of Node.js' } as const;

/** From the call that made it until `stop` it samples; what it has collected until then stays. */
export interface NodeMetrics extends Collector {
  stop(): void;
}

export interface NodeOptions {
  /** The event loop's delay is sampled this often, in milliseconds: at 10 it costs two thirds of a percent of a core, at 50 a seventh. */
  readonly resolution?: number;
}

/** Seconds; garbage collections take microseconds to tenths of a second. */
const garbageBuckets: readonly number[] = [0.001, 0.01, 0.1, 1, 2, 5];

const kinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

const families = [lag, lagP99, lagMax, heapTotal, heapUsed, external, resources, garbage, version];

/**
 * Node.js as it sees itself: event loop, heap, garbage collection, what is open.
 *
 * From the call on it samples the event loop's delay and listens for garbage collections; neither keeps the process alive.
 */
export function nodeMetrics({ resolution = 10 }: NodeOptions = {}): NodeMetrics {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const { durations: collections, stop: stopObserving } = observeGarbage();
  return {
    families,
    collect: () => {
      // An idle loop is sampled once every `resolution`: what is beyond that is lag.
      const seconds = (nanoseconds: number) => Math.max((nanoseconds || 0) / 1e9 - resolution / 1000, 0);
      const lags = [seconds(delay.mean), seconds(delay.percentile(99)), seconds(delay.max)] as const;
      delay.reset();
      return [
        { ...lag, series: one(lags[0]) },
        { ...lagP99, series: one(lags[1]) },
        { ...lagMax, series: one(lags[2]) },
        ...nodeMemory(),
        { ...resources, series: activeResources() },
        { ...garbage, series: Array.from(collections, ([kind, durations]) => durations.live({ kind })) },
        { ...version, series: [{ labels: { version: process.version }, value: 1 }] },
      ];
    },
    stop: () => {
      delay.disable();
      stopObserving();
    },
  };
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

/** Names of what a chart of the process shows. */
export const nodeNames: Readonly<Record<'lag' | 'heapUsed' | 'garbage', string>> = {
  lag: lagP99.name,
  heapUsed: heapUsed.name,
  garbage: garbage.name,
};

/** Names of all that is told here. */
export const allNodeNames: readonly string[] = [...families, busy].map(({ name }) => name);

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
