import { type Exposition, firstSampleOf, type Sample, samplesOf } from '../../decode/exposition.ts';
import { labelOf, numberOrNaN } from '../../decode/sample-line.ts';
import { type CallShape, methodPath, type Side } from '../../naming/call-shape.ts';
import { processNames } from '../../naming/own/process.ts';
import { readableShapes, tellingFamilies } from '../../naming/readable-shapes.ts';

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
  readonly side: Side;
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

/**
 * Reads the calls of an exposition. Returns undefined if it has none of the metrics that are known here. On each side,
 * it reads the shape of which the exposition has most.
 */
export function readCalls(
  { families }: Exposition,
  shapes: readonly CallShape[] = readableShapes(),
): Reading | undefined {
  const telling = tellingFamilies(shapes).filter((name) => families.has(name));
  if (telling.length === 0) return undefined;
  const methods = new Map<string, MethodReading>();
  for (const side of ['server', 'client'] as const) {
    const shape = exposedShape(
      families,
      shapes.filter((one) => one.side === side),
    );
    if (shape !== undefined) readShape(families, shape, methods);
  }
  const starts = samplesOf(families, processNames.startTime);
  return { methods, families: telling, processStart: starts.length === 1 ? starts[0]!.value : undefined };
}

/** The first shape of which the exposition has most: its requests before its durations, and those before its calls in flight. */
function exposedShape(families: Exposition['families'], shapes: readonly CallShape[]): CallShape | undefined {
  let [found, most]: [CallShape | undefined, number] = [undefined, 0];
  for (const shape of shapes) {
    const request = firstSampleOf(families, shape.requests.sample);
    const hasRequests = request !== undefined && labelOf(request.labels, shape.status.label) !== undefined;
    const hasDurations = firstSampleOf(families, `${shape.durations}_bucket`) !== undefined;
    const running = shape.inFlight ?? shape.started;
    const hasRunning = running !== undefined && firstSampleOf(families, running) !== undefined;
    const extent = (hasRequests ? 4 : 0) + (hasDurations ? 2 : 0) + (hasRunning ? 1 : 0);
    if (extent > most) [found, most] = [shape, extent];
  }
  return found;
}

function readShape(families: Exposition['families'], shape: CallShape, found: Map<string, MethodReading>): void {
  const { side, status, requests, durations, inFlight, started } = shape;
  const each = (name: string, read: (method: MethodReading, sample: Sample) => void) => {
    for (const sample of samplesOf(families, name)) {
      const method = methodPath(shape, (label) => labelOf(sample.labels, label));
      if (method === undefined) continue; // another library's metric with the same name
      const key = `${side} ${method}`;
      const known = found.get(key) ?? newReading(side, method);
      found.set(key, known);
      read(known, sample);
    }
  };
  each(requests.sample, ({ handled }, { key, labels, value }) => {
    handled.set(key, { value, failed: labelOf(labels, status.label) !== status.codes[0] });
  });
  each(`${durations}_bucket`, ({ buckets }, { key, labels, value }) => {
    const bound = numberOrNaN(labelOf(labels, 'le') ?? '');
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

function newReading(side: MethodReading['side'], method: string): MethodReading {
  return { side, method, handled: new Map(), buckets: new Map(), inFlight: undefined };
}
