/** Takes a value that a metric could not: it is counted as a fault and changes nothing. */
export type Drop = (value: unknown) => void;

/** Whether `value` can be added to a sum without spoiling it for good: finite and not negative. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_VALUE;
}
