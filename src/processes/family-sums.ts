import type { HistogramSeries, Labels, LiveFamily, MetricType, NumberSeries } from '../core/snapshot.ts';
import type { ReadSums } from './call-sums.ts';
import { HistogramView } from './histogram-view.ts';
import type { OwnPart, PartSum } from './part-sum.ts';
import type { EntitySum } from './sums.ts';

type Series = NumberSeries | HistogramSeries;

type OwnRow = OwnPart['row'];

/** Labels of a series that each process has for itself. */
type OwnLabels = (labels: Labels, worker: number) => Labels;

const withWorker: OwnLabels = (labels, worker) => ({ ...labels, worker: String(worker) });

/** The metrics of all processes that are not calls. What a scrape has made of them is kept for the next one. */
export class FamilySums {
  readonly #sums: ReadSums;
  readonly #ownLabels: OwnLabels;
  readonly #views = new WeakMap<EntitySum, FamilyView>();

  constructor(sums: ReadSums, ownLabels: OwnLabels = withWorker) {
    this.#sums = sums;
    this.#ownLabels = ownLabels;
  }

  /** The user's metrics, of all processes. */
  user(report: (problem: string) => void): LiveFamily[] {
    return Array.from(this.#newestOfEachName(report), (entity) => this.#familyOf(entity));
  }

  /** What the library says of itself, in all processes. */
  library(): LiveFamily[] {
    return Array.from(this.#sums().ofKind('library'), (entity) => this.#familyOf(entity));
  }

  /** What processes say of themselves: each series once for each process, with the label `worker`. */
  process(): LiveFamily[] {
    return Array.from(this.#sums().ofKind('process'), (entity) => this.#familyOf(entity));
  }

  /** Processes of two versions may declare a name in two ways: then the later declaration counts. */
  #newestOfEachName(report: (problem: string) => void): Iterable<EntitySum> {
    const entities = new Map<string, EntitySum>();
    for (const entity of this.#sums().ofKind('family')) {
      const [, name = '', type] = entity.key;
      const known = entities.get(name);
      if (known !== undefined) report(`"${name}" is a ${known.key[2]} in one process and a ${type} in another one`);
      if (known === undefined || Number(entity.meta.declared) > Number(known.meta.declared)) entities.set(name, entity);
    }
    return entities.values();
  }

  #familyOf(entity: EntitySum): LiveFamily {
    const [, name = '', type] = entity.key;
    let view = this.#views.get(entity);
    if (view === undefined) {
      view = new FamilyView(entity, this.#ownLabels);
      this.#views.set(entity, view);
    }
    return {
      name,
      type: type as MetricType, // as it was written
      help: String(entity.meta.help),
      series: view.series(),
    };
  }
}

/** The series of one family. They are made again only where there are others. */
class FamilyView {
  readonly #entity: EntitySum;
  readonly #ownLabels: OwnLabels;
  #version = -1;
  #all: readonly (NumberView | BucketsView)[] = [];

  constructor(entity: EntitySum, ownLabels: OwnLabels) {
    this.#entity = entity;
    this.#ownLabels = ownLabels;
  }

  *series(): Iterable<Series> {
    this.#update();
    for (const view of this.#all) {
      const { part } = view;
      if (part.books === 0) continue; // it has gone while a scrape was read
      if (part.rule !== 'each') yield view;
      else for (const [worker, rows] of byWorker(part.own)) yield ownSeries(this.#ownLabels(view.labels, worker), rows);
    }
  }

  #update(): void {
    const { version, parts } = this.#entity;
    if (version === this.#version) return;
    this.#version = version;
    const known = new Map(this.#all.map((view) => [view.part, view]));
    this.#all = Array.from(parts, ([key, part]) => {
      return known.get(part) ?? (part.bounds === undefined ? new NumberView(key, part) : new BucketsView(key, part));
    });
  }
}

/** A series of all processes. The text formats write the key, and ask for no labels. */
abstract class PartView {
  readonly key: string;
  readonly part: PartSum;
  #labels: Labels | undefined;

  constructor(key: string, part: PartSum) {
    this.key = key;
    this.part = part;
  }

  get labels(): Labels {
    this.#labels ??= parseKey(this.key);
    return this.#labels;
  }

  get created(): number | undefined {
    return this.part.created;
  }
}

class NumberView extends PartView implements NumberSeries {
  get value(): number {
    return this.part.at(0);
  }

  get exemplar(): NumberSeries['exemplar'] {
    return this.part.exemplars?.[0];
  }
}

class BucketsView extends PartView implements HistogramSeries {
  readonly #view: HistogramView;

  constructor(key: string, part: PartSum) {
    super(key, part);
    this.#view = new HistogramView(part);
  }

  get bounds(): readonly number[] {
    return this.#view.bounds;
  }

  get buckets(): readonly number[] {
    return this.#view.buckets;
  }

  get sum(): number {
    return this.#view.sum;
  }

  get native(): HistogramSeries['native'] {
    return this.part.native;
  }

  get exemplars(): HistogramSeries['exemplars'] {
    return this.part.exemplars;
  }
}

/** The rows of each process. It has several in one part where there is no room for their series. */
function byWorker(own: readonly OwnPart[]): ReadonlyMap<number, [OwnRow, ...OwnRow[]]> {
  const rows = new Map<number, [OwnRow, ...OwnRow[]]>();
  for (const { worker, row } of own) {
    const known = rows.get(worker);
    if (known === undefined) rows.set(worker, [row]);
    else known.push(row);
  }
  return rows;
}

/** Numbers are added; histograms have no limit, so that each has one row. */
function ownSeries(labels: Labels, rows: readonly [OwnRow, ...OwnRow[]]): Series {
  const [{ bounds, values, from, width }] = rows;
  if (bounds === undefined) return { labels, value: rows.reduce((sum, row) => sum + row.values[row.from]!, 0) };
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
