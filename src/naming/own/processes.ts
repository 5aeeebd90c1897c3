import type { Collector } from '../../core/registry.ts';
import type { LiveFamily } from '../../core/snapshot.ts';
import { processNames } from './process.ts';

/** What is known of the processes of a service. */
export interface ProcessesNumbers {
  /** Processes that are at work, and those that have not been for a while: blocked, stopped, or of another namespace. */
  readonly alive: number;
  readonly late: number;
  /** Processes that died without ending by themselves. */
  readonly deaths: number;
  /** Seconds since the process that has been silent for longest was at work. */
  readonly oldestSeconds: number;
  /** Of all books together. */
  readonly bytes: number;
  /** Books that this process cannot read. */
  readonly unreadable: number;
  /** When the service began, in seconds since 1970. */
  readonly since: number;
}

const processes = {
  name: 'grpc_vitals_processes',
  type: 'gauge',
  help: 'Processes of this service, by state: alive, or late if it has not written for 5 seconds',
} as const;
const deaths = {
  name: 'grpc_vitals_process_deaths_total',
  type: 'counter',
  help: 'Processes of this service that died without an orderly end',
} as const;
const oldest = {
  name: 'grpc_vitals_oldest_book_age_seconds',
  type: 'gauge',
  help: 'Time since the process that has been silent for longest wrote its numbers',
} as const;
const bytes = {
  name: 'grpc_vitals_books_bytes',
  type: 'gauge',
  help: 'Size of the files in which the processes of this service keep their numbers',
} as const;
const unreadable = {
  name: 'grpc_vitals_unreadable_books',
  type: 'gauge',
  help: 'Processes of this service whose numbers cannot be read and are missing here',
} as const;

/** How many processes there are, by state. */
export const processesName: string = processes.name;

/** Says which process a worker is. Without series. */
export const processInfo: LiveFamily = {
  name: 'grpc_vitals_process_info',
  type: 'gauge',
  help: 'Which process a worker is',
  series: [],
};

/** A thread that is not the main one has the number of the thread, too. */
export function infoOfProcess({ pid, thread }: { readonly pid: number; readonly thread: number }): LiveFamily {
  const isMain = thread === pid || thread === 0;
  const labels = { pid: String(pid), ...(!isMain && { thread: String(thread) }) };
  return { ...processInfo, series: [{ labels, value: 1 }] };
}

/** What the library says of the processes of a service, or of some of them: only what is known. */
export function processesOf(read: () => Partial<ProcessesNumbers>): Collector {
  return {
    families: [processes, deaths, oldest, bytes, unreadable],
    collect: () => {
      const numbers = read();
      const one = (value: number | undefined, labels = {}) => (value === undefined ? [] : [{ labels, value }]);
      return [
        {
          ...processes,
          series: [...one(numbers.alive, { state: 'alive' }), ...one(numbers.late, { state: 'late' })],
        },
        { ...deaths, series: one(numbers.deaths) },
        { ...oldest, series: one(numbers.oldestSeconds) },
        { ...bytes, series: one(numbers.bytes) },
        { ...unreadable, series: one(numbers.unreadable) },
      ];
    },
  };
}

/** The metrics of each process, and the start of the service beside the starts of its processes. */
export function withServiceStart(families: readonly LiveFamily[], since: number): LiveFamily[] {
  return families.map((family) => {
    if (family.name !== processNames.startTime) return family;
    return { ...family, series: [{ labels: {}, value: since }, ...family.series] };
  });
}
