import { type Order, type Row, sortRows } from './rows.ts';

/** Names what a row is of: the same in each refresh. */
export function rowKey({ side, method, target = '' }: Row): string {
  return [side, method, target].join('\n');
}

/** The places of rows in a table that is read while it changes: a row keeps its own until the user sorts again. */
export class Places {
  readonly #places = new Map<string, number>();

  /** The rows by their places. New ones are the last, in the given order; one that was away comes back to its place. */
  arrange(rows: readonly Row[], order: Order): Row[] {
    const fresh = rows.filter((row) => !this.#places.has(rowKey(row)));
    for (const row of sortRows(fresh, order)) this.#places.set(rowKey(row), this.#places.size);
    return rows.toSorted((a, b) => this.#places.get(rowKey(a))! - this.#places.get(rowKey(b))!);
  }

  /** Lets the next arrangement sort all rows. */
  clear(): void {
    this.#places.clear();
  }
}
