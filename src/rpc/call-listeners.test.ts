import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { unknownCall } from './call.ts';
import { CallListeners } from './call-listeners.ts';
import { Faults } from './faults.ts';
import type { EndedCall, FinishedCall } from './finished-call.ts';
import { ServerStore } from './server-store.ts';
import { status } from './status.ts';

function listening(clock?: () => number) {
  const faults = new Faults(() => {});
  const listeners = new CallListeners(faults, clock);
  const method = new ServerStore(faults).method('/a.B/C')!;
  const end = (more: Partial<EndedCall> = {}) =>
    listeners.ended('server', {
      method,
      code: status.OK,
      seconds: 0.5,
      notes: listeners.begun(),
      deadline: Infinity,
      ...more,
    });
  return { faults, listeners, end };
}

/** Turns of the event loop until nothing is told any more. */
async function told(calls: readonly unknown[]): Promise<void> {
  for (let before = -1; before < calls.length; ) {
    before = calls.length;
    await turn();
    await turn();
  }
}

test('a call is told of later, whole, to each listener', async () => {
  const { listeners, end } = listening();
  const seen: FinishedCall[] = [];
  listeners.add((call) => seen.push(call));
  listeners.add((call) => seen.push(call), { metadata: true });
  const metadata = { get: () => undefined, getAll: () => [], raw: {} };
  const deadline = new Date(Date.now() + 60_000);
  const notes = Object.assign(listeners.begun()!, { retries: 3, timeToFirstMessage: 0.25, metadata });
  notes.received(10);
  for (const bytes of [20, 30]) notes.sent(bytes);
  end({ code: 2, errorType: 'TypeError', deadline, notes });
  expect(seen).toEqual([]);
  await told(seen);
  const call: FinishedCall = {
    side: 'server',
    path: '/a.B/C',
    service: 'a.B',
    method: 'C',
    type: undefined,
    status: 'UNKNOWN',
    code: 2,
    errorType: 'TypeError',
    duration: 0.5,
    messagesReceived: 1,
    messagesSent: 2,
    bytesReceived: undefined,
    bytesSent: undefined,
    timeToFirstMessage: 0.25,
    retries: 3,
    deadline,
    deadlineLeft: expect.closeTo(60, 0) as number,
    labels: {},
  };
  expect(seen).toEqual([call, { ...call, metadata }]);
  expect(seen[0]).not.toHaveProperty('metadata');
  expect(seen[1]!.metadata).toBe(metadata);
});

const ends: [name: string, more: Partial<EndedCall>, expected: object][] = [
  ['OK has no error type', { errorType: 'TypeError' }, { status: 'OK', errorType: undefined }],
  ['an error without a class', { code: 5 }, { status: 'NOT_FOUND', code: 5, errorType: 'NOT_FOUND' }],
  ['a code that gRPC does not define', { code: 99 }, { status: 'UNKNOWN', code: 2 }],
  ['no deadline', { deadline: Infinity }, { deadline: undefined, deadlineLeft: undefined }],
  [
    'a deadline that no calendar has',
    { deadline: Number.MAX_SAFE_INTEGER },
    { deadline: undefined, deadlineLeft: undefined },
  ],
  ['a deadline that has passed', { deadline: 0 }, { deadline: new Date(0) }],
];
test.each(ends)('%s', async (_name, more, expected) => {
  const { listeners, end } = listening();
  const seen: FinishedCall[] = [];
  listeners.add((call) => seen.push(call));
  end(more);
  await told(seen);
  expect(seen).toMatchObject([expected]);
  if (more.deadline === 0) expect(seen[0]!.deadlineLeft).toBeLessThan(0);
});

/** What a listener may return that is no promise, and is taken for one. */
function thenable(then: unknown): object {
  return { then }; // oxlint-disable-line unicorn/no-thenable -- listeners can return one: that is what is tested
}

const boom = () => {
  throw new Error('no');
};

const failing: [name: string, listener: () => unknown][] = [
  ['throws', boom],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['rejects later', async () => turn().then(() => Promise.reject(new Error('no')))],
  [
    'gives a thenable that rejects',
    () => thenable((_: unknown, reject: (error: Error) => void) => reject(new Error('no'))),
  ],
  ['gives a thenable that throws', () => thenable(boom)],
  ['gives an object that throws when it is looked at', () => new Proxy({}, { get: boom, has: boom })],
];
test.each(failing)('a listener that %s is counted, and the next one is told', async (_name, listener) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const { faults, listeners, end } = listening();
  const seen: unknown[] = [];
  listeners.add(listener);
  listeners.add((call) => seen.push(call));
  end();
  await told(seen);
  await turn();
  await turn();
  process.off('unhandledRejection', note);
  expect(seen).toHaveLength(1);
  expect(faults.counts.listener).toBe(1);
  expect(unhandled).toEqual([]);
});

