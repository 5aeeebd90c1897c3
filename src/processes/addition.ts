import { addExactly } from './exact.ts';
import type { Pairs } from './pairs.ts';
import type { PartSum } from './part-sum.ts';
import type { ReadRow } from './read-rows.ts';

/** Rows that lie side by side, in a book and in the sums. */
interface Run {
  readonly values: Float64Array;
  readonly from: number;
  readonly pairs: Pairs;
  readonly into: number;
  /** Of a row. Rows that are not precise are one wide row. */
  width: number;
  rows: number;
  readonly isPrecise: boolean;
}

interface Single {
  readonly part: PartSum;
  readonly row: ReadRow;
}

/**
 * How the rows of one book are added. It is found once for each version of the books: after that most rows are numbers that lie
 * side by side, and are added in one loop.
 */
export class Addition {
  readonly #runs: Run[] = [];
  /** Rows that need more than that: gauges, native buckets, other bounds than those of the sum. */
  readonly #singles: Single[] = [];
  readonly #exemplified: Single[] = [];

  /** `isDead` where only what is summed counts. All rows of all books must be included in their parts. */
  constructor(rows: readonly ReadRow[], parts: readonly PartSum[], isDead: boolean) {
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index]!;
      const part = parts[index]!;
      if (isDead && row.rule !== 'sum') continue;
      part.books += 1;
      if (part.takesPlainly(row)) this.#addPlain(row, part);
      else this.#singles.push({ part, row });
    }
  }

  /** Forgets what the parts have beside their pairs. */
  clear(): void {
    for (const { part } of this.#singles) part.clear();
    for (const { part } of this.#exemplified) part.clear();
  }

  /** Adds the rows as they were read last; `worker` is the number of their process. */
  run(worker: number): void {
    for (const run of this.#runs) addRun(run);
    for (const { part, row } of this.#singles) part.add(row, worker);
    for (const { part, row } of this.#exemplified) part.addExemplars(row);
  }

  #addPlain(row: ReadRow, part: PartSum): void {
    const { values, from, width, isPrecise, cells } = row;
    const { pairs, from: into } = part;
    if (cells.has('exemplars')) this.#exemplified.push({ part, row });
    const last = this.#runs.at(-1);
    if (last === undefined || !isBehind(last, row, part)) {
      this.#runs.push({ values, from, pairs, into, width, rows: 1, isPrecise });
    } else if (isPrecise) last.rows += 1;
    else last.width += width;
  }
}

/** Whether a row goes on where a run ends, in the book and in the sums. */
function isBehind(run: Run, { values, from, width, isPrecise }: ReadRow, part: PartSum): boolean {
  if (run.values !== values || run.pairs !== part.pairs || run.isPrecise !== isPrecise) return false;
  if (isPrecise && run.width !== width) return false;
  const slots = run.rows * run.width;
  return from === run.from + (isPrecise ? 2 * slots : slots) && part.from === run.into + slots;
}

function addRun({ values, from, pairs, into, width, rows, isPrecise }: Run): void {
  const { high, low } = pairs;
  if (!isPrecise) {
    for (let index = 0; index < width; index += 1) addExactly(high, low, into + index, values[from + index]!);
    return;
  }
  for (let row = 0; row < rows; row += 1) {
    const first = from + row * 2 * width;
    for (let index = 0; index < width; index += 1) {
      const slot = into + row * width + index;
      addExactly(high, low, slot, values[first + index]!);
      low[slot]! += values[first + width + index]!;
    }
  }
}
