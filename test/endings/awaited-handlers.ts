import type { Difference } from '../support/differences.ts';
import type { Row } from './row.ts';

/** Where a call ends in another way in a framework that waits for the promise of a handler, and refuses only what a handler throws. */
export const awaitedHandlers: readonly Difference<Row>[] = [
  {
    rows: ['the handler refuses without a status'],
    why: 'a handler refuses by throwing: one without a status is like every other exception',
    instead: { errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'the framework waits for the promise of a handler and answers UNKNOWN at once: no call is left open',
    instead: { wire: 'UNKNOWN', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'as above: the call is over before the client cancels it',
    instead: { wire: '0 in flight until then', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['another interceptor passes the call on later, when the client has gone'],
    why: 'the framework calls the handler although the client has gone, so that it answers too late',
    instead: { handler: 'answerTooLate' },
  },
];
