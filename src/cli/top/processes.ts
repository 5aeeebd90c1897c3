import { growth } from '../../core/growth.ts';
import { type Exposition, type KeptFamily, type KeptSample, samplesOf } from '../../decode/exposition.ts';
import { labelOf } from '../../decode/labels.ts';
import type { CallShape } from '../../naming/call-shape.ts';
import { nodeNames } from '../../naming/own/node.ts';
import { processNames } from '../../naming/own/process.ts';
import { processesName, processInfo } from '../../naming/own/processes.ts';
import { readableShapes } from '../../naming/readable-shapes.ts';
import { type Reading, readCalls } from './reading.ts';
import { windowsOf } from './window.ts';

/** One of several processes that answer as one. Null where the endpoint does not say. */
export interface ProcessRow {
  readonly target: string;
  readonly worker: string;
  readonly pid: string | null;
  readonly upSeconds: number | null;
  /** Calls that its servers answered, or those that its clients made where it has no server. */
  readonly ratePerSecond: number | null;
  readonly inFlight: number | null;
  readonly connections: number | null;
  /** Of one core. */
  readonly cpuRatio: number | null;
  readonly loopDelaySeconds: number | null;
  readonly memoryBytes: number | null;
  readonly state: 'alive' | 'late';
}

/** What one scrape by process says of each process, by its number and its pid. */
export type ProcessReadings = ReadonlyMap<string, ProcessReading>;

interface ProcessReading {
  readonly worker: string;
  readonly families: Exposition['families'];
  readonly calls: Reading | undefined;
}

/** Longest query with the names of families; a target with more is asked for all. */
const longestQuery = 4000;

/** What a scrape by process is read for, beside the calls. */
const ofProcesses: readonly string[] = [
  processesName,
  processInfo.name,
  processNames.startTime,
  processNames.cpu,
  processNames.residentMemory,
  nodeNames.loopDelayMax,
];

/** How many processes answer as one; 0 where the exposition does not say. */
export function processesIn({ families }: Exposition): number {
  return samplesOf(families, processesName).reduce((sum, { value }) => sum + value, 0);
}

/** Returns whether a sample of this name says something of processes. */
export function isOfProcesses(name: string): boolean {
  return ofProcesses.includes(name) || connectionNames.some((one) => name.endsWith(one));
}

/** Names of the connections of servers and clients, without a namespace. */
const connectionNames: readonly string[] = readableShapes().flatMap(({ connections }) => connections ?? []);

/** The URL of a scrape by process. `names` are the families of the scrape of the sums that are of interest. */
export function urlByProcess(url: string, names: Iterable<string>): string {
  const asked = new URL(url);
  asked.searchParams.set('by', 'process');
  const whole = asked.href;
  for (const name of new Set([...ofProcesses, ...names])) asked.searchParams.append('name[]', name);
  return asked.href.length <= longestQuery ? asked.href : whole;
}

/** Reads a scrape by process. */
export function readProcesses({ families }: Exposition, shapes?: readonly CallShape[]): ProcessReadings {
  const workers = new Map<string, Map<string, KeptFamily>>();
  for (const [name, family] of families) {
    for (const sample of family.samples) {
      const worker = labelOf(sample.labels, 'worker');
      if (worker === undefined) continue;
      const own = workers.get(worker) ?? new Map<string, KeptFamily>();
      workers.set(worker, own);
      const samples = (own.get(name)?.samples ?? []) as KeptSample[]; // it was made here
      samples.push({ ...sample, labels: sample.labels.filter(([label]) => label !== 'worker') });
      own.set(name, { ...family, samples, size: samples.length });
    }
  }
  const readings = Array.from(workers, ([worker, own]): [string, ProcessReading] => {
    const calls = readCalls({ families: own, problems: [] }, shapes);
    return [`${worker} ${pidOf(own) ?? ''}`, { worker, families: own, calls }];
  });
  // The dead have no state.
  return new Map(readings.filter(([, one]) => samplesOf(one.families, processesName).length > 0));
}

/** What processes did between two scrapes that are `seconds` apart. `date` is that of the later one. */
export function processRows(
  target: string,
  earlier: { readonly processes: ProcessReadings; readonly seconds: number } | undefined,
  later: ProcessReadings,
  date: number | undefined,
): ProcessRow[] {
  const rows = Array.from(later, ([key, reading]): ProcessRow => {
    const { worker, families, calls } = reading;
    const before = earlier?.processes.get(key);
    const value = (name: string) => valueIn(families, name);
    const start = value(processNames.startTime);
    const cpu = value(processNames.cpu);
    return {
      target,
      worker,
      pid: pidOf(families) ?? null,
      upSeconds: start === null || date === undefined ? null : Math.max(date - start, 0),
      ...callsOf(calls, before?.calls, earlier?.seconds),
      connections: connectionsIn(families, sideOf(calls)),
      cpuRatio:
        cpu === null || earlier === undefined
          ? null
          : growth((before && valueIn(before.families, processNames.cpu)) ?? 0, cpu) / earlier.seconds,
      loopDelaySeconds: value(nodeNames.loopDelayMax),
      memoryBytes: value(processNames.residentMemory),
      state: isLate(families) ? 'late' : 'alive',
    };
  });
  return rows.sort((one, other) => Number(one.worker) - Number(other.worker));
}

/** A process that was not there at the earlier scrape has begun since then, and so have its counts. */
function callsOf(
  calls: Reading | undefined,
  before: Reading | undefined,
  seconds: number | undefined,
): Pick<ProcessRow, 'ratePerSecond' | 'inFlight'> {
  if (calls === undefined) return { ratePerSecond: null, inFlight: null };
  const side = sideOf(calls);
  const windows = windowsOf(before?.methods ?? new Map(), calls, seconds ?? 1).filter((window) => window.side === side);
  const inFlight = windows.flatMap((window) => window.inFlight ?? []);
  return {
    ratePerSecond: seconds === undefined ? null : windows.reduce((sum, { rate = 0 }) => sum + rate, 0),
    inFlight: inFlight.length === 0 ? null : inFlight.reduce((sum, one) => sum + one, 0),
  };
}

function sideOf(calls: Reading | undefined): 'server' | 'client' {
  const methods = [...(calls?.methods.values() ?? [])];
  return methods.length === 0 || methods.some(({ side }) => side === 'server') ? 'server' : 'client';
}

function connectionsIn(families: Exposition['families'], side: 'server' | 'client'): number | null {
  const names = readableShapes().flatMap((shape) => (shape.side === side ? (shape.connections ?? []) : []));
  const found = [...families.values()].filter(({ name }) =>
    names.some((one) => name === one || name.endsWith(`_${one}`)),
  );
  const values = found.flatMap(({ samples }) => samples.map(({ value }) => value));
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0);
}

function valueIn(families: Exposition['families'], name: string): number | null {
  const [sample] = samplesOf(families, name);
  return sample !== undefined && Number.isFinite(sample.value) ? sample.value : null;
}

function pidOf(families: Exposition['families']): string | undefined {
  return samplesOf(families, processInfo.name).map(({ labels }) => labelOf(labels, 'pid'))[0];
}

function isLate(families: Exposition['families']): boolean {
  return samplesOf(families, processesName).some(
    ({ labels, value }) => labelOf(labels, 'state') === 'late' && value > 0,
  );
}
