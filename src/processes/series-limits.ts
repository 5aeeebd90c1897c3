import type { BookFile, ReadEntity, ReadRow } from './book-file.ts';
import type { EntityKey, EntityMeta } from './layout.ts';

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

/** The series of one book, by group and by name. */
type Groups = ReadonlyMap<string, ReadonlyMap<string, Series>>;

const none: ReadonlySet<string> = new Set();

/**
 * The limits on series, for all processes together.
 *
 * There is room for those that began first, as in one process. Every reader sees the same books, and so comes to the same result. What
 * a process knows to be out stays out (`Book.keepOut`): room that becomes free is for new series, and no count moves back.
 */
export class SeriesLimits implements Placing {
  readonly #known = new WeakMap<
    BookFile,
    { readonly version: number; readonly isDead: boolean; readonly groups: Groups }
  >();
  readonly #keys = new WeakMap<Place, string>();
  #out: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #seen: readonly Groups[] = [];

  update(books: readonly LimitedBook[]): boolean {
    const all = books.map(({ file, worker }) => this.#groupsOf(file, worker === undefined));
    if (all.length === this.#seen.length && all.every((groups, index) => groups === this.#seen[index])) return false;
    this.#seen = all;
    const before = this.#out;
    const names = new Set(all.flatMap((groups) => [...groups.keys()]));
    const out = Array.from(names, (name) => {
      return [name, seriesWithoutRoom(all.flatMap((groups) => groups.get(name) ?? []))] as const;
    });
    this.#out = new Map(out.filter(([, series]) => series.size > 0));
    return !isSame(before, this.#out);
  }

  /** The series of a group for which there is no room. */
  outOf(group: string): ReadonlySet<string> {
    return this.#out.get(group) ?? none;
  }

  /** The limits as they are now, also when they change. */
  snapshot(): Placing {
    const copy = new SeriesLimits();
    copy.#out = this.#out;
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

  #groupsOf(file: BookFile, isDead: boolean): Groups {
    const known = this.#known.get(file);
    if (known?.version === file.version && known.isDead === isDead) return known.groups;
    const groups = new Map<string, Map<string, Series>>();
    for (const row of file.rows) if (!isDead || row.rule === 'sum') this.#note(groups, row);
    this.#known.set(file, { version: file.version, isDead, groups });
    return groups;
  }

  #note(groups: Map<string, Map<string, Series>>, { entity, part, since = 0, isOut = false }: ReadRow): void {
    const { parts, series } = limitsOf(entity.meta);
    if (parts !== undefined && part !== parts.others) {
      join(groups, this.#keyOf(entity), part, { since, cost: 1, upTo: parts.max, base: undefined, isOut });
    } else if (series !== undefined) {
      const { group, cost, upTo, base } = series;
      join(groups, group, this.#keyOf(entity), { since, cost, upTo, base, isOut });
    }
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

function join(groups: Map<string, Map<string, Series>>, group: string, name: string, series: Series): void {
  let all = groups.get(group);
  if (all === undefined) {
    all = new Map();
    groups.set(group, all);
  }
  const known = all.get(name);
  if (known === undefined) all.set(name, series);
  else if (series.since < known.since || series.isOut || series.upTo > known.upTo) all.set(name, unite(known, series));
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

/** Those for which there is no room, of one group in all books. */
function seriesWithoutRoom(books: readonly ReadonlyMap<string, Series>[]): ReadonlySet<string> {
  let [total, least, hasOut] = [0, Infinity, false];
  for (const series of books) {
    for (const { cost, upTo, isOut } of series.values()) {
      total += cost;
      if (upTo < least) least = upTo;
      hasOut ||= isOut;
    }
  }
  if (total <= least && !hasOut) return none;
  // Slow path: series that several processes have count once.
  const union = new Map<string, Map<string, Series>>();
  for (const series of books) for (const [name, one] of series) join(union, '', name, one);
  const inOrder = [...(union.get('') ?? [])].sort(([name, some], [otherName, other]) => {
    return some.since - other.since || (name < otherName ? -1 : 1);
  });
  const out = new Set<string>();
  let used = 0;
  for (const [name, { cost, upTo, base, isOut }] of inOrder) {
    const hasRoom = !isOut && used + cost <= upTo && (base === undefined || !out.has(base));
    if (hasRoom) used += cost;
    else out.add(name);
  }
  return out;
}

function isSame(
  some: ReadonlyMap<string, ReadonlySet<string>>,
  others: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  if (some.size !== others.size) return false;
  for (const [group, series] of some) {
    const other = others.get(group);
    if (other?.size !== series.size) return false;
    for (const name of series) if (!other.has(name)) return false;
  }
  return true;
}
