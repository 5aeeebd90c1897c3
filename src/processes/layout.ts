/*
 * The layout of a book: a file of 64-bit floats, its slots. A header, then regions one after the other. A region has values,
 * or a piece of the text. `docs/decisions/0026-books.md` shows it as a whole.
 */

/** The first slot of every book. Another number is another layout, which this version neither reads nor folds. */
export const format = 0x67_72_76_31; // "grv1"

export const headerSlots = 64;
export const slotBytes = 8;

/** The header, by slot. */
export const header = {
  format: 0,
  /** Bytes of the text that count. */
  textBytes: 1,
  /** When the process was last seen at work, in milliseconds since boot. */
  beat: 2,
  /** 1 where the process has ended by itself. */
  ended: 3,
  regions: 4,
  /** What the servers of the process do: an index of `bookStates`. */
  servers: 5,
  /** 1 where the process is about to end. */
  ending: 6,
  /** The size of each region in slots; that of a region of text is negative. */
  firstRegion: 8,
} as const;

/** What the servers of a process do, as its book says it: `none` where it has none. New ones come last. */
export const bookStates = ['none', 'starting', 'serving', 'draining', 'closed'] as const;
export type BookState = (typeof bookStates)[number];

export const maxRegions: number = headerSlots - header.firstRegion;

/**
 * How the rows of several books become one.
 *
 * `sum` adds the living and the dead. The others are for what the dead do not have: `gauge` adds, `max` and `min` choose, and
 * `each` keeps every process's own.
 */
export type Rule = 'sum' | 'gauge' | 'max' | 'min' | 'each';

/** What a row belongs to, such as a method. The first text says what kind of thing it is. */
export type EntityKey = readonly string[];

/** The key of what is known of the whole service. */
export const shelfKey = ['shelf'] as const;

/** What is known of an entity beside its numbers. */
export type EntityMeta = Readonly<Record<string, unknown>>;

/** Who writes a book. */
export interface Writer {
  /** The name of the book, without its ending. */
  readonly name: string;
  readonly pid: number;
  /** The thread, as the kernel counts threads. */
  readonly thread: number;
  /** When the thread began, in ticks of the kernel since boot. */
  readonly ticks: number;
  /** The namespace that `pid` and `thread` belong to. */
  readonly namespace: string;
  /** The value of the label `worker`. */
  readonly worker: number;
  /** When the book was begun, in seconds since 1970. */
  readonly created: number;
  /** The ports on which the process answers scrapes. */
  readonly ports: readonly number[];
  /** The ports that it takes when they are free, and those that it has. */
  readonly takes?: readonly number[];
  /** Of a retired sum: the books that it has in it, the latest last. */
  readonly folded?: readonly string[];
  /** Of a retired sum: files with the state in which books were folded, the latest last. */
  readonly states?: readonly string[];
}

/** One line of the text. Entities, rows and bounds are numbered in the order of their lines. */
export type Line =
  | readonly ['who', Writer]
  | readonly ['entity', EntityKey, EntityMeta]
  | readonly ['meta', entity: number, EntityMeta]
  | readonly ['bounds', readonly number[]]
  | readonly [
      'row',
      entity: number,
      part: string,
      rule: Rule,
      at: number,
      width: number,
      created: number | null,
      bounds: number | null,
      /** Whether a second float follows each value, which makes it more precise. */
      isPrecise: boolean,
      /** When the series began, in milliseconds since boot; null where no limit asks. */
      since: number | null,
    ]
  /** The row is of a series that stays under `other`, whatever room there will be. */
  | readonly ['out', row: number]
  | readonly ['cell', row: number, kind: CellKind, at: number, capacity: number]
  | readonly ['free', row: number];

/** A cell has two copies of its content, so that nobody reads half of it. */
export type CellKind = 'native' | 'exemplars';

/** Slots of a cell: the number of the copy that holds, and the copies. */
export function cellSlots(capacity: number): number {
  return 1 + 2 * capacity;
}

/** The first slot of a cell's copy. */
export function copyAt(cell: number, capacity: number, sequence: number): number {
  return cell + 1 + (sequence % 2) * capacity;
}
