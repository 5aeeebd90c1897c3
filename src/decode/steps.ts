import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that may pause at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** Does the work without a pause. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Does the work and lets the event loop run after each `sliceMs` milliseconds. Throws the signal's reason once it is aborted. */
export async function runInSlices<T>(steps: Steps<T>, signal: AbortSignal, sliceMs = 10): Promise<T> {
  for (let start = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - start < sliceMs) continue;
    await nextTurn();
    signal.throwIfAborted();
    start = performance.now();
  }
}
