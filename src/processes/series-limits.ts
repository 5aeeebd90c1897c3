import type { BookFile } from './book-file.ts';
import type { EntityKey, EntityMeta } from './layout.ts';
import type { ReadEntity, ReadRow } from './read-rows.ts';

/** Of an entity whose parts are series, such as a metric with labels: in its meta, as `parts`. */
export interface PartLimit {
  /** Most series, besides the one that has the others. */
  readonly max: number;
  /** The part that has those for which there is no room. */
  readonly others: string;
}

/** Of an entity that is a series among others, such as a method with its labels: in its meta, as `series`. */
export interface SeriesLimit {
  /** Which series count together. */
  readonly group: string;
  /** How many series it counts for; 0 for one that only has room where its `base` has. */
  readonly cost: number;
  /** Up to how many series of the group there is room for it. */
  readonly upTo: number;
  /** The key of the series without which this one has no room, as JSON. */
  readonly base?: string | undefined;
  /** The entity that has its numbers where there is no room for it. */
  readonly others: Place;
}

/** An entity, be it in a book or not. */
export type Place = Pick<ReadEntity, 'key' | 'meta'>;

/** Where a row belongs. */
export interface RowPlace {
  readonly entity: Place;
  readonly part: string;
}

/** Says where rows belong. */
export interface Placing {
  /** Looks at the books. Returns whether rows belong to other places than before. */
  update(books: readonly LimitedBook[]): boolean;
  place(row: ReadRow): RowPlace;
}

/** A book, and the number of its process; undefined where that is dead, and only its sums count. */
interface LimitedBook {
  readonly file: BookFile;
  readonly worker: number | undefined;
}

/** Each row where it is. */
export const unlimited: Placing = {
  update: () => false,
  place: (row) => row,
};

interface Series {
  /** Milliseconds since boot. */
  readonly since: number;
  readonly cost: number;
  readonly upTo: number;
  readonly base: string | undefined;
  readonly isOut: boolean;
}

const none: ReadonlySet<string> = new Set();

/** The series of one group in all books. */
class Group {
  readonly #series = new Map<string, Series>();
  #out = new Set<string>();
  #used = 0;
  #latest = -Infinity;
  #isSorted = true;

  /** How often series that were known got room, or lost it. */
  moves = 0;

