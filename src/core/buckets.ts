import { MetricsError } from './errors.ts';
import { printable, quoted } from './printable.ts';

/** Bounds in seconds that fit most services: 5 ms to 10 s, the defaults of Prometheus's own client libraries. */
export const defaultBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The histogram's upper bounds, copied; +Inf is implied, and dropped where it is given.
 * Throws unless they are finite and strictly increasing, and there is at least one.
 */
export function checkBuckets(metric: string, buckets: readonly number[]): readonly number[] {
  const bounds = Array.isArray(buckets) && buckets.at(-1) === Infinity ? buckets.slice(0, -1) : buckets;
  if (!Array.isArray(bounds) || bounds.length === 0) {
    throw new MetricsError('invalid_buckets', `buckets of "${metric}" must be an array of at least one number`);
  }
  for (const [index, bound] of bounds.entries()) {
    if (typeof bound !== 'number' || !Number.isFinite(bound)) {
      throw new MetricsError('invalid_buckets', `bucket ${printable(bound)} of "${metric}" is not a finite number`);
    }
    if (index > 0 && bound <= bounds[index - 1]) {
      const pair = `${bounds[index - 1]}, ${bound}`;
      throw new MetricsError('invalid_buckets', `buckets of "${metric}" must increase strictly, but have ${pair}`);
    }
  }
  // Not frozen: V8 reads the numbers of a frozen array six times slower (`bench/recording.ts`).
  return [...bounds];
}

/** As `checkBuckets`, for values that are never negative. A bound below 0 would only cost the histogram its sum in OpenMetrics. */
export function checkAmountBuckets(metric: string, buckets: readonly number[]): readonly number[] {
  const bounds = checkBuckets(metric, buckets);
  if (bounds[0]! >= 0) return bounds;
  throw new MetricsError('invalid_buckets', `bucket ${bounds[0]} of "${metric}" is below 0, and none of its values is`);
}

/**
 * `count` bounds, the first at `start`, each `width` above the one before: `linearBuckets(10, 5, 3)` is `[10, 15, 20]`.
 * The arguments and the numbers are those of prom-client. Throws `invalid_buckets`.
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  checkNumber('linearBuckets', 'start', start, Number.isFinite(start), 'a finite number');
  checkNumber('linearBuckets', 'width', width, Number.isFinite(width) && width > 0, 'a finite number above 0');
  checkCount('linearBuckets', count);
  return Array.from({ length: count }, (_, index) => start + index * width);
}

/**
 * `count` bounds, the first at `start`, each `factor` times the one before: `exponentialBuckets(1, 2, 4)` is `[1, 2, 4, 8]`.
 * The arguments and the numbers are those of prom-client. Throws `invalid_buckets`.
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  checkNumber('exponentialBuckets', 'start', start, Number.isFinite(start) && start > 0, 'a finite number above 0');
  checkNumber('exponentialBuckets', 'factor', factor, Number.isFinite(factor) && factor > 1, 'a finite number above 1');
  checkCount('exponentialBuckets', count);
  const buckets: number[] = [];
  for (let bound = start; buckets.length < count; bound *= factor) buckets.push(bound);
  return buckets;
}

/** Far more bounds than a histogram can do with: its series has a line for each. */
const maxCount = 1000;

function checkCount(caller: string, count: unknown): void {
  const isCount = Number.isInteger(count) && (count as number) >= 1 && (count as number) <= maxCount; // it is a number
  checkNumber(caller, 'count', count, isCount, `a whole number from 1 to ${maxCount}`);
}

function checkNumber(caller: string, argument: string, value: unknown, isRight: boolean, right: string): void {
  if (isRight) return;
  throw new MetricsError('invalid_buckets', `${caller}(): ${argument} must be ${right}, not ${quoted(value)}`);
}
