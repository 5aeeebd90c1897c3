import type { HistogramSeries, Labels, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import { HistogramView } from './histogram-view.ts';
import type { OwnPart, PartSum } from './part-sum.ts';
import type { EntitySum } from './sums.ts';

type Series = NumberSeries | HistogramSeries | SummarySeries;

type OwnRow = OwnPart['row'];

/** Labels of a series that each process has for itself. */
export type OwnLabels = (labels: Labels, worker: number) => Labels;

/** The series of one family. They are made again only where there are others. */
export class FamilyView {
  readonly #entity: EntitySum;
  readonly #ownLabels: OwnLabels;
  #version = -1;
  #all: readonly PartViews[] = [];

  constructor(entity: EntitySum, ownLabels: OwnLabels) {
    this.#entity = entity;
    this.#ownLabels = ownLabels;
  }

  series(): Iterable<Series> {
    this.#update();
    return this.#all.some(isOfEach) ? this.#ofEach() : new PresentViews(this.#all);
  }

  *#ofEach(): Iterable<Series> {
    for (const view of new PresentViews(this.#all)) {
      if (!isOfEach(view)) yield view;
      else yield* eachOf(view, this.#ownLabels);
    }
  }

  #update(): void {
    const { version, parts } = this.#entity;
    if (version === this.#version) return;
    this.#version = version;
    const known = new Map(this.#all.map((view) => [view.part, view]));
    this.#all = Array.from(parts, ([key, part]) => known.get(part) ?? viewOf(key, part, this.#entity));
  }
}

type PartViews = NumberView | SummaryView | BucketsView;

/** Whether each process has a series of its own. */
function isOfEach(view: PartViews): boolean {
  return view.part.rule === 'each' && !(view instanceof FirstView);
}

function* eachOf({ labels, part }: PartViews, ownLabels: OwnLabels): Iterable<Series> {
  for (const [worker, rows] of byWorker(part.own)) yield ownSeries(ownLabels(labels, worker), rows);
}

/** Those that have not gone while a scrape was read. One object says each in turn: a generator makes one for each series. */
class PresentViews implements IterableIterator<PartViews> {
  readonly #all: readonly PartViews[];
  #next = 0;
  readonly #result: { done: boolean; value: PartViews } = { done: false, value: undefined as never }; // before the first

  constructor(all: readonly PartViews[]) {
    this.#all = all;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<PartViews> {
    while (this.#next < this.#all.length) {
      const view = this.#all[this.#next]!;
      this.#next += 1;
      if (view.part.books === 0) continue;
      this.#result.value = view;
      return this.#result;
    }
    return { done: true, value: undefined };
  }
}

/** How a part is seen: the type of a series, and how its values become one. */
function viewOf(key: string, part: PartSum, { key: [, , type], meta: { merge } }: EntitySum): PartViews {
  if (part.bounds !== undefined) return new BucketsView(key, part);
  if (type === 'summary') return new SummaryView(key, part);
  if (type === 'gauge' && merge === 'average') return new AverageView(key, part);
  return type === 'gauge' && merge === 'first' ? new FirstView(key, part) : new NumberView(key, part);
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

/** The values of all processes, and how many there are. */
class AverageView extends NumberView {
  override get value(): number {
    return this.part.at(0) / this.part.at(1);
  }
}

/** The value of the process with the lowest number. */
class FirstView extends NumberView {
  override get value(): number {
    const [first, ...others] = this.part.own;
    if (first === undefined) return Number.NaN;
    const { row } = others.reduce((lowest, one) => (one.worker < lowest.worker ? one : lowest), first);
    return row.values[row.from]!;
  }
}

/** Quantiles of several processes have no sum. */
class SummaryView extends PartView implements SummarySeries {
  readonly quantiles: SummarySeries['quantiles'] = [];

  get count(): number {
    return this.part.at(0);
  }

  get sum(): number {
    return this.part.at(1);
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
