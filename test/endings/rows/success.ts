import { call, framed, seen } from '../drives.ts';
import type { Row } from '../row.ts';

export const success: readonly Row[] = [
  {
    name: 'unary: OK',
    method: 'Unary',
    handler: 'answer',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'unary, async handler: OK',
    method: 'Unary',
    handler: 'answerAsync',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'server stream: OK',
    method: 'ServerStream',
    handler: 'streamTwo',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 2 },
  },
  {
    name: 'server stream without a message: OK',
    method: 'ServerStream',
    handler: 'streamNone',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 0 },
  },
  {
    name: 'client stream: OK',
    method: 'ClientStream',
    handler: 'collect',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'bidi: OK',
    method: 'Bidi',
    handler: 'echo',
    drive: call,
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'client stream answered before the client is done: OK',
    method: 'ClientStream',
    handler: 'answer',
    drive: async (run) => {
      const stream = (await run.raw()).open(run.method);
      stream.write(framed);
      const status = await seen(stream);
      await run.ended();
      return status;
    },
    wire: 'OK',
    recorded: 'OK',
  },
];
