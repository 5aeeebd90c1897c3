import type { Difference } from '../../support/differences.ts';
import type { Row } from '../row.ts';

/** Where a client of NestJS differs from one of grpc-js, and why. */
export const differences: readonly Difference<Row>[] = [
  {
    rows: ['a method that the server does not have'],
    why: 'a client has the methods of its definition alone',
  },
  {
    rows: ['client stream: the deadline passes before it is ended', 'bidi: the deadline passes'],
    why: 'a call whose requests are an observable takes no deadline. The operator `timeout` of rxjs cancels the call',
  },
];
