import { real } from '../backend-starts.ts';
import { call, callWith, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const messages: readonly Row[] = [
  {
    name: 'unary: the request does not serialize',
    method: 'Unary',
    backend: real('answer'),
    drive: callWith({ message: 'unserializable' }),
    seen: 'INTERNAL',
    attempts: {},
  },
  {
    name: 'server stream: the request does not serialize',
    method: 'ServerStream',
    backend: real('streamTwo'),
    drive: callWith({ message: 'unserializable' }),
    seen: 'INTERNAL',
    attempts: {},
  },
  {
    name: 'client stream: a request does not serialize',
    method: 'ClientStream',
    backend: real('collect'),
    drive: (run) => {
      const started = start(run);
      started.send('unserializable');
      return started.status;
    },
    seen: 'INTERNAL',
  },
  {
    name: 'bidi: a request does not serialize',
    method: 'Bidi',
    backend: real('echo'),
    drive: async (run) => {
      const started = start(run);
      await started.firstMessage;
      started.send('unserializable');
      return started.status;
    },
    seen: 'INTERNAL',
  },
  {
    name: 'unary: the response does not parse',
    method: 'Unary',
    backend: real('answerMalformed'),
    drive: call,
    seen: 'INTERNAL',
    received: 1,
  },
  {
    name: 'server stream: the second response does not parse',
    method: 'ServerStream',
    backend: real('streamOneThenMalformed'),
    drive: call,
    seen: 'INTERNAL',
    received: 2,
  },
  {
    name: 'the response is larger than the client takes',
    method: 'Unary',
    backend: real('answerLarge'),
    limits: { maxReceiveBytes: 100 },
    drive: call,
    seen: 'RESOURCE_EXHAUSTED',
  },
  {
    name: 'the request is larger than the client may send',
    method: 'Unary',
    backend: real('answer'),
    limits: { maxSendBytes: 100 },
    drive: callWith({ message: 'large' }),
    seen: 'RESOURCE_EXHAUSTED',
  },
];
