import { gzipSync } from 'node:zlib';
import { frame } from '../../support/raw-client.ts';
import { messages as bytes } from '../../support/test-client.ts';
import { call, callWith, framed, post, resetWhenArrived, start } from '../drives.ts';
import type { Row } from '../row.ts';

export const messages: readonly Row[] = [
  {
    name: 'the request is too large',
    method: 'Unary',
    handler: 'answer',
    limits: { maxReceiveBytes: 100 },
    drive: callWith({ message: 'large' }),
    wire: 'RESOURCE_EXHAUSTED',
    recorded: 'RESOURCE_EXHAUSTED',
  },
  {
    name: 'the response is too large',
    method: 'Unary',
    handler: 'answerLarge',
    limits: { maxSendBytes: 100 },
    drive: call,
    wire: 'RESOURCE_EXHAUSTED',
    recorded: 'RESOURCE_EXHAUSTED',
  },
  {
    name: 'a response of a stream is too large, after one that was not',
    method: 'ServerStream',
    handler: 'streamOneThenLarge',
    limits: { maxSendBytes: 100 },
    drive: call,
    wire: 'RESOURCE_EXHAUSTED',
    recorded: 'RESOURCE_EXHAUSTED',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'the request does not deserialize',
    method: 'Unary',
    handler: 'answer',
    drive: callWith({ message: 'malformed' }),
    wire: 'INTERNAL',
    recorded: 'INTERNAL',
  },
  {
    name: 'client stream: the second request does not deserialize',
    method: 'ClientStream',
    handler: 'collect',
    drive: (run) => {
      const started = start(run, run.client());
      started.send('malformed');
      return started.status;
    },
    wire: 'INTERNAL',
    recorded: 'INTERNAL',
    messages: { received: 1, sent: 0 },
  },
  {
    name: 'the response does not serialize',
    method: 'Unary',
    handler: 'answerUnserializable',
    drive: call,
    wire: 'INTERNAL',
    recorded: 'INTERNAL',
  },
  {
    name: 'a request that says gzip and is not',
    method: 'Unary',
    handler: 'answer',
    drive: post(frame('not gzip', 1), { 'grpc-encoding': 'gzip' }),
    wire: 'INTERNAL',
    recorded: 'INTERNAL',
  },
  {
    name: 'a request that is gzip: OK',
    method: 'Unary',
    handler: 'answer',
    drive: post(frame(gzipSync(bytes.small), 1), { 'grpc-encoding': 'gzip' }),
    wire: 'OK',
    recorded: 'OK',
    messages: { received: 1, sent: 1 },
  },
  {
    name: 'a bad grpc-timeout',
    method: 'Unary',
    handler: 'hold',
    drive: post(framed, { 'grpc-timeout': 'soon' }),
    wire: 'INTERNAL',
    recorded: 'INTERNAL',
  },
  {
    name: 'an encoding that the server does not know',
    method: 'Unary',
    handler: 'answer',
    drive: post(frame(bytes.small, 1), { 'grpc-encoding': 'snappy' }),
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'unary without a message',
    method: 'Unary',
    handler: 'answer',
    drive: post(Buffer.alloc(0)),
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'unary with two messages',
    method: 'Unary',
    handler: 'answer',
    drive: post(Buffer.concat([framed, framed])),
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'a truncated frame',
    method: 'Unary',
    handler: 'answer',
    drive: post(framed.subarray(0, -1)),
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'headers, then reset',
    method: 'Unary',
    handler: 'answer',
    drive: resetWhenArrived(),
    wire: 'reset 8',
    recorded: 'UNIMPLEMENTED',
  },
  {
    name: 'HTTP GET on a known path',
    method: 'Unary',
    handler: 'answer',
    drive: post(Buffer.alloc(0), { ':method': 'GET' }),
    wire: 'UNIMPLEMENTED',
    recorded: 'UNIMPLEMENTED',
  },
];
