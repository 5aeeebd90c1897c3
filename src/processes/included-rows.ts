import { labelsKey } from '../core/labels.ts';
import type { HistogramSeries, LiveFamily, MetricType, NumberSeries, SummarySeries } from '../core/snapshot.ts';
import type { Book } from './book.ts';
import type { Rule } from './layout.ts';
import { EntityRows } from './rows.ts';
import type { Source } from './source.ts';

/**
 * How the values of several processes become one: added, the largest, the smallest, the average, that of the process with the lowest number, or
 * each with the label `worker`.
 */
export type IncludedMerge = 'sum' | 'max' | 'min' | 'average' | 'first' | 'each';

/** A metric of a registry that is included. */
export interface IncludedFamily extends LiveFamily {
  readonly merge: IncludedMerge;
}

/** Seconds between two readings: a metric may ask a database for its values. */
const readEvery = 5;

/** Writes the metrics of included registries. They answer later, so they are read between scrapes. */
export class IncludedRows implements Source {
  readonly #now: () => number;
  readonly #families = new Map<string, IncludedReading>();
  #read: (() => Promise<readonly IncludedFamily[]>) | undefined;
  #reading: Promise<void> | undefined;
  #readAt = -Infinity;

  /** `now` is a monotonic clock, in seconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Reads all metrics that could be read; it never rejects. Undefined as long as there is no registry. */
  set source(read: () => Promise<readonly IncludedFamily[]>) {
    this.#read = read;
  }

  restart(): () => void {
    const readings = Array.from(this.#families.values(), (reading) => [reading, reading.rows] as const);
    for (const [reading] of readings) reading.rows = undefined;
    return () => {
      for (const [reading, rows] of readings) reading.rows = rows;
    };
  }

  write(): void {
    // All of it is written by sweeps.
  }

  sweep(book: Book): void {
    for (const reading of this.#families.values()) reading.write(book);
    const isDue = this.#reading === undefined && this.#now() - this.#readAt >= readEvery;
    if (isDue) void this.read();
  }

  /** Reads everything as it is now. What it has read is written by the next sweep. Never rejects. */
  async read(): Promise<void> {
    await this.#reading; // which may have begun too early
    this.#readAt = this.#now();
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    if (this.#read === undefined) return;
    const missing = new Set(this.#families.values());
    for (const family of await this.#read()) {
      const key = JSON.stringify([family.name, family.type]);
      const known = this.#families.get(key) ?? new IncludedReading(family);
      this.#families.set(key, known);
      missing.delete(known);
      known.take(family.series);
    }
    for (const reading of missing) reading.miss();
  }
}

type AnySeries = NumberSeries | HistogramSeries | SummarySeries;

/** One metric as it was read last. */
class IncludedReading {
  rows: EntityRows | undefined;
  readonly #head: Omit<IncludedFamily, 'series'>;
  readonly #series = new Map<string, SeriesReading>();
  #gone: string[] = [];
  #isNew = true;

  constructor(head: Omit<IncludedFamily, 'series'>) {
    this.#head = head;
  }

  take(all: Iterable<AnySeries>): void {
    const missing = new Set(this.#series.keys());
    let count = 0;
    for (const series of all) {
      count += 1;
      const key = series.key ?? labelsKey(series.labels);
      missing.delete(key);
      const known = this.#series.get(key);
      if (known === undefined) this.#series.set(key, new SeriesReading(series, this.#head));
      else known.take(series);
    }
    // A metric without any series was reset: what it had counted stays.
    const isReset = count === 0 && this.#rule === 'sum';
    if (isReset) for (const series of this.#series.values()) series.reset();
    else for (const key of missing) this.#remove(key);
    this.#isNew = true;
  }

  /** It could not be read. Counts stay as they were, so that the sum does not fall. */
  miss(): void {
    if (this.#rule === 'sum') return;
    for (const key of this.#series.keys()) this.#remove(key);
    this.#isNew = true;
  }

  write(book: Book): void {
    if (this.rows !== undefined && !this.#isNew) return;
    this.#isNew = false;
    const { name, type, help, merge, isUntyped } = this.#head;
    this.rows ??= new EntityRows(book, ['included', name, type], { help, merge, isUntyped });
    for (const key of this.#gone) this.rows.remove(key);
    this.#gone = [];
    for (const [key, series] of this.#series) series.write(this.rows, key, this.#rule);
  }

  get #rule(): Rule {
    const { type, merge } = this.#head;
    if (merge === 'each' || merge === 'first') return 'each';
    if (type !== 'gauge') return 'sum';
    return merge === 'sum' || merge === 'average' ? 'gauge' : merge;
  }

  #remove(key: string): void {
    this.#series.delete(key);
    this.#gone.push(key);
  }
}

/** One series as it was read last. */
class SeriesReading {
  #series: AnySeries;
  #numbers: readonly number[];
  /** What was counted before the metric was reset. */
  #before: readonly number[] | undefined;
  readonly #isAveraged: boolean;
  /** How many of the numbers never fall, unless the metric is reset. */
  readonly #counts: number;

  constructor(series: AnySeries, { type, merge }: { readonly type: MetricType; readonly merge: IncludedMerge }) {
    this.#isAveraged = type === 'gauge' && merge === 'average';
    this.#series = series;
    this.#numbers = this.#numbersOf(series);
    this.#counts = countsOf(series, type);
  }

  /** A metric can be reset. The sum must not fall then: it goes on from what was counted. */
  take(series: AnySeries): void {
    const last = this.#numbers;
    this.#series = series;
    this.#numbers = this.#numbersOf(series);
    const isReset = last.slice(0, this.#counts).some((count, index) => this.#numbers[index]! < count);
    if (isReset) this.#before = added(last, this.#before);
  }

  /** The metric has this series no more, and begins it again from 0. */
  reset(): void {
    this.#before = added(this.#numbers, this.#before);
    this.#numbers = this.#numbers.map(() => 0);
  }

  write(rows: EntityRows, key: string, rule: Rule): void {
    const numbers = added(this.#numbers, this.#before);
    if ('buckets' in this.#series) {
      const [buckets, sum] = [numbers.slice(0, -1), numbers.at(-1)!];
      rows.putHistogram(key, rule, { ...this.#series, buckets, sum }, undefined);
    } else rows.put(key, rule, numbers);
    rows.putExemplars(key, exemplarsOf(this.#series));
  }

  #numbersOf(series: AnySeries): readonly number[] {
    if ('buckets' in series) return [...series.buckets, series.sum];
    if ('quantiles' in series) return [series.count, series.sum];
    return this.#isAveraged ? [series.value, 1] : [series.value];
  }
}

function countsOf(series: AnySeries, type: MetricType): number {
  if (type === 'gauge') return 0;
  return 'buckets' in series ? series.buckets.length : 1;
}

function added(numbers: readonly number[], before: readonly number[] | undefined): readonly number[] {
  return before === undefined ? numbers : numbers.map((number, index) => number + (before[index] ?? 0));
}

function exemplarsOf(series: AnySeries): NonNullable<HistogramSeries['exemplars']> {
  if ('buckets' in series) return series.exemplars ?? [];
  return 'value' in series && series.exemplar !== undefined ? [series.exemplar] : [];
}
