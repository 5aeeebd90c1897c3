import type { InterceptorBehaviour } from '../endings/adapter.ts';
import type { Behaviour } from '../support/behaviour.ts';
import { megabyte, messages } from '../support/test-client.ts';
import { sleep } from '../support/wait.ts';
import { StatusError } from './framework/errors.ts';
import type { Messages } from './framework/frames.ts';
import type { Handler, Middleware } from './framework/routes.ts';

const { small, large, unserializable } = messages;

const forever = new Promise<never>(() => {});

function refuse(code = 5): never {
  throw new StatusError(code, 'no');
}

/** Each behaviour as a handler of the made-up framework. */
export const behaviours = (tooLate: Promise<void>): Readonly<Record<Behaviour, Handler>> => ({
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

async function* after(first: Promise<void>, then: () => Messages): AsyncGenerator<Buffer> {
  await first;
  yield* then();
}

/** Each behaviour as a middleware of the made-up framework, behind the library's. */
export const middlewares = (tooLate: Promise<void>): Readonly<Record<InterceptorBehaviour, Middleware>> => ({
  refuse: () => refuse(7),
  refuseLater: () => after(sleep(20), () => refuse(7)),
  passOnLater: (request, _context, next) => after(sleep(40), () => next(request)),
  passOnTooLate: (request, _context, next) => after(tooLate, () => next(request)),
});
