import { isMainThread } from 'node:worker_threads';

/**
 * Calls `write` at the end of this turn of the event loop; in a worker thread as soon as its code is over. The thread of a pool, such as
 * Piscina's, waits for its next task in the middle of a turn, and can be ended there.
 */
export const soon: (write: () => void) => void = isMainThread ? setImmediate : queueMicrotask;
