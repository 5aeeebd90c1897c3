import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Collector } from '../../core/registry.ts';
import type { MetricFamily } from '../../core/snapshot.ts';

/** Names and meanings are those that all of Prometheus's client libraries share: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics */
const cpu = {
  name: 'process_cpu_seconds_total',
  type: 'counter',
  help: 'Total user and system CPU time spent in seconds',
} as const;
const resident = {
  name: 'process_resident_memory_bytes',
  type: 'gauge',
  help: 'Resident memory size in bytes',
} as const;
const virtual = {
  name: 'process_virtual_memory_bytes',
  type: 'gauge',
  help: 'Virtual memory size in bytes',
} as const;
const openFds = { name: 'process_open_fds', type: 'gauge', help: 'Number of open file descriptors' } as const;
const maxFds = { name: 'process_max_fds', type: 'gauge', help: 'Maximum number of open file descriptors' } as const;
const startTime = {
  name: 'process_start_time_seconds',
  type: 'gauge',
  help: 'Start time of the process since unix epoch in seconds',
} as const;

const families = [cpu, resident, virtual, openFds, maxFds, startTime];

/** The process as the operating system sees it. What only Linux's `/proc` tells is left out elsewhere. */
export function processMetrics(): Collector {
  return {
    families,
    collect: () => {
      return [
        ...processUsage(),
        family(virtual, fromProc(virtualBytes)),
        family(openFds, fromProc(countFds)),
        family(maxFds, fromProc(limitOfFds)),
        family(startTime, performance.timeOrigin / 1000),
      ];
    },
  };
}

/** What of it tells processes of a service apart. */
export function processEssentials(): Collector {
  return {
    families: [cpu, resident, startTime],
    collect: () => [...processUsage(), family(startTime, performance.timeOrigin / 1000)],
  };
}

/** What of it costs nothing but to be asked for. */
export function processUsage(): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  return [family(cpu, (user + system) / 1e6), family(resident, process.memoryUsage.rss())];
}

/** Which process this is. In Kubernetes the name of the machine is the name of the pod. */
export function processIdentity(): {
  readonly host: string;
  readonly pid: number;
  readonly node: string;
  readonly startedAt: number;
} {
  return { host: hostname(), pid: process.pid, node: process.version, startedAt: performance.timeOrigin / 1000 };
}

/** The names of all families of the process. */
export const allProcessNames: readonly string[] = families.map(({ name }) => name);

/** Whether a family of this name is of the process, and not of one of its threads. */
export function isProcessName(name: string): boolean {
  return allProcessNames.includes(name);
}

/** The names of families that others read. */
export const processNames: Readonly<Record<'cpu' | 'residentMemory' | 'startTime', string>> = {
  cpu: cpu.name,
  residentMemory: resident.name,
  startTime: startTime.name,
};

function family(
  head: Pick<MetricFamily, 'name' | 'help'> & { type: 'counter' | 'gauge' },
  value?: number,
): MetricFamily {
  return { ...head, series: value === undefined ? [] : [{ labels: {}, value }] };
}

function fromProc(read: () => number): number | undefined {
  try {
    const value = read();
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined; // No /proc, or not readable: the system does not tell.
  }
}

function virtualBytes(): number {
  return Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

/** The descriptor that reads the directory is one of them: it is not counted. */
function countFds(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/** The soft limit; NaN, and so left out, where there is none. */
function limitOfFds(): number {
  return Number(/^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
}
