import { rowKey } from './places.ts';
import type { Row } from './rows.ts';

/** How many refreshes are remembered. */
const remembered = 60;

/** The rates of rows over time. */
export class History {
  readonly #rates = new Map<string, number[]>();

  /** Those of a row, the latest last. */
  of(row: Row): readonly number[] {
    return this.#rates.get(rowKey(row)) ?? [];
  }

  /** Remembers those of a refresh. Forgets a row that is gone and had no calls in any remembered refresh. */
  add(rows: readonly Row[]): void {
    const rates = new Map<string, number>();
    for (const row of rows) {
      const key = rowKey(row);
      rates.set(key, row.ratePerSecond ?? 0);
      if (!this.#rates.has(key)) this.#rates.set(key, []);
    }
    for (const [key, values] of this.#rates) {
      values.push(rates.get(key) ?? 0);
      if (values.length > remembered) values.shift();
      if (!rates.has(key) && values.every((value) => value === 0)) this.#rates.delete(key);
    }
  }
}
