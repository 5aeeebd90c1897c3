import { type Exposition, type KeptSample as Sample, samplesOf } from '../../decode/exposition.ts';
import { labelOf } from '../../decode/labels.ts';
import { numberOrNaN } from '../../decode/number.ts';
import type { CallShape, Side } from '../../naming/call-shape.ts';
import { processNames } from '../../naming/own/process.ts';
import { readableShapes } from '../../naming/readable-shapes.ts';
import { codeOf } from '../../naming/status-text.ts';
import { serverFaults, status as statusCodes } from '../../rpc/status.ts';
import { type CallSamples, callFamilies, pathOf } from './call-samples.ts';

/** A count of one series. */
export interface Count {
  readonly value: number;
  /** Of a finished call's series: how its calls ended; undefined where the series does not say. */
  readonly outcome?: 'ok' | 'refused' | 'fault' | undefined;
  /** Of a bucket: its upper bound in seconds. */
  readonly bound?: number;
}

/** All that one scrape says of a method. Series by their key, which is the same in the next scrape. */
export interface MethodReading {
  readonly side: Side;
  /** `/pkg.Service/Method`. */
  readonly method: string;
  /** Calls, by status where the endpoint has it. Empty where it does not count calls. */
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

/**
 * Reads the calls of an exposition. Returns undefined if it has none of the metrics that are known here. On each side,
 * it reads the shape of which the exposition has most.
 */
export function readCalls(
  exposition: Exposition,
  shapes: readonly CallShape[] = readableShapes(),
): Reading | undefined {
  const { byPrefix, telling } = callFamilies(exposition, shapes);
  if (telling.length === 0) return undefined;
  const methods = new Map<string, MethodReading>();
  for (const side of ['server', 'client'] as const) {
    const found = exposedShape(
      byPrefix.values(),
      shapes.filter((one) => one.side === side),
    );
    if (found !== undefined) readShape(found.samples, found.shape, methods);
  }
  const starts = samplesOf(exposition.families, processNames.startTime);
  return { methods, families: telling, processStart: starts.length === 1 ? starts[0]!.value : undefined };
}

interface Exposed {
  readonly shape: CallShape;
  readonly samples: CallSamples;
}

/**
 * The first shape of which the exposition has most: its statuses before its requests, those before its durations, and those
 * before its calls in flight.
 */
function exposedShape(prefixes: Iterable<CallSamples>, shapes: readonly CallShape[]): Exposed | undefined {
  let [found, most]: [Exposed | undefined, number] = [undefined, 0];
  for (const samples of prefixes) {
    for (const shape of shapes) {
      const first = (name: string | undefined) =>
        samples.get(name ?? '')?.find((one) => pathOf(shape, one) !== undefined);
      const request = first(shape.requests.sample);
      const extent =
        (request !== undefined && statusOf(shape, request) !== undefined ? 8 : 0) +
        (request === undefined ? 0 : 4) +
        (first(`${shape.durations}_bucket`) === undefined ? 0 : 2) +
        (first(shape.inFlight ?? shape.started) === undefined ? 0 : 1);
      if (extent > most) [found, most] = [{ shape, samples }, extent];
    }
  }
  return found;
}

function readShape(samples: CallSamples, shape: CallShape, found: Map<string, MethodReading>): void {
  const { side, requests, durations, secondsPerUnit = 1, inFlight, started } = shape;
  const each = (name: string, read: (method: MethodReading, sample: Sample) => void) => {
    for (const sample of samples.get(name) ?? []) {
      const method = pathOf(shape, sample);
      if (method === undefined) continue; // another library's metric with the same name
      const key = `${side} ${method}`;
      const known = found.get(key) ?? newReading(side, method);
      found.set(key, known);
      read(known, sample);
    }
  };
  // Where calls are not counted, their durations are.
  each(samples.has(requests.sample) ? requests.sample : `${durations}_count`, ({ handled }, sample) => {
    handled.set(sample.key, { value: sample.value, outcome: outcomeOf(shape, sample) });
  });
  each(`${durations}_bucket`, ({ buckets }, { key, labels, value }) => {
    const bound = numberOrNaN(labelOf(labels, 'le') ?? '') * secondsPerUnit;
    if (!Number.isNaN(bound)) buckets.set(key, { value, bound });
  });
  if (inFlight !== undefined) {
    each(inFlight, (method, { value }) => {
      if (Number.isFinite(value)) method.inFlight = (method.inFlight ?? 0) + value;
    });
    return;
  }
  if (started === undefined) return;
  const counts = new Map<MethodReading, number>();
  each(started, (method, { value }) => {
    counts.set(method, (counts.get(method) ?? 0) + value);
  });
  for (const [method, total] of counts) {
    const ended = [...method.handled.values()].reduce((sum, { value }) => sum + value, 0);
    // The two numbers are not read at one instant.
    if (Number.isFinite(total - ended)) method.inFlight = Math.max(total - ended, 0);
  }
}

function statusOf({ status }: CallShape, { labels }: Sample): string | undefined {
  for (const label of [status.label, ...(status.aliases ?? [])]) {
    const text = labelOf(labels, label);
    if (text) return text;
  }
  return undefined;
}

/** A client cannot tell a fault of the server from its own: no status is a fault there. */
function outcomeOf(shape: CallShape, sample: Sample): Count['outcome'] {
  const text = statusOf(shape, sample);
  if (text === undefined) return undefined;
  const known = shape.status.codes.indexOf(text);
  const code = known === -1 ? codeOf(text) : known;
  if (code === undefined) return undefined;
  if (code === statusCodes.OK) return 'ok';
  return shape.side === 'server' && serverFaults.includes(code) ? 'fault' : 'refused';
}

function newReading(side: MethodReading['side'], method: string): MethodReading {
  return { side, method, handled: new Map(), buckets: new Map(), inFlight: undefined };
}
