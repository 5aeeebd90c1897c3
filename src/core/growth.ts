/**
 * Growth of a counter between two readings, as Prometheus's `increase` corrects a reset: a counter that is smaller than
 * before has started at 0 again.
 */
export function growth(before: number, now: number): number {
  return now < before ? now : now - before;
}
