import { performance } from 'node:perf_hooks';

/** A monotonic clock, in milliseconds since an arbitrary moment. */
export type Clock = () => number;

/** Keeps the function: a test's fake timers that replace it later do not stop our clock. */
export const monotonicMilliseconds: Clock = performance.now.bind(performance);

/** Seconds since an arbitrary moment. */
export function monotonicSeconds(): number {
  return monotonicMilliseconds() / 1000;
}
