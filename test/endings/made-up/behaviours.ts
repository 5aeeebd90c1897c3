import type { Behaviour } from '../../support/behaviour.ts';
import { megabyte, messages } from '../../support/test-client.ts';
import { sleep } from '../../support/wait.ts';
import type { Handler } from './framework.ts';
import { StatusError } from './status-error.ts';

const { small, large, unserializable } = messages;
const never = new Promise<void>(() => {});

/** Sends these messages, then does something. */
function send(sent: readonly Buffer[], then: () => unknown = () => {}): Handler {
  return async function* () {
    yield* sent;
    await then();
  };
}

/** Does something, then sends a message. */
function after(first: () => unknown, message: Buffer = small): Handler {
  return async function* () {
    await first();
    yield message;
  };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** Whether a promise has not resolved some milliseconds later. */
function isAhead(end: Promise<void>): Promise<boolean> {
  return Promise.race([end.then(() => false), sleep(2).then(() => true)]);
}

const refuse = fail(new StatusError(5, 'no'));
const throwTypeError = fail(new TypeError('a bug'));
const hold = () => never;

/** Each behaviour as a handler of the made-up framework. A handler cannot answer twice. */
export function behaviours(tooLate: Promise<void>): Readonly<Record<Behaviour, Handler>> {
  return {
    answer: send([small]),
    answerAsync: send([small]),
    answerLater: after(() => sleep(60)),
    answerTooLate: after(() => tooLate),
    answerLarge: send([large]),
    answerUnserializable: send([unserializable]),
    refuse: after(refuse),
    refuseTooLate: after(() => tooLate.then(refuse)),
    refuseThenAnswer: after(refuse),
    refuseWithoutStatus: after(fail(new RangeError('no status'))),
    refuseWithUndefinedCode: after(fail(new StatusError(42, 'no such code'))),
    throwTypeError: after(throwTypeError),
    rejectRangeError: after(fail(new RangeError('a bug'))),
    hold: after(hold),
    async *collect(requests) {
      for await (const _ of requests);
      yield small;
    },
    async *echo(requests) {
      yield* requests;
    },
    async *echoThenHold(requests) {
      yield* requests;
      await never;
    },
    streamNone: send([]),
    streamTwo: send([small, small]),
    streamOneThenHold: send([small], hold),
    streamOneThenEndTooLate: send([small], () => tooLate),
    streamOneThenRefuse: send([small], refuse),
    streamOneThenThrow: send([small], throwTypeError),
    streamOneThenLarge: send([small, large]),
    streamMegabyte: send([megabyte]),
    streamMegabyteThenHold: send([megabyte], hold),
    async *streamUntilTooLate() {
      do yield small;
      while (await isAhead(tooLate));
      yield small;
    },
  };
}
