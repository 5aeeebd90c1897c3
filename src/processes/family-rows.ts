import { labelsKey } from '../core/labels.ts';
import type { Registry } from '../core/registry.ts';
import type { HistogramSeries, LiveFamily, NumberSeries } from '../core/snapshot.ts';
import type { FamilyWatcher, GaugeMerge, SeriesWatcher, WatchedFamily } from '../core/user/series-watcher.ts';
import type { Book } from './book.ts';
import type { Rule } from './layout.ts';
import type { Source } from './ledger.ts';
import { EntityRows } from './rows.ts';

/** Seconds between two readings of gauges that have a function of the user's. */
const readEvery = 5;

/** Writes the user's metrics. Series mark themselves; gauges with a function are read every 5 s. */
export class FamilyRows implements Source, FamilyWatcher {
  readonly #plan: () => void;
  readonly #families = new Map<string, FamilyRow>();
  readonly #now: () => number;
  #isPlanned = false;
  #registry: Registry | undefined;
  readonly #gauges = new Map<string, GaugeReading>();
  #readAt = -Infinity;

  /** `plan` is called when there is something to be written; `now` is a monotonic clock, in seconds. */
  constructor(plan: () => void, now: () => number) {
    this.#plan = plan;
    this.#now = now;
  }

  set registry(registry: Registry) {
    this.#registry = registry;
  }

  declared(family: WatchedFamily): SeriesWatcher {
    const row = new FamilyRow(family, () => this.#mark());
    this.#families.set(family.name, row);
    return row;
  }

  restart(): () => void {
    const undo = Array.from(this.#families.values(), (family) => family.restart());
    const gauges = Array.from(this.#gauges.values(), (gauge) => [gauge, gauge.rows] as const);
    for (const [gauge] of gauges) gauge.rows = undefined;
    return () => {
      for (const goBack of undo) goBack();
      for (const [gauge, rows] of gauges) gauge.rows = rows;
    };
  }

  write(book: Book): void {
    this.#isPlanned = false;
    for (const family of this.#families.values()) family.write(book);
  }

  sweep(book: Book): void {
    for (const family of this.#families.values()) family.sweep(book);
    for (const gauge of this.#gauges.values()) writeGauge(book, gauge);
    if (this.#registry === undefined || this.#now() - this.#readAt < readEvery) return;
    this.#readAt = this.#now();
    void this.#read();
  }

  /** Never rejects. Its values are written by the next sweep. */
  async #read(): Promise<void> {
    const registry = this.#registry;
    if (registry === undefined) return;
    const families = await registry.read();
    for (const { name, help } of families.values()) {
      if (this.#gauges.has(name)) continue;
      const head = { name, help, type: 'gauge', merge: registry.mergeOf(name) } as const;
      this.#gauges.set(name, { head, series: new Map(), rows: undefined });
    }
    // One that could not be read has no series.
    for (const gauge of this.#gauges.values()) gauge.series = valuesOf(families.get(gauge.head.name));
  }

  #mark(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#plan();
  }
}

/** The head of a family, as entities have it. */
interface Head {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly merge: GaugeMerge;
}

/** The values of a gauge with a function, as they were read last. */
interface GaugeReading {
  readonly head: Head;
  series: ReadonlyMap<string, number>;
  rows: EntityRows | undefined;
}

function valuesOf(family: LiveFamily | undefined): ReadonlyMap<string, number> {
  const series = (family?.series ?? []) as Iterable<NumberSeries>; // a gauge's
  return new Map(Array.from(series, (one) => [keyOf(one), one.value]));
}

function writeGauge(book: Book, gauge: GaugeReading): void {
  const { head, series } = gauge;
  gauge.rows ??= entityOf(book, head);
  for (const part of gauge.rows.parts()) if (!series.has(part)) gauge.rows.remove(part);
  for (const [key, value] of series) gauge.rows.put(key, ruleOf(head), [value]);
}

/** One of the user's metrics. */
class FamilyRow implements SeriesWatcher {
  readonly #family: WatchedFamily;
  readonly #mark: () => void;
  readonly #keys = new Map<object, string>();
  #changed = new Set<object>();
  #removed = new Set<string>();
  #rows: EntityRows | undefined;
  #exemplified = new Set<object>();

  constructor(family: WatchedFamily, mark: () => void) {
    this.#family = family;
    this.#mark = mark;
  }

  added(key: string, series: object): void {
    this.#keys.set(series, key);
    this.changed(series);
  }

  changed(series: object): void {
    this.#changed.add(series);
    this.#mark();
  }

  removed(series: object): void {
    const key = this.#keys.get(series);
    this.#keys.delete(series);
    this.#changed.delete(series);
    if (key !== undefined) this.#removed.add(key);
    this.#mark();
  }

  restart(): () => void {
    const rows = this.#rows;
    this.#rows = undefined;
    for (const series of this.#keys.keys()) this.#changed.add(series);
    return () => {
      this.#rows = rows;
    };
  }

  write(book: Book): void {
    if (this.#changed.size === 0 && this.#removed.size === 0) return;
    this.#rows ??= entityOf(book, this.#family);
    for (const key of this.#removed) this.#rows.remove(key);
    this.#removed.clear();
    for (const series of this.#changed) this.#write(this.#rows, series);
    this.#changed.clear();
  }

  sweep(book: Book): void {
    this.write(book);
    const exemplified = this.#exemplified;
    this.#exemplified = new Set();
    for (const [key, one] of this.#read(exemplified)) this.#rows?.putExemplars(key, exemplarsOf(one));
  }

  #write(rows: EntityRows, series: object): void {
    for (const [key, one] of this.#read([series])) {
      if ('buckets' in one) rows.putHistogram(key, 'sum', one, one.created);
      else rows.put(key, ruleOf(this.#family), [one.value], one.created);
      if (exemplarsOf(one).length > 0) this.#exemplified.add(series);
    }
  }

  *#read(all: Iterable<object>): Iterable<readonly [key: string, series: NumberSeries | HistogramSeries]> {
    for (const series of all) {
      const key = this.#keys.get(series);
      if (key === undefined) continue; // removed meanwhile, or the one that dropped observations go to
      for (const one of this.#family.read([[key, series]])) yield [key, one];
    }
  }
}

function exemplarsOf(series: NumberSeries | HistogramSeries): NonNullable<HistogramSeries['exemplars']> {
  if ('buckets' in series) return series.exemplars ?? [];
  return series.exemplar === undefined ? [] : [series.exemplar];
}

/** What the series of a family are called in a book: as scrapes write their labels. */
function keyOf({ key, labels }: NumberSeries): string {
  return key ?? labelsKey(labels);
}

function entityOf(book: Book, { name, type, help, merge }: Head): EntityRows {
  return new EntityRows(book, ['family', name, type], { help, declared: Date.now(), merge });
}

function ruleOf({ type, merge }: Head): Rule {
  if (type !== 'gauge') return 'sum';
  return merge === 'sum' ? 'gauge' : merge;
}