  /** Those for which there is no room. */
  get out(): ReadonlySet<string> {
    if (!this.#isSorted) this.#sort();
    return this.#out;
  }

  /** Adds a series of one book. One that began after all others changes nothing for them. */
  add(name: string, series: Series): void {
    const known = this.#series.get(name);
    if (known !== undefined) {
      if (series.since >= known.since && series.isOut === known.isOut && series.upTo <= known.upTo) return;
      this.#series.set(name, unite(known, series));
      this.#isSorted = false;
      return;
    }
    this.#series.set(name, series);
    if (series.since <= this.#latest) this.#isSorted = false;
    if (this.#isSorted) this.#give(name, series);
  }

  #sort(): void {
    const inOrder = [...this.#series].sort(([name, some], [otherName, other]) => {
      return some.since - other.since || (name < otherName ? -1 : 1);
    });
    const before = this.#out;
    this.#out = new Set();
    this.#used = 0;
    for (const [name, series] of inOrder) this.#give(name, series);
    this.#isSorted = true;
    if (!isSameSet(before, this.#out)) this.moves += 1;
  }

  /** Gives room to the next series in order, if there is some. */
  #give(name: string, { since, cost, upTo, base, isOut }: Series): void {
    this.#latest = since;
    const hasRoom = !isOut && this.#used + cost <= upTo && (base === undefined || !this.#out.has(base));
    if (hasRoom) this.#used += cost;
    else this.#out.add(name);
  }
}

/** A book as it was when its series were noted. */
interface Noted {
  readonly file: BookFile;
  readonly version: number;
  readonly isDead: boolean;
  readonly rows: readonly ReadRow[];
  /** Rows that were known to be out. */
  readonly outs: number;
}

/**
 * The limits on series, for all processes together.
 *
 * There is room for those that began first, as in one process. Every reader sees the same books, and so comes to the same result. What
 * a process knows to be out stays out (`Book.keepOut`): room that becomes free is for new series, and no count moves back.
 */
export class SeriesLimits implements Placing {
  readonly #keys = new WeakMap<Place, string>();
  #groups = new Map<string, Group>();
  #noted: readonly Noted[] = [];
  #out: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #moves = 0;

  update(books: readonly LimitedBook[]): boolean {
    const before = this.#noted;
    this.#noted = books.map(({ file, worker }, index) => noted(file, worker === undefined, before[index]));
    const pairs = this.#noted.map((now, index) => [before[index], now] as const);
    if (before.length === pairs.length && pairs.every(([last, now]) => last === now)) return false;
    // Most often there are only more rows. Else all series are looked at again.
    const isContinued = before.length === pairs.length && pairs.every(([last, now]) => isLonger(last, now));
    if (!isContinued) this.#groups = new Map();
    for (const [last, { rows, isDead }] of pairs) {
      for (let index = isContinued ? last!.rows.length : 0; index < rows.length; index += 1) {
        if (!isDead || rows[index]!.rule === 'sum') this.#note(rows[index]!);
      }
    }
    const [outBefore, movesBefore] = [this.#out, this.#moves];
    const out = Array.from(this.#groups, ([name, group]) => [name, group.out] as const);
    this.#out = new Map(out.filter(([, series]) => series.size > 0));
    this.#moves = sumOf(this.#groups);
    return isContinued ? this.#moves !== movesBefore : !isSame(outBefore, this.#out);
  }

  /** The series of a group for which there is no room. */
  outOf(group: string): ReadonlySet<string> {
    return this.#out.get(group) ?? none;
  }

  /** The limits as they are now, also when they change. */
  snapshot(): Placing {
    const copy = new SeriesLimits();
    copy.#out = new Map(Array.from(this.#out, ([group, out]) => [group, new Set(out)]));
    return { update: () => false, place: (row) => copy.place(row) };
  }

  place(row: ReadRow): RowPlace {
    const { entity, part, isOut } = row;
    if (this.#out.size === 0 && isOut !== true) return row;
    const { parts } = limitsOf(entity.meta);
    if (parts !== undefined) {
      const hasRoom = isOut !== true && !this.outOf(this.#keyOf(entity)).has(part);
      return { entity, part: hasRoom ? part : parts.others };
    }
    let place: Place = entity;
    for (let { series } = limitsOf(place.meta); series !== undefined && this.#isOut(place, series); ) {
      place = series.others;
      ({ series } = limitsOf(place.meta));
    }
    return { entity: place, part };
  }

  #isOut(place: Place, { group, base }: SeriesLimit): boolean {
    const out = this.outOf(group);
    return out.has(this.#keyOf(place)) || (base !== undefined && out.has(base));
  }

  #note({ entity, part, since = 0, isOut = false }: ReadRow): void {
    const { parts, series } = limitsOf(entity.meta);
    if (parts !== undefined && part !== parts.others) {
      this.#group(this.#keyOf(entity)).add(part, { since, cost: 1, upTo: parts.max, base: undefined, isOut });
    } else if (series !== undefined) {
      const { group, cost, upTo, base } = series;
      this.#group(group).add(this.#keyOf(entity), { since, cost, upTo, base, isOut });
    }
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group();
      this.#groups.set(name, group);
    }
    return group;
  }

  #keyOf(place: Place): string {
    let key = this.#keys.get(place);
    if (key === undefined) {
      key = seriesKey(place.key);
      this.#keys.set(place, key);
    }
    return key;
  }
}

/** What an entity is called as a series, and as the group of its parts. */
export function seriesKey(key: EntityKey): string {
  return JSON.stringify(key);
}

function limitsOf(meta: EntityMeta): { readonly parts?: PartLimit; readonly series?: SeriesLimit } {
  return meta; // as processes of this version write it
}

function noted(file: BookFile, isDead: boolean, last: Noted | undefined): Noted {
  const { version } = file;
  if (last?.file === file && last.version === version && last.isDead === isDead) return last;
  const { rows } = file;
  return { file, version, isDead, rows, outs: rows.filter(({ isOut }) => isOut).length };
}

/** Whether a book has the rows that it had, each of the same series, and maybe more. */
function isLonger(last: Noted | undefined, { file, isDead, rows, outs }: Noted): boolean {
  if (last?.file !== file || last.isDead !== isDead || last.rows.length > rows.length) return false;
  let more = outs;
  for (let index = last.rows.length; index < rows.length; index += 1) if (rows[index]!.isOut) more -= 1;
  return more === last.outs && last.rows.every((row, index) => isSameSeries(row, rows[index]!));
}

function isSameSeries(some: ReadRow, other: ReadRow): boolean {
  return some === other || (some.entity === other.entity && some.part === other.part);
}

function unite(some: Series, other: Series): Series {
  return {
    since: Math.min(some.since, other.since),
    cost: Math.max(some.cost, other.cost),
    upTo: Math.max(some.upTo, other.upTo),
    base: some.base,
    isOut: some.isOut || other.isOut,
  };
}

function sumOf(groups: ReadonlyMap<string, Group>): number {
  let moves = 0;
  for (const group of groups.values()) moves += group.moves;
  return moves;
}

function isSameSet(some: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (some.size !== other.size) return false;
  for (const name of some) if (!other.has(name)) return false;
  return true;
}

function isSame(
  some: ReadonlyMap<string, ReadonlySet<string>>,
  others: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  return (
    some.size === others.size && [...some].every(([group, series]) => isSameSet(series, others.get(group) ?? none))
  );
}
