import { Addition } from './addition.ts';
import type { BookFile } from './book-file.ts';
import type { EntityKey, EntityMeta } from './layout.ts';
import { PairStore } from './pairs.ts';
import { PartSum } from './part-sum.ts';
import type { ReadRow } from './read-rows.ts';
import type { Place, Placing } from './series-limits.ts';

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

/** A book as it was when its addition was found. */
interface Added {
  readonly file: BookFile;
  readonly version: number;
  readonly isDead: boolean;
  readonly addition: Addition;
}

/** All books as one: every entity, every part. Written in one synchronous step, so that who reads at any moment sees whole sums. */
export class Sums {
  readonly #entities = new Map<string, EntitySum>();
  readonly #placing: Placing;
  #parts = new WeakMap<BookFile, { readonly version: number; readonly parts: readonly PartSum[] }>();
  #pairs = new PairStore();
  #added: readonly Added[] = [];
  /** How often the sums have been made. */
  version = 0;

  /** `placing` says which rows belong elsewhere, because there is no room for their series. */
  constructor(placing: Placing) {
    this.#placing = placing;
  }

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
    if (!this.#isAsBefore(books)) this.#plan(books);
    this.#pairs.clear();
    for (const { addition } of this.#added) addition.clear();
    for (const [index, { addition }] of this.#added.entries()) addition.run(books[index]!.worker ?? -1);
  }

  /** Whether these are the same books as last time, each with the same rows. */
  #isAsBefore(books: readonly KnownBook[]): boolean {
    if (books.length !== this.#added.length) return false;
    return this.#added.every(({ file, version, isDead }, index) => {
      const book = books[index]!;
      return book.file === file && file.version === version && (book.worker === undefined) === isDead;
    });
  }

  /** Finds which row goes where. All rows are included before one is added: bounds may join. */
  #plan(books: readonly KnownBook[]): void {
    for (const { addition } of this.#added) addition.clear();
    for (const part of this.#everyPart()) part.books = 0;
    if (this.#placing.update(books)) this.#parts = new WeakMap();
    const parts = books.map(({ file }) => this.#partsOf(file));
    if (this.#pairs.isWasteful) this.#repack();
    this.#added = books.map(({ file, worker }, index) => {
      const isDead = worker === undefined;
      return { file, version: file.version, isDead, addition: new Addition(file.rows, parts[index]!, isDead) };
    });
    this.#prune();
  }

  *#everyPart(): Iterable<PartSum> {
    for (const { parts } of this.#entities.values()) yield* parts.values();
  }

  /** The parts of a book's rows, found once for each version of the book. */
  #partsOf(file: BookFile): readonly PartSum[] {
    const known = this.#parts.get(file);
    if (known?.version === file.version) return known.parts;
    const entities = new Map<Place, EntitySum>();
    const parts = file.rows.map((row) => {
      const place = this.#placing.place(row);
      const entity = entities.get(place.entity) ?? this.#entityOf(place.entity);
      entities.set(place.entity, entity);
      return this.#partOf(entity, place.part, row);
    });
    this.#parts.set(file, { version: file.version, parts });
    return parts;
  }

  #entityOf({ key, meta }: Place): EntitySum {
    const text = JSON.stringify(key);
    let entity = this.#entities.get(text);
    if (entity === undefined) {
      entity = new EntitySum(key);
      this.#entities.set(text, entity);
    }
    entity.meta = { ...entity.meta, ...meta };
    return entity;
  }

  #partOf(entity: EntitySum, name: string, row: ReadRow): PartSum {
    let part = entity.parts.get(name);
    if (part === undefined || part.rule !== row.rule) {
      if (part !== undefined) this.#pairs.giveBack(part.width);
      part = new PartSum(row, this.#pairs.take);
      entity.parts.set(name, part);
      entity.version += 1;
    }
    const { width } = part;
    part.include(row, this.#pairs.take);
    if (part.width !== width) this.#pairs.giveBack(width);
    return part;
  }

  /** Takes new room for all parts. */
  #repack(): void {
    this.#pairs = new PairStore();
    for (const part of this.#everyPart()) part.move(this.#pairs.take);
  }

  /** Forgets what is in no book. */
  #prune(): void {
    for (const [key, entity] of this.#entities) {
      for (const [name, part] of entity.parts) {
        if (part.books > 0) continue;
        entity.parts.delete(name);
        entity.version += 1;
        this.#pairs.giveBack(part.width);
        this.#parts = new WeakMap(); // a row may come to life again
      }
      if (entity.parts.size === 0) this.#entities.delete(key);
    }
  }
}
