import { ReadCell } from './cell.ts';
import {
  type CellKind,
  cellSlots,
  type EntityKey,
  type EntityMeta,
  type Line,
  type Rule,
  type Writer,
} from './layout.ts';
import { check } from './lines.ts';
import { type ReadRegion, regionOf } from './read-region.ts';

/** An entity as a book has it. */
export interface ReadEntity {
  readonly key: EntityKey;
  meta: EntityMeta;
}

/** A row as a reader has it. */
export interface ReadRow {
  readonly entity: ReadEntity;
  readonly part: string;
  readonly rule: Rule;
  readonly at: number;
  readonly width: number;
  readonly created: number | undefined;
  readonly bounds: readonly number[] | undefined;
  readonly isPrecise: boolean;
  /** When its series began, in milliseconds since boot. */
  readonly since?: number | undefined;
  /** Whether its series stays under `other`. */
  isOut?: boolean;
  /** The values of its region as last read; those of the rule `sum` never fall. */
  readonly values: Float64Array;
  /** Where the row begins in them. It has twice its width where it is precise. */
  readonly from: number;
  readonly cells: ReadonlyMap<CellKind, ReadCell>;
}

const noCells: ReadonlyMap<CellKind, ReadCell> = new Map();

/** What the text of a book says: who writes, and what there is in its regions. */
export class ReadRows {
  readonly #regions: readonly ReadRegion[];
  readonly #entities: ReadEntity[] = [];
  readonly #bounds: (readonly number[])[] = [];
  readonly #rows: (ReadRow | undefined)[] = [];
  readonly #cells = new Map<ReadRow, Map<CellKind, ReadCell>>();
  #present: readonly ReadRow[] = [];
  #presentVersion = -1;
  #writer: Writer | undefined;
  /** Changes whenever there are other rows than before. */
  version = 0;

  constructor(regions: readonly ReadRegion[]) {
    this.#regions = regions;
  }

  get writer(): Writer {
    return found(this.#writer);
  }

  /** The rows that are there; the same array as long as `version` is the same. */
  get present(): readonly ReadRow[] {
    if (this.#presentVersion !== this.version) {
      this.#present = this.#rows.filter((row) => row !== undefined);
      this.#presentVersion = this.version;
    }
    return this.#present;
  }

  /** The cells of all rows. */
  *cells(): Generator<ReadCell, void> {
    for (const cells of this.#cells.values()) yield* cells.values();
  }

  /** Takes a line of the text. Throws `UnreadableBook`. */
  take(line: Line): void {
    this.version += 1;
    if (line[0] === 'who') this.#writer = line[1];
    else if (line[0] === 'entity') this.#entities.push({ key: line[1], meta: line[2] });
    else if (line[0] === 'bounds') this.#bounds.push(line[1]);
    else if (line[0] === 'row') this.#addRow(line);
    else if (line[0] === 'meta') this.#entity(line[1]).meta = line[2];
    else if (line[0] === 'free') this.#free(line[1]);
    else if (line[0] === 'out') this.#row(line[1]).isOut = true;
    else this.#addCell(line);
  }

  /** The rows and cells that are there, and are not any more once these lines are taken: their space may have other numbers already. */
  goneBy(lines: Iterable<Line>): Set<ReadRow | ReadCell> {
    const gone = new Set<ReadRow | ReadCell>();
    for (const line of lines) {
      if (line[0] !== 'free' && line[0] !== 'cell') continue;
      const row = this.#rows[line[1]];
      if (row === undefined) continue; // these lines add it
      if (line[0] === 'free') gone.add(row);
      for (const [kind, cell] of row.cells) if (line[0] === 'free' || line[2] === kind) gone.add(cell);
    }
    return gone;
  }

  #addRow([, entity, part, rule, at, width, created, bounds, isPrecise, since]: Line &
    readonly ['row', ...unknown[]]): void {
    const size = slotsOf({ isPrecise, width });
    const region = regionOf(this.#regions, at);
    check(at + size <= region.start + region.values.length);
    const ownBounds = bounds === null ? undefined : found(this.#bounds[bounds]);
    const from = at - region.start;
    // The sum of a histogram with a bound below 0 may fall.
    const mayFall = ownBounds !== undefined && ownBounds.length > 0 && ownBounds[0]! < 0 ? 1 : 0;
    region.begin(from, size, rule === 'sum' ? width - mayFall : 0);
    this.#rows.push({
      entity: this.#entity(entity),
      part,
      rule,
      at,
      width,
      created: created ?? undefined,
      bounds: ownBounds,
      isPrecise,
      since: since ?? undefined,
      values: region.accepted,
      from,
      cells: noCells,
    });
  }

  #free(number: number): void {
    const row = this.#row(number);
    regionOf(this.#regions, row.at).grows.fill(0, row.from, row.from + row.width);
    this.#cells.delete(row);
    this.#rows[number] = undefined;
  }

  #addCell([, number, kind, at, capacity]: Line & readonly ['cell', ...unknown[]]): void {
    const known = this.#row(number);
    check(capacity > 0);
    const region = regionOf(this.#regions, at);
    check(at + cellSlots(capacity) <= region.start + region.values.length);
    region.use(at - region.start + cellSlots(capacity));
    const cells = this.#cells.get(known) ?? new Map<CellKind, ReadCell>();
    cells.set(kind, new ReadCell(at, capacity, cells.get(kind)?.content));
    if (known.cells === cells) return;
    const row = { ...known, cells };
    this.#rows[number] = row;
    this.#cells.delete(known);
    this.#cells.set(row, cells);
  }

  #row(number: number): ReadRow {
    return found(this.#rows[number]);
  }

  #entity(number: number): ReadEntity {
    return found(this.#entities[number]);
  }
}

/** Slots that the values of a row take. */
export function slotsOf({ isPrecise, width }: Pick<ReadRow, 'isPrecise' | 'width'>): number {
  return isPrecise ? 2 * width : width;
}

function found<Item>(item: Item | undefined): Item {
  check(item !== undefined);
  return item;
}
