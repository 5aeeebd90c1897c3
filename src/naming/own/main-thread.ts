import type { Collector } from '../../core/registry.ts';

const blocked = {
  name: 'grpc_vitals_main_thread_blocked_seconds',
  type: 'gauge',
  help: 'Time for which the main thread of the process that answers has been blocked; 0 while it is at work',
} as const;

/** The gauge's name. */
export const blockedName: string = blocked.name;

/** What the thread of an endpoint says of the main thread. */
export function mainThread(seconds: () => number): Collector {
  return { families: [blocked], collect: () => [{ ...blocked, series: [{ labels: {}, value: seconds() }] }] };
}
