import { expect } from 'vitest';

/** Rows of a contract whose result differs in one framework, or that it does not have. */
export interface Difference<R extends { readonly name: string }> {
  /** Names of rows. */
  readonly rows: readonly string[];
  readonly why: string;
  /** What is different. Without it the rows do not run. */
  readonly instead?: Partial<R>;
}

/** The rows that apply to a framework, with its differences. */
export function applyDifferences<R extends { readonly name: string }, D extends { readonly name: string }>(
  rows: readonly R[],
  differences: readonly Difference<D>[] = [],
): readonly R[] {
  return rows.flatMap((row) => {
    const difference = differences.find(({ rows: names }) => names.includes(row.name));
    if (difference === undefined) return [row];
    return difference.instead === undefined ? [] : [{ ...row, ...difference.instead }];
  });
}

/** Expects that each difference is about a row, and each row is in one difference at most. */
export function expectDifferencesFit(
  rows: readonly { readonly name: string }[],
  differences: readonly { readonly rows: readonly string[] }[] = [],
): void {
  const names = rows.map(({ name }) => name);
  const different = differences.flatMap((difference) => difference.rows);
  expect(names).toEqual(Array.from(new Set(names)));
  expect(different).toEqual(Array.from(new Set(different)));
  expect(names).toEqual(expect.arrayContaining(different));
}
