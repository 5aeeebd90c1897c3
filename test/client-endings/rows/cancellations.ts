import { real } from '../backend-starts.ts';
import { cancelAfterFirstMessage, cancelWhenArrived, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const cancellations: readonly Row[] = [
  {
    name: 'unary: cancelled while the server works',
    method: 'Unary',
    backend: real('hold'),
    drive: cancelWhenArrived,
    seen: 'CANCELLED',
  },
  {
    name: 'unary: cancelled in the same turn, before there is a connection',
    method: 'Unary',
    backend: real('answer'),
    drive: (run) => {
      const call = start(run);
      call.cancel();
      return call.status;
    },
    seen: 'CANCELLED',
    attempts: {},
  },
  {
    name: 'unary: cancelled twice',
    method: 'Unary',
    backend: real('hold'),
    drive: (run) => {
      const call = start(run);
      call.cancel();
      call.cancel();
      return call.status;
    },
    seen: 'CANCELLED',
    attempts: {},
  },
  {
    name: 'unary: cancelled when it is over',
    method: 'Unary',
    backend: real('answer'),
    drive: async (run) => {
      const call = start(run);
      await call.status;
      call.cancel();
    },
    seen: 'OK',
  },
  {
    name: 'server stream: cancelled after a message',
    method: 'ServerStream',
    backend: real('streamOneThenHold'),
    drive: cancelAfterFirstMessage,
    seen: 'CANCELLED',
  },
  {
    name: 'client stream: cancelled after a message',
    method: 'ClientStream',
    backend: real('collect'),
    drive: cancelWhenArrived,
    seen: 'CANCELLED',
  },
  {
    name: 'bidi: cancelled after a message',
    method: 'Bidi',
    backend: real('echo'),
    drive: cancelAfterFirstMessage,
    seen: 'CANCELLED',
  },
];
