import { isAmount } from '../core/drop.ts';
import type { Histogram } from '../core/histogram.ts';
import type { Labels } from '../core/snapshot.ts';
import type { Method } from './methods/method.ts';

/**
 * One call while it runs: what an adapter keeps of it.
 *
 * Data and functions, not a class: an adapter's own object can be it, so that a call costs one object, and no
 * inheritance, which would cost as much again as all the rest of the recording (`bench/interceptor.ts`).
 */
export interface Call {
  readonly method: Method;
  /** What `method.start()` gave when the call's headers had arrived. */
  readonly startedAt: number;
  ended: boolean;
  /** Labels of the trace that the call is part of, where exemplars are wanted and it has one. */
  readonly trace?: Labels | undefined;
}

/** Milliseconds since the call began. */
export function ageOf({ method, startedAt }: Pick<Call, 'method' | 'startedAt'>): number {
  return method.clock() - startedAt;
}

/** The first of the call's responses is there, on a method whose responses stream. */
export function firstMessage(call: Call, histogram: Histogram): void {
  histogram.observe(ageOf(call) / 1000);
}

/**
 * The call is over. The first end counts, further ones change nothing.
 *
 * `errorType` is the class of the exception that ended it, where it is known. Gives what the call took, in seconds.
 */
export function endCall(call: Call, code: number, errorType?: string): number {
  if (call.ended) return 0;
  call.ended = true;
  let seconds = 0;
  try {
    seconds = ageOf(call) / 1000;
  } finally {
    // Whatever the clock says or does, a call that has ended is not in flight.
    if (!isAmount(seconds)) seconds = 0;
    call.method.finish(code, seconds, errorType, call.trace);
  }
  return seconds;
}

/** One of a client's attempts at a call is over; `attempt.startedAt` is what the method's clock gave when it began. */
export function endAttempt(attempt: Pick<Call, 'method' | 'startedAt'>, code: number): void {
  let seconds = 0;
  try {
    seconds = ageOf(attempt) / 1000;
  } finally {
    attempt.method.attempted(code, isAmount(seconds) ? seconds : 0);
  }
}