test('one that is taken away is told of nothing more, not even of what waits', async () => {
  const { listeners, end } = listening();
  expect(listeners.begun()).toBeUndefined();
  const seen: string[] = [];
  const removeSecond: (() => void)[] = [];
  const removeFirst = listeners.add(() => {
    seen.push('first');
    removeSecond[0]!();
  });
  removeSecond.push(listeners.add(() => seen.push('second')));
  end();
  await told(seen);
  expect(seen).toEqual(['first']);
  expect(listeners.begun()).toBeDefined();
  removeFirst();
  expect(listeners.begun()).toBeUndefined();
  end();
  await told(seen);
  expect(seen).toEqual(['first']);
});

test('a function that was added twice is told twice', async () => {
  const { listeners, end } = listening();
  const seen: unknown[] = [];
  const listener = (call: unknown) => seen.push(call);
  listeners.add(listener);
  const remove = listeners.add(listener);
  end();
  await told(seen);
  expect(seen).toHaveLength(2);
  remove();
  end();
  await told(seen);
  expect(seen).toHaveLength(3);
});

test('one that is added while calls are told is told from the next one on', async () => {
  const { listeners, end } = listening();
  const seen: string[] = [];
  const add = (name: string) => {
    listeners.add(() => {
      seen.push(name);
      if (seen.length < 9) add(`${name}'`);
    });
  };
  add('a');
  end();
  await told(seen);
  expect(seen).toEqual(['a']);
});

test('one that is added while a call runs is not told of it, whoever else is', async () => {
  const { listeners, end } = listening();
  const seen: string[] = [];
  listeners.add(() => seen.push('first'));
  const begun = listeners.begun()!;
  listeners.add(() => seen.push('second'));
  end({ notes: begun });
  await told(seen);
  expect(seen).toEqual(['first']);
  end({ notes: listeners.begun()! });
  await told(seen);
  expect(seen).toEqual(['first', 'first', 'second']);
});

test('ten thousand calls wait, further ones are dropped and counted', async () => {
  const { faults, listeners, end } = listening();
  const seen: unknown[] = [];
  listeners.add((call) => seen.push(call));
  for (let index = 0; index < 10_007; index += 1) end();
  await told(seen);
  expect(seen).toHaveLength(10_000);
  expect(faults.counts.listener).toBe(7);
  end();
  await told(seen);
  expect(seen).toHaveLength(10_001);
});

test('the event loop has a turn where listeners take long, and the order stays', async () => {
  let now = 0;
  const { listeners, end } = listening(() => now);
  const seen: number[] = [];
  const order: number[] = [];
  listeners.add(({ duration }) => {
    now += 1; // milliseconds
    seen.push(duration);
  });
  for (const seconds of [1, 2, 3, 4, 5]) end({ seconds });
  for (let index = 0; index < 4; index += 1) {
    await turn();
    order.push(seen.length);
  }
  expect(order).toEqual([2, 4, 5, 5]);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

test('listeners do not run in the context of a call', async () => {
  const context = new AsyncLocalStorage<string>();
  const { listeners, end } = listening();
  const seen: unknown[] = [];
  listeners.add(() => seen.push(context.getStore()));
  context.run('a call', () => end());
  await told(seen);
  expect(seen).toEqual([undefined]);
});

test('what is no function is refused', () => {
  const { listeners } = listening();
  const message = 'onCallEnd() takes a function, (call) => ..., not 5';
  expect(() => listeners.add(5 as never)).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});

test('a call of an unknown method is told of', async () => {
  const { faults, listeners } = listening();
  const seen: FinishedCall[] = [];
  const store = new ServerStore(faults, { listeners });
  unknownCall(store, status.UNIMPLEMENTED);
  listeners.add((call) => seen.push(call));
  unknownCall(store, status.UNIMPLEMENTED);
  await told(seen);
  expect(seen).toMatchObject([{ path: 'unknown', service: 'unknown', method: 'unknown', status: 'UNIMPLEMENTED' }]);
});
