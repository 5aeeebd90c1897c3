import type { Difference } from '../../support/differences.ts';
import { awaitedHandlers } from '../awaited-handlers.ts';
import { callUntilDeadline, deadlineRace } from '../drives.ts';
import type { Row } from '../row.ts';

/** How the endings of nice-grpc differ from those of grpc-js itself. */
export function differencesOf(version: string): readonly Difference<Row>[] {
  return version.startsWith('2.0.') ? [...awaitedHandlers, ...oldest] : awaitedHandlers;
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
