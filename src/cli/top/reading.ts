import { type Exposition, type Sample, samplesOf } from '../../decode/exposition.ts';
import { type LabelPairs, numberOrNaN } from '../../decode/sample-line.ts';
import type { Steps } from '../../decode/steps.ts';
import { processStart, type ReadableNames, readableNames, tellingFamilies } from '../../naming/readable.ts';

/** A count of one series. */
export interface Count {
  readonly value: number;
  /** Of a finished call's series: whether its status is not OK. */
  readonly failed?: boolean;
  /** Of a bucket: its upper bound in seconds. */
  readonly bound?: number;
}

/** All that one scrape says of a method. Series by their key, which is the same in the next scrape. */
export interface MethodReading {
  readonly side: 'server' | 'client';
  /** `/pkg.Service/Method`. */
  readonly method: string;
  readonly handled: Map<string, Count>;
  readonly buckets: Map<string, Count>;
  /** Undefined where the endpoint does not say. */
  inFlight: number | undefined;
}

/** What one scrape of one endpoint says of calls. */
export interface Reading {
  /** By side and method. */
  readonly methods: ReadonlyMap<string, MethodReading>;
  /** Names of the families that tell of calls, also of those without series. */
  readonly families: readonly string[];
  /** When the process started, in seconds since 1970; undefined where it is not said, or of several processes. */
  readonly processStart: number | undefined;
}

/** The calls that an exposition tells of, with pauses; undefined when it has none of the names that are known here. */
export function* readCalls({ families }: Exposition): Steps<Reading | undefined> {
  const methods = new Map<string, MethodReading>();
  const sides = new Set<string>();
  for (const names of readableNames) {
    const handled = firstOf(families, names.handled);
    if (sides.has(names.side)) continue;
    // One without series is not the one that tells, if there is another.
    if (handled.length > 0) sides.add(names.side);
    yield* readVocabulary(families, names, handled, methods);
  }
  const telling = tellingFamilies.filter((name) => families.has(name));
  if (telling.length === 0) return undefined;
  const starts = samplesOf(families, processStart);
  return { methods, families: telling, processStart: starts.length === 1 ? starts[0]!.value : undefined };
}

/** Samples that are read without a pause. */
const stepSize = 500;

/** The samples of the first of these names that has any. */
function firstOf(families: Exposition['families'], names: readonly string[]): readonly Sample[] {
  return names.map((name) => samplesOf(families, name)).find(({ length }) => length > 0) ?? [];
}

function* readVocabulary(
  families: Exposition['families'],
  names: ReadableNames,
  handled: readonly Sample[],
  found: Map<string, MethodReading>,
): Steps<void> {
  const each = function* (samples: readonly Sample[], read: (method: MethodReading, sample: Sample) => void) {
    for (const [index, sample] of samples.entries()) {
      if (index % stepSize === 0) yield;
      const method = methodOf(sample, names.method);
      if (method === undefined) continue;
      const key = `${names.side} ${method}`;
      const known = found.get(key) ?? newReading(names.side, method);
      found.set(key, known);
      read(known, sample);
    }
  };
  yield* each(handled, (method, { key, labels, value }) => {
    const status = names.status.map((label) => labelOf(labels, label)).find((text) => text !== undefined);
    method.handled.set(key, { value, failed: status !== 'OK' });
  });
  const durations = names.durations.map((name) => `${name}_bucket`);
  yield* each(firstOf(families, durations), ({ buckets }, { key, labels, value }) => {
    const bound = numberOrNaN(labelOf(labels, 'le') ?? '');
    if (!Number.isNaN(bound)) buckets.set(key, { value, bound });
  });
  if (names.inFlight === undefined) return;
  if ('gauge' in names.inFlight) {
    yield* each(samplesOf(families, names.inFlight.gauge), (method, { value }) => {
      if (Number.isFinite(value)) method.inFlight = (method.inFlight ?? 0) + value;
    });
    return;
  }
  const started = new Map<MethodReading, number>();
  yield* each(samplesOf(families, names.inFlight.started), (method, { value }) => {
    started.set(method, (started.get(method) ?? 0) + value);
  });
  for (const [method, total] of started) {
    const ended = [...method.handled.values()].reduce((sum, { value }) => sum + value, 0);
    // Both are not read at one instant.
    if (Number.isFinite(total - ended)) method.inFlight = Math.max(total - ended, 0);
  }
}

function newReading(side: MethodReading['side'], method: string): MethodReading {
  return { side, method, handled: new Map(), buckets: new Map(), inFlight: undefined };
}

/** Undefined for a sample without the labels: of another library's metric with the same name. */
function methodOf({ labels }: Sample, names: ReadableNames['method']): string | undefined {
  const [first, second] = names.map((name) => labelOf(labels, name));
  if (first === undefined) return undefined;
  if (names.length === 1) return first.includes('/') && !first.startsWith('/') ? `/${first}` : first;
  if (second === undefined || (first === 'unknown' && second === first)) return second && first;
  return `/${first}/${second}`;
}

function labelOf(labels: LabelPairs, name: string): string | undefined {
  return labels.find(([label]) => label === name)?.[1];
}
