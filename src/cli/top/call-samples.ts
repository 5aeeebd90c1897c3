import type { Exposition, KeptSample as Sample } from '../../decode/exposition.ts';
import { type LabelPairs, labelOf } from '../../decode/labels.ts';
import { type CallShape, methodPath } from '../../naming/call-shape.ts';
import { envoySeries } from '../../naming/foreign/envoy.ts';
import { faultsName } from '../../naming/own/self.ts';
import { tellingFamilies } from '../../naming/readable-shapes.ts';

/** The samples of calls by the names that shapes have. */
export type CallSamples = ReadonlyMap<string, readonly Sample[]>;

/** What an exposition can say of calls. */
export interface CallFamilies {
  /** By what stands before the names, '' for nothing: a namespace, or the name of the exporter. */
  readonly byPrefix: ReadonlyMap<string, CallSamples>;
  /** Names of the families that tell of calls, also of those without samples. */
  readonly telling: readonly string[];
}

/**
 * The samples of an exposition that belong to one of the shapes, by their names there.
 *
 * Names may have a prefix, such as `shop_` or `dapr_`. What OpenTelemetry writes with dots, `rpc.method`, has underscores here,
 * and Envoy's statistics have the path of the method and the status as labels.
 */
export function callFamilies({ families }: Exposition, shapes: readonly CallShape[]): CallFamilies {
  const shapesByName = byName(shapes);
  const tellingNames = new Set(tellingFamilies(shapes));
  const byPrefix = new Map<string, Map<string, Sample[]>>();
  const telling: string[] = [];
  for (const family of families.values()) {
    const named = splitName(escapeName(family.name), tellingNames)?.[1];
    let isTelling = named === faultsName || (named !== undefined && family.size === 0);
    for (const sample of family.samples) {
      const series = readSeries(sample);
      const [prefix, name] = splitName(series.name, shapesByName) ?? [];
      if (name === undefined || prefix === undefined) continue;
      // Another library can have the same name, with other labels.
      isTelling ||= shapesByName.get(name)!.some((shape) => pathOf(shape, series) !== undefined);
      const group = byPrefix.get(prefix) ?? new Map<string, Sample[]>();
      byPrefix.set(prefix, group);
      const samples = group.get(name);
      if (samples === undefined) group.set(name, [series]);
      else samples.push(series);
    }
    if (isTelling) telling.push(family.name);
  }
  return { byPrefix, telling };
}

/** Returns whether samples of a name can be those of calls in one of the shapes. */
export function isCallSample(shapes: readonly CallShape[]): (name: string) => boolean {
  const names = byName(shapes);
  return (name) => splitName(readName(name), names) !== undefined;
}

function byName(shapes: readonly CallShape[]): Map<string, CallShape[]> {
  const found = new Map<string, CallShape[]>();
  for (const shape of shapes) {
    for (const name of sampleNames(shape)) found.set(name, [...(found.get(name) ?? []), shape]);
  }
  return found;
}

/** The path of the method that a sample is of; undefined where it is not of this shape. */
export function pathOf(shape: CallShape, { labels }: Sample): string | undefined {
  return methodPath(shape, (label) => labelOf(labels, label));
}

function sampleNames({ requests, durations, inFlight, started }: CallShape): string[] {
  const names = [requests.sample, `${durations}_bucket`, `${durations}_count`, inFlight, started];
  return names.filter((name) => name !== undefined);
}

/** The longest known name that this one ends with, behind its beginning or a `_`, and what is before it. */
function splitName(name: string, known: Pick<ReadonlySet<string>, 'has'>): [prefix: string, name: string] | undefined {
  let at = 0;
  do {
    const rest = name.slice(at);
    if (known.has(rest)) return [name.slice(0, at), rest];
    at = name.indexOf('_', at) + 1;
  } while (at > 0);
  return undefined;
}

function readName(name: string): string {
  const escaped = escapeName(name);
  return envoySeries({ name: escaped, labels: [] })?.name ?? escaped;
}

function readSeries(sample: Sample): Sample {
  const name = escapeName(sample.name);
  const labels = escapeLabels(sample.labels);
  return { ...sample, ...(envoySeries({ name, labels }) ?? { name, labels }) };
}

const legacy = /^[a-zA-Z0-9_:]*$/;

/** As Prometheus and OpenTelemetry write a name where UTF-8 is not allowed. */
function escapeName(name: string): string {
  return legacy.test(name) ? name : name.replace(/[^a-zA-Z0-9_:]/g, '_');
}

function escapeLabels(labels: LabelPairs): LabelPairs {
  if (labels.every(([name]) => legacy.test(name))) return labels;
  return labels.map(([name, value]) => [escapeName(name), value]);
}
