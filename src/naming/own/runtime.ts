import { allNodeNames, nodeNames } from './node.ts';
import { allProcessNames, processNames } from './process.ts';

/** The families of the process that queries and charts show, by what they are. */
export interface RuntimeNames {
  /** Counter, in seconds. */
  readonly cpu: string;
  /** Gauge: the share of the time in which the event loop was busy. */
  readonly loopUtilization: string;
  /** Gauges, in seconds. */
  readonly loopDelayMean: string;
  readonly loopDelayP99: string;
  readonly loopDelayMax: string;
  /** Gauges, in bytes. */
  readonly residentMemory: string;
  readonly heapTotal: string;
  readonly heapUsed: string;
  /** Histogram, in seconds, by kind. */
  readonly garbageCollection: string;
  /** Gauge: when the process started, in seconds since 1970. */
  readonly startTime: string;
}

export const runtimeNames: RuntimeNames = {
  cpu: processNames.cpu,
  residentMemory: processNames.residentMemory,
  startTime: processNames.startTime,
  ...nodeNames,
};

/** Whether the option `runtime` exposes a family of this name. */
export function isRuntimeName(name: string): boolean {
  return allProcessNames.includes(name) || allNodeNames.includes(name);
}

/** Whether a family of this name says something of one process, whoever exposes it. */
export function isOfProcess(name: string): boolean {
  return /^(process|nodejs)_/.test(name);
}
