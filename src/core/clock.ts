import { performance } from 'node:perf_hooks';

/** A monotonic clock, in milliseconds since an arbitrary moment. */
export type Clock = () => number;

/** Keeps the function: a test's fake timers that replace it later do not stop our clock. */
const now = performance.now.bind(performance);

export const monotonicMilliseconds: Clock = () => now();

/** Seconds since an arbitrary moment. */
export function monotonicSeconds(): number {
  return now() / 1000;
}
