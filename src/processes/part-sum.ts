import { joinBounds, later } from '../core/histogram-sum.ts';
import { mergeNative } from '../core/native/merge.ts';
import type { Exemplar, NativeBuckets } from '../core/snapshot.ts';
import { identicalArrays, slotsIn } from './bounds.ts';
import type { ReadCell } from './cell.ts';
import { addExactly } from './exact.ts';
import { type PlacedExemplar, readExemplars } from './exemplar-cell.ts';
import type { Rule } from './layout.ts';
import { readHistogram, type WholeHistogram } from './native-cell.ts';
import { type PairRange, Pairs } from './pairs.ts';
import type { ReadRow } from './read-rows.ts';

/** A row of one process, as it is told apart where the rule is `each`. */
export interface OwnPart {
  readonly worker: number;
  readonly row: ReadRow;
}

/** Gives room for so many sums, all zero. */
type Take = (width: number) => PairRange;

/** The rows of one part of an entity, in all books, as one. */
export class PartSum {
  readonly rule: Rule;
  /** When the first of them began, in seconds since 1970. */
  created: number | undefined;
  /** When its series began, in milliseconds since boot; undefined where no limit asks. */
  since: number | undefined;
  /** All bounds of all rows; undefined unless it is a histogram. */
  bounds: readonly number[] | undefined;
  /** Where its sums are. */
  pairs: Pairs;
  from: number;
  width: number;
  /** How many books have it. */
  books = 0;
  /** Whether a row may have native buckets. */
  mayBeNative = false;
  /** What few parts have is made where it is needed: there are thousands of parts. */
  #own: OwnPart[] | undefined;
  #rows = 0;
  #natives: NativeBuckets[] | undefined;
  #lacksNative = false;
  #exemplars: (Exemplar | undefined)[] | undefined;

  constructor({ rule, width, bounds }: Pick<ReadRow, 'rule' | 'width' | 'bounds'>, take: Take = takeAlone) {
    const { pairs, from } = take(width);
    this.rule = rule;
    this.bounds = bounds;
    this.pairs = pairs;
    this.from = from;
    this.width = width;
  }

  /** By process, where the rule is `each`. */
  get own(): readonly OwnPart[] {
    return this.#own ?? [];
  }

  /** The native buckets of all rows; undefined unless every row with observations has them: the counts would not agree. */
  get native(): NativeBuckets | undefined {
    const [first, ...others] = this.#natives ?? [];
    return first === undefined || this.#lacksNative ? undefined : mergeNative([first, ...others]);
  }

  /** The latest exemplar of each bucket; that of a counter is the first. */
  get exemplars(): readonly (Exemplar | undefined)[] | undefined {
    return this.#exemplars;
  }

  /** The sum at this index. */
  at(index: number): number {
    const slot = this.from + index;
    return index < this.width ? this.pairs.high[slot]! + this.pairs.low[slot]! : 0;
  }

  get values(): Float64Array {
    return this.pairs.high.subarray(this.from, this.from + this.width);
  }

  /** What `values` are too small by. */
  get low(): Float64Array {
    return this.pairs.low.subarray(this.from, this.from + this.width);
  }

  /** Forgets what is not in the pairs. */
  clear(): void {
    this.#rows = 0;
    this.#own = undefined;
    this.#natives = undefined;
    this.#lacksNative = false;
    this.#exemplars = undefined;
  }

  /** Makes room for a row: its bounds join those of the others. Before any row is added. */
  include({ width, bounds, created, since, cells }: ReadRow, take: Take = takeAlone): void {
    if (since !== undefined && !(this.since! <= since)) this.since = since;
    if (created !== undefined && !(this.created! <= created)) this.created = created;
    if (cells.has('native')) this.mayBeNative = true;
    let slots = Math.max(this.width, width);
    if (bounds !== undefined && this.bounds !== undefined && !identicalArrays(bounds, this.bounds)) {
      this.bounds = joinBounds([this.bounds, bounds]);
      slots = this.bounds.length + 2;
    }
    if (slots !== this.width) this.move(take, slots);
  }

