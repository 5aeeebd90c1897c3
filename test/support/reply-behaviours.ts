import type { Behaviour } from './behaviour.ts';
import { megabyte, messages } from './test-client.ts';
import { sleep } from './wait.ts';

/** Messages of one direction of a call. */
export type Messages = AsyncIterable<Buffer>;
/** One message, or several. */
type Reply = Messages | Buffer;
/** A handler that gets the messages of a call, and returns those of its answer. */
export type ReplyHandler = (request: Messages) => Reply | Promise<Reply>;

const { small, large, unserializable } = messages;

const forever = new Promise<never>(() => {});

/** The behaviours that answer a unary call, or refuse it, as methods that return a message, throw or reject. */
export const simpleReplies = (tooLate: Promise<void>, refuse: (code?: number) => never) => ({
  answer: () => small,
  answerAsync: async () => small,
  answerLater: () => sleep(60).then(() => small),
  answerTooLate: () => tooLate.then(() => small),
  answerLarge: () => large,
  answerUnserializable: () => unserializable,
  refuse: () => refuse(),
  refuseTooLate: () => tooLate.then(() => refuse()),
  refuseThenAnswer: () => refuse(),
  refuseWithoutStatus: () => {
    throw new RangeError('no code');
  },
  refuseWithUndefinedCode: () => refuse(42),
  throwTypeError: () => {
    throw Object.assign(new TypeError('a bug'), { code: 5 });
  },
  rejectRangeError: async () => {
    throw new RangeError('a bug');
  },
});

/**
 * Each behaviour as a handler of a framework whose handlers are functions from messages to messages. `refuse` throws the error of
 * the framework that carries a status, by default NOT_FOUND.
 */
export const replyBehaviours = (
  tooLate: Promise<void>,
  refuse: (code?: number) => never,
): Readonly<Record<Behaviour, ReplyHandler>> => ({
  ...simpleReplies(tooLate, refuse),
  hold: () => forever,
  collect: async (request) => {
    for await (const _ of request);
    return small;
  },
  echo: (request) => request,
  echoThenHold: async function* (request) {
    yield* request;
    await forever;
  },
  streamNone: async function* () {},
  streamTwo: async function* () {
    yield small;
    yield small;
  },
  streamOneThenHold: async function* () {
    yield small;
    await forever;
  },
  streamOneThenEndTooLate: async function* () {
    yield small;
    await tooLate;
  },
  streamOneThenRefuse: async function* () {
    yield small;
    await sleep(5);
    refuse();
  },
  streamOneThenThrow: async function* () {
    yield small;
    throw new TypeError('a bug');
  },
  streamOneThenLarge: async function* () {
    yield small;
    yield large;
  },
  streamMegabyte: async function* () {
    yield megabyte;
  },
  streamMegabyteThenHold: async function* () {
    yield megabyte;
    await forever;
  },
  streamUntilTooLate: async function* () {
    const last = tooLate.then(() => sleep(20));
    do yield small;
    while (await Promise.race([last.then(() => false), sleep(2).then(() => true)]));
  },
});
