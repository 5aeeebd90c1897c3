/**
 * Adds `value` to the slot of a list whose numbers are pairs of floats: `high` has the sum as a float, `low` what it is too small by.
 *
 * A sum of floats depends on the order of its additions, in its last bit. Processes that are folded change that order, and a sum
 * that falls by one bit is a restart for Prometheus. With the second float the order no longer shows.
 * Source: Knuth, TAOCP 2, 4.2.2, theorem B (two-sum).
 */
export function addExactly(high: Float64Array, low: Float64Array, index: number, value: number): void {
  const before = high[index]!;
  const sum = before + value;
  const part = sum - before;
  high[index] = sum;
  low[index]! += before - (sum - part) + (value - part);
}
