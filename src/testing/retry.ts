import timers from 'node:timers';
import { monotonicSeconds } from '../core/clock.ts';

/** Kept, so that fake timers of a test, which replace it later, do not stop the waiting. */
const { setTimeout } = timers;

const pauseMs = 5;

/** Asks until the answer is yes. Returns whether it was within `seconds`. */
export async function retry(ask: () => boolean, seconds: number): Promise<boolean> {
  const end = monotonicSeconds() + seconds;
  while (!ask()) {
    if (monotonicSeconds() >= end) return false;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
  return true;
}
