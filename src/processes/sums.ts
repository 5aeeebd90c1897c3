import { joinBounds, later } from '../core/histogram-sum.ts';
import { mergeNative } from '../core/native/merge.ts';
import type { Exemplar, NativeBuckets } from '../core/snapshot.ts';
import type { BookFile, ReadEntity, ReadRow } from './book-file.ts';
import { identicalArrays, slotsIn } from './bounds.ts';
import type { ReadCell } from './cell.ts';
import { addExactly } from './exact.ts';
import { type PlacedExemplar, readExemplars } from './exemplar-cell.ts';
import type { EntityKey, EntityMeta, Rule } from './layout.ts';
import { readHistogram, type WholeHistogram } from './native-cell.ts';

/** A row of one process, as it is told apart where the rule is `each`. */
export interface OwnPart {
  readonly worker: number;
  readonly row: ReadRow;
}

/** The rows of one part of an entity, in all books, as one. */
export class PartSum {
  readonly rule: Rule;
  /** When the first of them began, in seconds since 1970. */
  created: number | undefined;
  /** All bounds of all rows; undefined unless it is a histogram. */
  bounds: readonly number[] | undefined;
  values: Float64Array;
  /** What `values` are too small by. */
  low: Float64Array;
  /** How many rows are in it. */
  rows = 0;
  /** By process, where the rule is `each`. */
  readonly own: OwnPart[] = [];
  readonly #natives: NativeBuckets[] = [];
  #lacksNative = false;
  #exemplars: (Exemplar | undefined)[] | undefined;

  constructor({ rule, width, bounds }: Pick<ReadRow, 'rule' | 'width' | 'bounds'>) {
    this.rule = rule;
    this.bounds = bounds;
    this.values = new Float64Array(width);
    this.low = new Float64Array(width);
  }

  /** The native buckets of all rows; undefined unless every row with observations has them: the counts would not agree. */
  get native(): NativeBuckets | undefined {
    const [first, ...others] = this.#natives;
    return first === undefined || this.#lacksNative ? undefined : mergeNative([first, ...others]);
  }

  /** The latest exemplar of each bucket; that of a counter is the first. */
  get exemplars(): readonly (Exemplar | undefined)[] | undefined {
    return this.#exemplars;
  }

  /** The sum at this index. */
  at(index: number): number {
    return (this.values[index] ?? 0) + (this.low[index] ?? 0);
  }

  clear(): void {
    this.values.fill(0);
    this.low.fill(0);
    this.rows = 0;
    if (this.own.length > 0) this.own.length = 0;
    if (this.#natives.length > 0) this.#natives.length = 0;
    this.#lacksNative = false;
    this.#exemplars = undefined;
  }

  /** Makes room for a row: its bounds join those of the others. Before any row is added. */
  include({ width, bounds, created }: ReadRow): void {
    if (created !== undefined && !(this.created! <= created)) this.created = created;
    let slots = Math.max(this.values.length, width);
    if (bounds !== undefined && this.bounds !== undefined && !identicalArrays(bounds, this.bounds)) {
      this.bounds = joinBounds([this.bounds, bounds]);
      slots = this.bounds.length + 2;
    }
    if (slots === this.values.length) return;
    this.values = new Float64Array(slots);
    this.low = new Float64Array(slots);
  }

  add(row: ReadRow, worker: number): void {
    this.rows += 1;
    if (this.rule === 'each') this.own.push({ worker, row });
    else if (this.rule === 'sum') this.#addSum(row);
    else this.#addNow(row);
  }

  #addSum(row: ReadRow): void {
    const { width, bounds, isPrecise, cells } = row;
    const whole = wholeOf(row);
    if (whole !== undefined) this.#natives.push(whole.native);
    else if (bounds !== undefined && !isEmpty(row)) this.#lacksNative = true;
    const [values, from] = whole === undefined ? [row.values, row.from] : [whole.numbers, 0];
    const slots = this.#slotsOf(bounds);
    for (let index = 0; index < width; index += 1) {
      const into = this.#slotOf(index, width, slots);
      addExactly(this.values, this.low, into, values[from + index]!);
      if (isPrecise) this.low[into]! += values[from + width + index]!;
    }
    const cell = cells.get('exemplars');
    if (cell?.content !== undefined) this.#addExemplars(cell, cell.content, slots);
  }

