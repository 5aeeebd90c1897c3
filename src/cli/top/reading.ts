import { alwaysThere, type ReadableNames, readableNames } from '../../naming/readable.ts';
import { type ExposedFamily, type Exposition, type Sample, seriesKey } from '../exposition/exposition.ts';
import { readValue } from '../exposition/sample-line.ts';

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

/** One scrape of one endpoint, by side and method. */
export type Reading = ReadonlyMap<string, MethodReading>;

/** The calls that an exposition tells of; undefined when it has none of the names that are known here. */
export function readCalls({ families }: Exposition): Reading | undefined {
  const found = new Map<string, MethodReading>();
  const sides = new Set<string>();
  for (const names of readableNames) {
    if (!families.has(names.handled) || sides.has(names.side)) continue;
    // A family without series is not the one that tells, if there is another.
    if (families.get(names.handled)!.samples.length > 0) sides.add(names.side);
    readVocabulary(families, names, found);
  }
  const known = [alwaysThere, ...readableNames.map(({ handled }) => handled)];
  return known.some((name) => families.has(name)) ? found : undefined;
}

function readVocabulary(
  families: Exposition['families'],
  names: ReadableNames,
  found: Map<string, MethodReading>,
): void {
  const each = (name: string, read: (method: MethodReading, sample: Sample, family: ExposedFamily) => void) => {
    const family = families.get(name);
    for (const sample of family?.samples ?? []) {
      const method = methodOf(sample, names.method);
      if (method === undefined) continue;
      const key = `${names.side} ${method}`;
      const known = found.get(key) ?? newReading(names.side, method);
      found.set(key, known);
      read(known, sample, family!);
    }
  };
  each(names.handled, ({ handled }, { name, labels, value }) => {
    const status = labels.find(([label]) => label === names.status)?.[1];
    handled.set(seriesKey(name, labels), { value, failed: status !== 'OK' });
  });
  each(names.duration, ({ buckets }, { name, labels, value }, family) => {
    const bound = labels.find(([label]) => label === 'le')?.[1];
    if (name !== `${family.name}_bucket` || bound === undefined) return;
    buckets.set(seriesKey(name, labels), { value, bound: readValue(bound) });
  });
  if ('gauge' in names.inFlight) {
    each(names.inFlight.gauge, (method, { value }) => {
      method.inFlight = (method.inFlight ?? 0) + value;
    });
    return;
  }
  const started = new Map<MethodReading, number>();
  each(names.inFlight.started, (method, { value }) => started.set(method, (started.get(method) ?? 0) + value));
  for (const [method, total] of started) {
    const ended = [...method.handled.values()].reduce((sum, { value }) => sum + value, 0);
    method.inFlight = total - ended;
  }
}

function newReading(side: MethodReading['side'], method: string): MethodReading {
  return { side, method, handled: new Map(), buckets: new Map(), inFlight: undefined };
}

/** Undefined for a sample without the labels: of another library's metric with the same name. */
function methodOf({ labels }: Sample, names: ReadableNames['method']): string | undefined {
  const values = names.map((name) => labels.find(([label]) => label === name)?.[1]);
  const [first, second] = values;
  if (first === undefined || values.includes(undefined)) return undefined;
  if (second === undefined || (first === 'unknown' && second === first)) return first;
  return `/${first}/${second}`;
}
