import { expect, vi } from 'vitest';
import type { Table } from './expected.ts';

/** Rounding of a few operations on doubles. */
const ROUNDING = 1e-9;

/** Expects the same keys, at least one, and values that differ by rounding only. */
export function expectSame(actual: Table, expected: Table): void {
  expect(expected).not.toEqual({});
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) {
    const difference = Math.abs(actual[key]! - value);
    expect(difference, `${key}: ${actual[key]} for ${value}`).toBeLessThanOrEqual(ROUNDING * Math.abs(value));
  }
}

/** Tries again until `check` passes, for as long as rules may take to be evaluated. */
export async function settle(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 200 });
}