  #addExemplars(cell: ReadCell, content: Float64Array, slots: readonly number[] | undefined): void {
    cell.reading ??= readExemplars(content);
    for (const [bucket, exemplar] of cell.reading as readonly PlacedExemplar[]) {
      const into = slots === undefined ? bucket : (slots[bucket] ?? 0);
      this.#exemplars ??= [];
      this.#exemplars[into] = later(this.#exemplars[into], exemplar);
    }
  }

  /** The last value of a histogram is its sum. */
  #slotOf(index: number, width: number, slots: readonly number[] | undefined): number {
    if (slots === undefined) return index;
    return index === width - 1 ? this.values.length - 1 : slots[index]!;
  }

  /** Where the buckets of a row go; undefined where each goes to its own place. */
  #slotsOf(bounds: readonly number[] | undefined): readonly number[] | undefined {
    if (bounds === undefined || this.bounds === undefined || identicalArrays(bounds, this.bounds)) return undefined;
    return slotsIn(bounds, this.bounds);
  }

  #addNow({ values, from, width }: ReadRow): void {
    for (let index = 0; index < width; index += 1) {
      const some = this.values[index]!;
      const value = values[from + index]!;
      if (this.rows === 1) this.values[index] = value;
      else if (this.rule === 'gauge') this.values[index] = some + value;
      else if (this.rule === 'max') this.values[index] = Math.max(some, value);
      else this.values[index] = Math.min(some, value);
    }
  }
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

/** One entity of all books that have it. */
export class EntitySum {
  readonly key: EntityKey;
  meta: EntityMeta = {};
  /** By name. */
  readonly parts: Map<string, PartSum> = new Map();
  /** Changes whenever there are other parts than before. */
  version = 0;

  constructor(key: EntityKey) {
    this.key = key;
  }
}

/** A book, and the number of its process; undefined where that is dead, and only its sums count. */
export interface KnownBook {
  readonly file: BookFile;
  readonly worker: number | undefined;
}

/** All books as one: every entity, every part. Written in one synchronous step, so that who reads at any moment sees whole sums. */
export class Sums {
  readonly #entities = new Map<string, EntitySum>();
  #parts = new WeakMap<BookFile, { readonly version: number; readonly parts: readonly PartSum[] }>();
  /** How often the sums have been made. */
  version = 0;

  /** Entities whose key begins with `kind`. */
  *ofKind(kind: string): Iterable<EntitySum> {
    for (const entity of this.#entities.values()) if (entity.key[0] === kind) yield entity;
  }

  all(): Iterable<EntitySum> {
    return this.#entities.values();
  }

  get(key: EntityKey): EntitySum | undefined {
    return this.#entities.get(JSON.stringify(key));
  }

  /** Adds the books up again. */
  add(books: readonly KnownBook[]): void {
    this.version += 1;
    for (const entity of this.#entities.values()) for (const part of entity.parts.values()) part.clear();
    // All rows are included before one is added: bounds may join.
    const parts = books.map(({ file }) => this.#partsOf(file));
    for (const [index, { file, worker }] of books.entries()) addRows(file.rows, parts[index]!, worker);
    this.#prune();
  }

  /** The parts of a book's rows, found once for each version of the book. */
  #partsOf(file: BookFile): readonly PartSum[] {
    const known = this.#parts.get(file);
    if (known?.version === file.version) return known.parts;
    const parts = file.rows.map((row) => {
      const part = this.#partOf(this.#entityOf(row.entity), row);
      part.include(row);
      return part;
    });
    this.#parts.set(file, { version: file.version, parts });
    return parts;
  }

  #entityOf({ key, meta }: ReadEntity): EntitySum {
    const text = JSON.stringify(key);
    let entity = this.#entities.get(text);
    if (entity === undefined) {
      entity = new EntitySum(key);
      this.#entities.set(text, entity);
    }
    entity.meta = { ...entity.meta, ...meta };
    return entity;
  }

  #partOf(entity: EntitySum, row: ReadRow): PartSum {
    let part = entity.parts.get(row.part);
    if (part === undefined || part.rule !== row.rule) {
      part = new PartSum(row);
      entity.parts.set(row.part, part);
      entity.version += 1;
    }
    return part;
  }

  /** Forgets what no book has any more. */
  #prune(): void {
    for (const [key, entity] of this.#entities) {
      for (const [name, part] of entity.parts) {
        if (part.rows > 0) continue;
        entity.parts.delete(name);
        entity.version += 1;
        this.#parts = new WeakMap(); // a row may come to life again
      }
      if (entity.parts.size === 0) this.#entities.delete(key);
    }
  }
}

/** Adds the rows of one book; of the dead only what is summed. */
function addRows(rows: readonly ReadRow[], parts: readonly PartSum[], worker: number | undefined): void {
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    if (worker !== undefined || row.rule === 'sum') parts[index]!.add(row, worker ?? -1);
  }
}
