import type { BookFile } from './book-file.ts';
import type { ReadRow } from './read-rows.ts';

/** What one process has to do, and has done. */
export interface CallsOfProcess {
  /** Calls that ended. It never falls. */
  readonly ended: number;
  readonly inFlight: number;
  /** Open connections. */
  readonly connections: number;
}

/** The rows that the numbers are sums of. */
interface Rows {
  readonly version: number;
  readonly ended: readonly ReadRow[];
  readonly inFlight: readonly ReadRow[];
  readonly connections: readonly ReadRow[];
}

/** Reads the calls of single books, as they were read last. It finds the rows once for each version of a book. */
export class CallsOfBooks {
  readonly #side: 'server' | 'client';
  readonly #rows = new WeakMap<BookFile, Rows>();

  constructor(side: 'server' | 'client') {
    this.#side = side;
  }

  of(file: BookFile): CallsOfProcess {
    const { ended, inFlight, connections } = this.#rowsOf(file);
    return {
      ended: ended.reduce((sum, row) => sum + observations(row), 0),
      inFlight: inFlight.reduce((sum, row) => sum + firstOf(row), 0),
      connections: connections.reduce((sum, row) => sum + firstOf(row), 0),
    };
  }

  #rowsOf(file: BookFile): Rows {
    const known = this.#rows.get(file);
    if (known?.version === file.version) return known;
    const side = this.#side;
    const calls = file.rows.filter(({ entity: { key } }) => key[0] === 'call' && key[1] === side);
    const where = side === 'server' ? 'server' : 'target';
    const rows = {
      version: file.version,
      ended: calls.filter(({ part }) => /^ended \d+$/.test(part)),
      inFlight: calls.filter(({ part }) => part === 'in flight'),
      connections: file.rows.filter(({ entity, part }) => entity.key[0] === where && part === 'connections'),
    };
    this.#rows.set(file, rows);
    return rows;
  }
}

function firstOf({ values, from }: ReadRow): number {
  return values[from]!;
}

/** How often a histogram has observed something. Where its buckets are read with others, they are in a cell. */
function observations({ values, from, width, cells }: ReadRow): number {
  const content = cells.get('native')?.content;
  const [slots, first] = content === undefined ? [values, from] : [content, 0];
  let count = 0;
  for (let index = first; index < first + width - 1; index += 1) count += slots[index]!;
  return count;
}
