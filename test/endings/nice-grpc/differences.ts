import type { Difference } from '../../support/differences.ts';
import { callUntilDeadline, deadlineRace } from '../drives.ts';
import type { Row } from '../row.ts';

/** How the endings of nice-grpc differ from those of grpc-js itself. */
export function differencesOf(version: string): readonly Difference<Row>[] {
  return version.startsWith('2.0.') ? [...own, ...oldest] : own;
}

const oldest: readonly Difference<Row>[] = [
  {
    rows: [
      'server stream: the handler refuses',
      'server stream: the handler refuses after a message',
      'bidi: the handler refuses',
      'ServerStream: the handler throws',
      'Bidi: the handler throws',
      'server stream: the handler throws after a message',
    ],
    why: 'nice-grpc up to 2.1.5 never ends a stream of responses that fails, on grpc-js 1.10 and later, with the library and without',
    instead: {
      drive: callUntilDeadline,
      wire: 'DEADLINE_EXCEEDED',
      recorded: 'DEADLINE_EXCEEDED',
      race: deadlineRace,
    },
  },
];

const own: readonly Difference<Row>[] = [
  {
    rows: ['the handler refuses without a status'],
    why: 'to refuse is to throw: without a status it is an exception as any other',
    instead: { errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'nice-grpc waits for the promise of a handler and answers at once: no call is left open',
    instead: { wire: 'UNKNOWN', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'as above: the call is over before the client cancels it',
    instead: { wire: '0 in flight until then', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['another interceptor passes the call on later, when the client has gone'],
    why: 'a middleware that goes on calls the handler whether or not the client waits: its answer is too late',
    instead: { handler: 'answerTooLate' },
  },
];
