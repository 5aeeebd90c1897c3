import type { Behaviour } from '../behaviour.ts';
import { megabyte, messages } from '../test-client.ts';
import { sleep } from '../wait.ts';
import type { Handler } from './fixture.ts';

const { small, large, unserializable } = messages;

const refusal = { code: 5, details: 'no' };

/** Ends a call with this error. A handler of a response stream has no callback. */
const fail = (call: Parameters<Handler>[0], callback: Parameters<Handler>[1], error: object) =>
  callback === undefined ? call.emit('error', error) : callback(error);

/** Each behaviour as a handler of grpc-js. */
export const behaviours = (tooLate: Promise<void>): Readonly<Record<Behaviour, Handler>> => ({
  answer: (_call, callback) => callback(null, small),
  answerAsync: async (_call, callback) => callback(null, small),
  answerLater: (_call, callback) => setTimeout(() => callback(null, small), 60),
  answerTooLate: async (_call, callback) => {
    await tooLate;
    callback(null, small);
  },
  answerLarge: (_call, callback) => callback(null, large),
  answerUnserializable: (_call, callback) => callback(null, unserializable),
  refuse: (call, callback) => fail(call, callback, refusal),
  refuseTooLate: async (_call, callback) => {
    await tooLate;
    callback(refusal);
  },
  refuseThenAnswer: (_call, callback) => {
    callback(refusal);
    callback(null, small);
  },
  refuseWithoutStatus: (call, callback) => fail(call, callback, new RangeError('no code')),
  refuseWithUndefinedCode: (call, callback) => fail(call, callback, { code: 42, details: 'no such code' }),
  throwTypeError: () => {
    throw Object.assign(new TypeError('a bug'), { code: refusal.code });
  },
  rejectRangeError: async () => {
    throw new RangeError('a bug');
  },
  hold: () => {},
  collect: (call, callback) => {
    call.on('data', () => {});
    call.on('end', () => callback(null, small));
  },
  echo: (call) => {
    call.on('data', (message: Buffer) => call.write(message));
    call.on('end', () => call.end());
  },
  echoThenHold: (call) => call.on('data', (message: Buffer) => call.write(message)),
  streamNone: (call) => call.end(),
  streamTwo: (call) => {
    call.write(small);
    call.write(small);
    call.end();
  },
  streamOneThenHold: (call) => call.write(small),
  streamOneThenEndTooLate: async (call) => {
    call.write(small);
    await tooLate;
    call.end();
  },
  streamOneThenRefuse: (call) => {
    call.write(small);
    setTimeout(() => call.emit('error', refusal), 5);
  },
  streamOneThenThrow: (call) => {
    call.write(small);
    throw new TypeError('a bug');
  },
  streamOneThenLarge: (call) => {
    call.write(small);
    call.write(large);
  },
  streamMegabyte: (call) => {
    call.write(megabyte);
    call.end();
  },
  streamMegabyteThenHold: (call) => call.write(megabyte),
  streamUntilTooLate: async (call) => {
    call.write(small);
    const timer = setInterval(() => call.write(small), 2);
    await tooLate;
    await sleep(20);
    clearInterval(timer);
    call.end();
  },
});
