/** Whether two lists of numbers are the same. */
export function identicalArrays(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}

/**
 * For each bucket of `bounds` the bucket of `wider` that it goes into, where `wider` has all of them.
 *
 * A bucket goes to where its own upper bound is: at a bound that the histogram does not have, its count is that of its next lower one.
 * So no count ever falls when bounds join, and counts at shared bounds are exact.
 */
export function slotsIn(bounds: readonly number[], wider: readonly number[]): readonly number[] {
  return [...bounds.map((bound) => wider.indexOf(bound)), wider.length];
}
