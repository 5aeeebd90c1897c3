import { labelsKey } from '../core/labels.ts';
import type { Registry } from '../core/registry.ts';
import type { HistogramSeries, LiveFamily, NumberSeries } from '../core/snapshot.ts';
import type {
  FamilyLimit,
  FamilyWatcher,
  GaugeMerge,
  SeriesWatcher,
  WatchedFamily,
} from '../core/user/series-watcher.ts';
import type { Book } from './book.ts';
import { bootMilliseconds } from './identity.ts';
import type { Rule } from './layout.ts';
import { EntityRows } from './rows.ts';
import { type PartLimit, type SeriesLimits, seriesKey } from './series-limits.ts';
import type { Source } from './source.ts';

/** Seconds between two readings of gauges that have a function of the user's. */
const readEvery = 5;

/** Writes the user's metrics. Series mark themselves; gauges with a function are read every 5 s. */
export class FamilyRows implements Source, FamilyWatcher {
  readonly #plan: () => void;
  readonly #families = new Map<string, FamilyRow>();
  readonly #now: () => number;
  readonly #folded: Folded;
  #isPlanned = false;
  #registry: Registry | undefined;
  readonly #gauges = new Map<string, GaugeReading>();
  #readAt = -Infinity;

  /**
   * `plan` is called when there is something to be written; `now` is a monotonic clock, in seconds. `folded` is called for observations
   * that are under `other` because of what other processes have.
   */
  constructor(plan: () => void, now: () => number, folded: Folded = () => {}) {
    this.#plan = plan;
    this.#now = now;
    this.#folded = folded;
  }

  set registry(registry: Registry) {
    this.#registry = registry;
  }

  declared(family: WatchedFamily): SeriesWatcher {
    const row = new FamilyRow(family, () => this.#mark(), this.#folded);
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

  settle(limits: SeriesLimits): void {
    for (const family of this.#families.values()) family.settle(limits);
  }

  /** Never rejects. Its values are written by the next sweep. */
  async #read(): Promise<void> {
    const registry = this.#registry;
    if (registry === undefined) return;
    const families = await registry.read();
    for (const { name, help } of families.values()) {
      if (this.#gauges.has(name)) continue;
      const { merge = 'sum', limit } = registry.headOf(name) ?? {};
      const head = { name, help, type: 'gauge', merge, limit } as const;
      this.#gauges.set(name, { head, series: new Map(), rows: undefined, since: new Since() });
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

/** Counts observations of a metric that are under `other`. */
type Folded = (name: string, problem: string) => void;

/** The head of a family, as entities have it. */
interface Head {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly merge: GaugeMerge;
  readonly limit: FamilyLimit | undefined;
}

/** The values of a gauge with a function, as they were read last. */
interface GaugeReading {
  readonly head: Head;
  series: ReadonlyMap<string, number>;
  rows: EntityRows | undefined;
  readonly since: Since;
}

function valuesOf(family: LiveFamily | undefined): ReadonlyMap<string, number> {
  const series = (family?.series ?? []) as Iterable<NumberSeries>; // a gauge's
  return new Map(Array.from(series, (one) => [keyOf(one), one.value]));
}

function writeGauge(book: Book, gauge: GaugeReading): void {
  const { head, series } = gauge;
  gauge.rows ??= entityOf(book, head, gauge.since);
  for (const part of gauge.rows.parts()) {
    if (series.has(part)) continue;
    gauge.rows.remove(part);
    gauge.since.forget(part);
  }
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
  /** Those for which the book had no room: the next sweep tries again. */
  readonly #refused = new Set<object>();
  readonly #since = new Since();
  readonly #folded: Folded;
  /** Those that are under `other` because of what other processes have. */
  readonly #out = new Set<object>();

  constructor(family: WatchedFamily, mark: () => void, folded: Folded) {
    this.#family = family;
    this.#mark = mark;
    this.#folded = folded;
  }

  added(key: string, series: object): void {
    this.#keys.set(series, key);
    this.changed(series);
  }

  changed(series: object): void {
    this.#changed.add(series);
    if (this.#out.size > 0 && this.#out.has(series)) this.#countFolded();
    this.#mark();
  }

  removed(series: object): void {
    const key = this.#keys.get(series);
    this.#keys.delete(series);
    this.#changed.delete(series);
    this.#out.delete(series);
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
    this.#rows ??= entityOf(book, this.#family, this.#since);
    for (const key of this.#removed) {
      this.#rows.remove(key);
      this.#since.forget(key);
    }
    this.#removed.clear();
    for (const series of this.#changed) this.#write(this.#rows, series);
    this.#changed.clear();
  }

  sweep(book: Book): void {
    for (const series of this.#refused) this.#changed.add(series);
    this.#refused.clear();
    this.write(book);
    const exemplified = this.#exemplified;
    this.#exemplified = new Set();
    for (const [key, one] of this.#read(exemplified)) this.#rows?.putExemplars(key, exemplarsOf(one));
  }

  /** What has no room now stays under `other`: its counts must not leave that. Gauges may. */
  settle(limits: SeriesLimits): void {
    const { name, type } = this.#family;
    const out = limits.outOf(seriesKey(keyOfEntity({ name, type })));
    if (out.size === 0 || type === 'gauge') return;
    for (const [series, key] of this.#keys) {
      if (!out.has(key) || this.#out.has(series)) continue;
      this.#out.add(series);
      this.#rows?.keepOut(key);
      this.#countFolded();
    }
  }

  #countFolded(): void {
    const { name, limit } = this.#family;
    this.#folded(name, `"${name}" has ${limit?.maxSeries} series in all processes`);
  }

  #write(rows: EntityRows, series: object): void {
    for (const [key, one] of this.#read([series])) {
      const hasRoom =
        'buckets' in one
          ? rows.putHistogram(key, 'sum', one, one.created)
          : rows.put(key, ruleOf(this.#family), [one.value], one.created);
      if (!hasRoom) this.#refused.add(series);
      if (this.#out.has(series)) rows.keepOut(key);
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

function keyOfEntity({ name, type }: Pick<Head, 'name' | 'type'>): readonly string[] {
  return ['family', name, type];
}

function entityOf(book: Book, head: Head, since: Since): EntityRows {
  const { help, merge, limit } = head;
  const parts: PartLimit | undefined = limit && { max: limit.maxSeries, others: limit.others };
  const isLimited = parts !== undefined && parts.max !== Infinity;
  const meta = { help, declared: Date.now(), merge, ...(isLimited && { parts }) };
  return new EntityRows(book, keyOfEntity(head), meta, isLimited ? since.of : undefined);
}

/** When series began, in milliseconds since boot. A book that is written anew says the same. */
class Since {
  readonly #times = new Map<string, number>();

  readonly of = (key: string): number => {
    let time = this.#times.get(key);
    if (time === undefined) {
      time = bootMilliseconds();
      this.#times.set(key, time);
    }
    return time;
  };

  forget(key: string): void {
    this.#times.delete(key);
  }
}

function ruleOf({ type, merge }: Head): Rule {
  if (type !== 'gauge') return 'sum';
  return merge === 'sum' ? 'gauge' : merge;
}
