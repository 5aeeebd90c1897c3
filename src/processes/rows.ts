import type { HistogramNumbers } from '../core/histogram-sum.ts';
import type { Exemplar, HistogramSeries, Labels, NativeBuckets } from '../core/snapshot.ts';
import type { Book, Row, RowHead } from './book.ts';
import { type PlacedExemplar, writeExemplars } from './exemplar-cell.ts';
import { type FoldedRow, subtractFolded, subtractNative } from './folded-counts.ts';
import type { EntityKey, EntityMeta, Rule } from './layout.ts';
import { writeHistogram } from './native-cell.ts';
import type { PartSum } from './part-sum.ts';

const noLabels: Labels = Object.freeze({});

/** One entity of a book and its rows, each made when it is first put. What the book has no room for is tried again later. */
export class EntityRows {
  readonly #book: Book;
  readonly #key: EntityKey;
  readonly #rows = new Map<string, Row>();
  /** By row, what the retired sum has of it. */
  readonly #folded = new Map<string, FoldedRow>();
  #meta: EntityMeta;
  #metaText = '';
  #number: number | undefined;
  readonly #sinceOf: (part: string) => number | undefined;
  readonly #out = new Set<Row>();

  /** `sinceOf` says when the series of a part began, in milliseconds since boot, where a limit asks. */
  constructor(
    book: Book,
    key: EntityKey,
    meta: EntityMeta,
    sinceOf: (part: string) => number | undefined = () => undefined,
  ) {
    this.#sinceOf = sinceOf;
    this.#book = book;
    this.#key = key;
    this.#meta = meta;
  }

  /** Says what is known of the entity beside its numbers. */
  changeMeta(meta: EntityMeta): void {
    this.#meta = meta;
    const text = JSON.stringify(meta);
    if (this.#number === undefined || text === this.#metaText) return;
    if (this.#book.changeMeta(this.#number, meta)) this.#metaText = text;
  }

  /** Puts numbers that belong together; `created` in seconds since 1970. Returns whether there was room. */
  put(part: string, rule: Rule, numbers: readonly number[], created?: number): boolean {
    const row = this.#rows.get(part) ?? this.#add(part, { rule, width: numbers.length, created });
    if (row === undefined) return false;
    const isWhole = this.#folded.size === 0;
    this.#book.put(row, isWhole ? numbers : this.#withoutFolded(part, numbers, numbers.length));
    return true;
  }

  /** Returns whether there was room. */
  putHistogram(part: string, rule: Rule, series: HistogramSeries, created: number | undefined): boolean {
    const { bounds, buckets, sum, native } = series;
    const row = this.#rows.get(part) ?? this.#add(part, { rule, width: buckets.length + 1, created, bounds });
    if (row === undefined) return false;
    if (this.#folded.size > 0 && this.#folded.has(part)) {
      const numbers = this.#withoutFolded(part, [...buckets, sum], buckets.length);
      this.#putWhole(row, numbers, native && subtractNative(native, this.#folded.get(part)?.native));
    } else if (native === undefined) this.#book.putHistogram(row, buckets, sum);
    else this.#book.putWhole(row, 'native', writeHistogram([...buckets, sum], native));
    return true;
  }

  /** Puts exemplars beside a row that was put before. */
  putExemplars(part: string, exemplars: readonly (Exemplar | undefined)[]): void {
    const row = this.#rows.get(part);
    const placed = exemplars.flatMap((one, at): PlacedExemplar[] => (one === undefined ? [] : [[at, one]]));
    if (row !== undefined && placed.length > 0) this.#book.putWhole(row, 'exemplars', writeExemplars(placed));
  }

  /** Puts the sum of several books, with all that it is made of. */
  putSum(part: string, sum: PartSum): void {
    const { rule, created, bounds, values, low, native, exemplars, since } = sum;
    const row =
      this.#rows.get(part) ?? this.#add(part, { rule, width: values.length, created, bounds, isPrecise: true, since });
    if (row === undefined) return;
    this.#putWhole(row, [...values, ...low], native);
    this.putExemplars(part, exemplars ?? []);
  }

  remove(part: string): void {
    const row = this.#rows.get(part);
    if (row === undefined) return;
    this.#rows.delete(part);
    this.#folded.delete(part);
    this.#book.free(row);
  }

  /** From now on the series of this row is under `other`, whatever room there will be. */
  keepOut(part: string): void {
    const row = this.#rows.get(part);
    if (row !== undefined && !this.#out.has(row) && this.#book.keepOut(row)) this.#out.add(row);
  }

  /** The names of the rows. */
  parts(): string[] {
    return [...this.#rows.keys()];
  }

  #putWhole(row: Row, numbers: readonly number[], native: NativeBuckets | undefined): void {
    if (native === undefined) this.#book.put(row, numbers);
    else this.#book.putWhole(row, 'native', writeHistogram(numbers, native));
  }

  #add(part: string, head: Omit<RowHead, 'entity' | 'part'>): Row | undefined {
    if (this.#number === undefined) {
      this.#number = this.#book.addEntity(this.#key, this.#meta);
      this.#metaText = JSON.stringify(this.#meta);
    }
    if (this.#number === undefined) return undefined;
    const { rule, created, isPrecise } = head;
    const folded = rule === 'sum' ? this.#book.folded?.get(this.#key, part, created) : undefined;
    const isRest = isPrecise === true || folded !== undefined;
    const since = this.#sinceOf(part);
    const row = this.#book.addRow({ entity: this.#number, part, since, ...head, isPrecise: isRest });
    if (row === undefined) return undefined;
    this.#rows.set(part, row);
    if (folded !== undefined) this.#folded.set(part, folded);
    return row;
  }

  /** `numbers`, of which the first `counts` never fall, without what the retired sum has of them. */
  #withoutFolded(part: string, numbers: readonly number[], counts: number): readonly number[] {
    const folded = this.#folded.get(part);
    if (folded === undefined) return numbers;
    const rest = subtractFolded(numbers, folded, counts);
    if (rest !== undefined) return rest;
    const zeros = new Float64Array(numbers.length);
    this.#folded.set(part, { values: zeros, low: zeros, native: undefined });
    return [...numbers, ...zeros];
  }
}

/** What a histogram has observed up to now. */
export function seriesOf(histogram: HistogramNumbers): HistogramSeries {
  return histogram.live(noLabels);
}
