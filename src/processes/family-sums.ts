import type { HistogramSeries, Labels, LiveFamily, MetricType, NumberSeries } from '../core/snapshot.ts';
import { HistogramView } from './histogram-view.ts';
import type { EntitySum, OwnPart, PartSum, Sums } from './sums.ts';

type Series = NumberSeries | HistogramSeries;

/** Labels of a series that each process has for itself. */
type OwnLabels = (labels: Labels, worker: number) => Labels;

const withWorker: OwnLabels = (labels, worker) => ({ ...labels, worker: String(worker) });

/** The user's metrics, of all processes. */
export function userFamilies(
  sums: Sums,
  report: (problem: string) => void,
  ownLabels: OwnLabels = withWorker,
): LiveFamily[] {
  return Array.from(newestOfEachName(sums, report), (entity) => familyOf(entity, ownLabels));
}

/** What the library says of itself, in all processes. */
export function libraryFamilies(sums: Sums): LiveFamily[] {
  return Array.from(sums.ofKind('library'), (entity) => familyOf(entity, withWorker));
}

/** What processes say of themselves: each series once for each process, with the label `worker`. */
export function processFamilies(sums: Sums, ownLabels: OwnLabels = withWorker): LiveFamily[] {
  return Array.from(sums.ofKind('process'), (entity) => familyOf(entity, ownLabels));
}

/** Processes of two versions may declare a name in two ways: then the later declaration counts. */
function newestOfEachName(sums: Sums, report: (problem: string) => void): Iterable<EntitySum> {
  const entities = new Map<string, EntitySum>();
  for (const entity of sums.ofKind('family')) {
    const [, name = '', type] = entity.key;
    const known = entities.get(name);
    if (known !== undefined) report(`"${name}" is a ${known.key[2]} in one process and a ${type} in another one`);
    if (known === undefined || Number(entity.meta.declared) > Number(known.meta.declared)) entities.set(name, entity);
  }
  return entities.values();
}

function familyOf({ key: [, name = '', type], meta, parts }: EntitySum, ownLabels: OwnLabels): LiveFamily {
  return {
    name,
    type: type as MetricType, // as it was written
    help: String(meta.help),
    series: seriesIn(parts, ownLabels),
  };
}

function* seriesIn(parts: ReadonlyMap<string, PartSum>, ownLabels: OwnLabels): Iterable<Series> {
  for (const [key, part] of parts) {
    if (part.rule !== 'each') yield seriesOf(key, part);
    else for (const { worker, row } of part.own) yield ownSeries(ownLabels(parseKey(key), worker), row);
  }
}

function seriesOf(key: string, part: PartSum): Series {
  if (part.bounds !== undefined) return new HistogramView(part).live(parseKey(key), key);
  return new SharedNumber(key, part);
}

/** A number of all processes. The text formats write the key, and ask for no labels. */
class SharedNumber implements NumberSeries {
  readonly key: string;
  readonly value: number;
  readonly created: number | undefined;
  readonly exemplar: NumberSeries['exemplar'];

  constructor(key: string, part: PartSum) {
    this.key = key;
    this.value = part.at(0);
    this.created = part.created;
    this.exemplar = part.exemplars?.[0];
  }

  get labels(): Labels {
    return parseKey(this.key);
  }
}

function ownSeries(labels: Labels, { bounds, values, from, width }: OwnPart['row']): Series {
  if (bounds === undefined) return { labels, value: values[from]! };
  const buckets = Array.from(values.subarray(from, from + width - 1));
  return { labels, bounds, buckets, sum: values[from + width - 1]! };
}

/** The labels of a key that `labelsKey` made. */
function parseKey(key: string): Labels {
  const labels: [string, string][] = [];
  for (const [, name, value] of key.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels.push([name!, value!.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character))]);
  }
  return Object.fromEntries(labels);
}
