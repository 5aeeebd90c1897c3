import type { Difference } from '../../support/differences.ts';
import { oldest, races } from '../grpc-js/adapter.ts';
import type { Row } from '../row.ts';
import { deadlines } from '../rows/deadlines.ts';

/** How the endings of nice-grpc's clients differ from the contract. nice-grpc 2.0 is tried with grpc-js 1.10. */
export function differencesOf(version: string): readonly Difference<Row>[] {
  return [...own, ...races, ...(version.startsWith('2.0.') ? oldest : [])];
}

const own: readonly Difference<Row>[] = [
  {
    rows: deadlines.map(({ name }) => name),
    why: 'nice-grpc gives grpc-js no deadline: its middleware for deadlines cancels the call, which is recorded as CANCELLED',
  },
  {
    rows: ['a method that the server does not have'],
    why: 'a client has the methods of its definition alone',
  },
  {
    rows: ['a call on a closed client: an exception, without a status'],
    why: 'nice-grpc rejects a promise: its user cannot see that no message was sent',
  },
];
