import { constants } from 'node:http2';
import { sleep } from '../../support/wait.ts';
import { callUntilDeadline, deadlineRace, framed, post, seen, start } from '../drives.ts';
import type { Row } from '../row.ts';

/** Headers of a client that leaves the deadline to the server. */
const timeout = { 'grpc-timeout': '40m' };

export const deadlines: readonly Row[] = [
  {
    name: 'the client cancels long before the deadline',
    method: 'Unary',
    handler: 'hold',
    drive: async (run) => {
      const call = start(run, run.client(), { deadlineSeconds: 5 });
      await run.arrived();
      call.cancel();
      return call.status;
    },
    wire: 'CANCELLED',
    recorded: 'CANCELLED',
  },
  {
    name: 'the deadline passes while the handler is pending',
    method: 'Unary',
    handler: 'hold',
    drive: callUntilDeadline,
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
    race: deadlineRace,
  },
  {
    name: 'the deadline passes on the server alone',
    method: 'Unary',
    handler: 'hold',
    drive: post(framed, timeout),
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'the deadline passes mid-stream',
    method: 'ServerStream',
    handler: 'streamOneThenHold',
    drive: callUntilDeadline,
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
    race: deadlineRace,
  },
  {
    name: 'the deadline passes mid-stream, on the server alone',
    method: 'Bidi',
    handler: 'streamOneThenHold',
    drive: async (run) => seen((await run.raw()).open(run.method, timeout)),
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'the deadline passes while a client that reads nothing blocks the stream',
    method: 'ServerStream',
    handler: 'streamMegabyteThenHold',
    drive: async (run) => {
      const stream = (await run.raw()).open(run.method, timeout);
      stream.pause();
      stream.end(framed);
      await run.arrived(); // a busy server may take the call later than its deadline is long
      await sleep(80);
      stream.close(constants.NGHTTP2_CANCEL);
    },
    wire: undefined,
    recorded: 'DEADLINE_EXCEEDED',
  },
  {
    name: 'the deadline passes, the handler answers later',
    method: 'Unary',
    handler: 'answerTooLate',
    drive: callUntilDeadline,
    wire: 'DEADLINE_EXCEEDED',
    recorded: 'DEADLINE_EXCEEDED',
    race: deadlineRace,
  },
  {
    name: 'ten deadlines that race between client and server',
    method: 'Unary',
    handler: 'hold',
    drive: async (run) => {
      const client = run.client();
      await client.ready();
      // From a second on the library allows the most for what is late.
      const statuses: Promise<string>[] = [];
      while (statuses.length < 10) {
        statuses.push(start(run, client, { deadlineSeconds: 1 }).status);
        await run.arrived(statuses.length); // all at once they would be late before the race
      }
      return Array.from(new Set(await Promise.all(statuses)));
    },
    wire: ['DEADLINE_EXCEEDED'],
    recorded: { 'Unary DEADLINE_EXCEEDED': 10 },
    race: deadlineRace,
  },
];