  /** Takes other room, of zeros. */
  move(take: Take, width: number = this.width): void {
    const { pairs, from } = take(width);
    this.pairs = pairs;
    this.from = from;
    this.width = width;
  }

  /** Whether the numbers of a row are added as they stand, one to each pair. */
  takesPlainly({ bounds }: ReadRow): boolean {
    return this.rule === 'sum' && !this.mayBeNative && this.#slotsOf(bounds) === undefined;
  }

  add(row: ReadRow, worker: number): void {
    this.#rows += 1;
    if (this.rule === 'each') {
      this.#own ??= [];
      this.#own.push({ worker, row });
    } else if (this.rule === 'sum') this.#addSum(row);
    else this.#addNow(row);
  }

  addExemplars({ bounds, cells }: ReadRow): void {
    const cell = cells.get('exemplars');
    if (cell?.content === undefined) return;
    const slots = this.#slotsOf(bounds);
    for (const [bucket, exemplar] of exemplarsIn(cell, cell.content)) {
      const into = slots === undefined ? bucket : (slots[bucket] ?? 0);
      this.#exemplars ??= [];
      this.#exemplars[into] = later(this.#exemplars[into], exemplar);
    }
  }

  #addSum(row: ReadRow): void {
    const { width, bounds, isPrecise } = row;
    const { high, low } = this.pairs;
    const whole = wholeOf(row);
    if (whole !== undefined) {
      this.#natives ??= [];
      this.#natives.push(whole.native);
    } else if (bounds !== undefined && !isEmpty(row)) this.#lacksNative = true;
    const [values, from] = whole === undefined ? [row.values, row.from] : [whole.numbers, 0];
    const slots = this.#slotsOf(bounds);
    for (let index = 0; index < width; index += 1) {
      const into = this.from + this.#slotOf(index, width, slots);
      addExactly(high, low, into, values[from + index]!);
      if (isPrecise) low[into]! += values[from + width + index]!;
    }
    this.addExemplars(row);
  }

  /** The last value of a histogram is its sum. */
  #slotOf(index: number, width: number, slots: readonly number[] | undefined): number {
    if (slots === undefined) return index;
    return index === width - 1 ? this.width - 1 : slots[index]!;
  }

  /** Where the buckets of a row go; undefined where each goes to its own place. */
  #slotsOf(bounds: readonly number[] | undefined): readonly number[] | undefined {
    if (bounds === undefined || this.bounds === undefined || identicalArrays(bounds, this.bounds)) return undefined;
    return slotsIn(bounds, this.bounds);
  }

  #addNow({ values, from, width }: ReadRow): void {
    const { high } = this.pairs;
    for (let index = 0; index < width; index += 1) {
      const slot = this.from + index;
      const some = high[slot]!;
      const value = values[from + index]!;
      if (this.#rows === 1) high[slot] = value;
      else if (this.rule === 'gauge') high[slot] = some + value;
      else if (this.rule === 'max') high[slot] = Math.max(some, value);
      else high[slot] = Math.min(some, value);
    }
  }
}

function takeAlone(width: number): PairRange {
  return { pairs: new Pairs(width), from: 0 };
}

function exemplarsIn(cell: ReadCell, content: Float64Array): readonly PlacedExemplar[] {
  cell.reading ??= readExemplars(content);
  return cell.reading as readonly PlacedExemplar[];
}

/** A row's histogram with native buckets; undefined where it has none. */
function wholeOf({ cells, width, isPrecise }: ReadRow): WholeHistogram | undefined {
  const cell = cells.get('native');
  if (cell?.content === undefined) return undefined;
  cell.reading ??= readHistogram(cell.content, isPrecise ? 2 * width : width);
  return cell.reading as WholeHistogram | undefined;
}

function isEmpty({ values, from, width }: ReadRow): boolean {
  for (let index = from; index < from + width; index += 1) if (values[index] !== 0) return false;
  return true;
}
