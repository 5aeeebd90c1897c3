import type { Row } from '../endings/row.ts';
import type { Difference } from '../support/differences.ts';

/** How the framework answers what has no status of its own. */
const exception = { wire: 'INTERNAL', recorded: 'INTERNAL' };

export const differences: readonly Difference<Row>[] = [
  {
    rows: [
      'Unary: the handler throws',
      'ServerStream: the handler throws',
      'ClientStream: the handler throws',
      'Bidi: the handler throws',
      'server stream: the handler throws after a message',
    ],
    why: 'the framework answers exceptions with INTERNAL, and the class of the exception is recorded as before',
    instead: exception,
  },
  {
    rows: ['the handler refuses without a status'],
    why: 'to refuse is to throw: without a status it is like every other exception',
    instead: { ...exception, errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'the framework waits for the promise of a handler and answers at once: no call is left open',
    instead: { ...exception, rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'as above: the call is over before the client cancels it',
    instead: { wire: '0 in flight until then', recorded: 'INTERNAL', rejections: 0 },
  },
  {
    rows: ['a truncated frame'],
    why: 'the framework takes it for a broken message, not for a missing one',
    instead: exception,
  },
  {
    rows: ["Node's client cancels a bidi call before it is done: the server ends it OK"],
    why: 'the framework sends the trailers a turn of the event loop after the last message, and the reset comes before',
    instead: { recorded: 'CANCELLED' },
  },
];
