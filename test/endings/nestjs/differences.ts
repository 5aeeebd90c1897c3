import type { Difference } from '../../support/differences.ts';
import { awaitedHandlers } from '../awaited-handlers.ts';
import type { Row } from '../row.ts';

/** Where a call ends in another way in NestJS, and why. docs/nestjs.md repeats it. */
export const differences: readonly Difference<Row>[] = awaitedHandlers;

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
