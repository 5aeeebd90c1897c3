import type { Difference } from '../../support/differences.ts';
import type { Row } from '../row.ts';

/** Where a call ends in another way in NestJS, and why. docs/nestjs.md repeats it. */
export const differences: readonly Difference<Row>[] = [
  {
    rows: ['the handler refuses without a status'],
    why: 'a handler refuses by throwing: an exception without a status is as any other',
    instead: { errorType: 'RangeError' },
  },
  {
    rows: ['an async handler rejects: ends with the deadline'],
    why: 'NestJS waits for the promise of a handler and answers UNKNOWN at once: no call is left open',
    instead: { wire: 'UNKNOWN', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['an async handler rejects: ends with the cancellation, in flight until then'],
    why: 'as above: the call is over before the client cancels it',
    instead: { wire: '0 in flight until then', recorded: 'UNKNOWN', rejections: 0 },
  },
  {
    rows: ['another interceptor passes the call on later, when the client has gone'],
    why: 'NestJS calls the handler although the client has gone, so that it answers too late',
    instead: { handler: 'answerTooLate' },
  },
];

/** With grpc-js 1.10, and NestJS 10.3.4, the first that shows its server. */
export const oldest: readonly Difference<Row>[] = [
  {
    rows: ['a request that says gzip and is not'],
    why: 'grpc-js up to 1.13.4 crashes the process',
  },
  {
    rows: [
      'server stream: the handler refuses',
      'server stream: the handler refuses after a message',
      'bidi: the handler refuses',
      'ServerStream: the handler throws',
      'Bidi: the handler throws',
      'server stream: the handler throws after a message',
    ],
    why: 'NestJS up to 10.3.8 answers, and lets its own promise reject too',
    instead: { rejections: 1 },
  },
];
