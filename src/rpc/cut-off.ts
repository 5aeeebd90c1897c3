import { status } from './status.ts';

/**
 * The status of a call that the client ended before the server had answered: HTTP/2 says CANCEL for a deadline and for
 * a user's cancellation alike, so what was left of the deadline decides.
 *
 * The client's timer mostly beats the server's, which starts when the call is dispatched: behind a busy event loop that is
 * tens of milliseconds late. Where a tenth of the time or less is left (at least 20 ms, at most 100 ms, never
 * more than half of it) it was the deadline. `docs/decisions/0003-deadline-or-cancellation.md` has the measurements.
 *
 * @param left milliseconds until the deadline, negative when it has passed, Infinity where there is none
 * @param age milliseconds since the call began
 */
export function cutOff(left: number, age: number): number {
  const timeout = left + age;
  const tolerance = Math.min(Math.max(timeout / 10, 20), 100, timeout / 2);
  return left <= tolerance || left <= 0 ? status.DEADLINE_EXCEEDED : status.CANCELLED;
}
