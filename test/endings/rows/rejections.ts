import { constants } from 'node:http2';
import { sleep } from '../../support/wait.ts';
import { callUntilDeadline, deadlineRace } from '../drives.ts';
import type { Row } from '../row.ts';

/** Handlers whose promise rejects. grpc-js ignores the promise, so the call stays open. */
export const rejections: readonly Row[] = [
  {
    name: 'an async handler rejects: ends with the deadline',
    method: 'Unary',
    handler: 'rejectRangeError',
    drive: callUntilDeadline,
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
    errorType: 'RangeError',
    rejections: 1,
    race: deadlineRace,
  },
  {
    name: 'an async handler rejects: ends with the cancellation, in flight until then',
    method: 'ClientStream',
    handler: 'rejectRangeError',
    drive: async (run) => {
      const stream = (await run.raw()).open(run.method);
      await run.arrived();
      await sleep(30);
      const inFlight = run.recorded.inFlight();
      stream.close(constants.NGHTTP2_CANCEL);
      return `${inFlight} in flight until then`;
    },
    wire: '1 in flight until then',
    recorded: 'CANCELLED',
    errorType: 'RangeError',
    rejections: 1,
  },
];
