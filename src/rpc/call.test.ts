import { expect, test } from 'vitest';
import { Histogram } from '../core/histogram.ts';
import { ageOf, type Call, endAttempt, endCall, firstMessage } from './call.ts';
import { Faults } from './faults.ts';
import type { Method } from './methods/method.ts';
import { status, statusNames } from './status.ts';
import { CallStore } from './store.ts';

/** A method of a store with one bound of a second, and a clock that says what it is told to, in milliseconds. */
function recorded() {
  const clock = { now: () => 0 };
  const said: string[] = [];
  const faults = new Faults((message) => said.push(message));
  const store = new CallStore(faults, { buckets: [1], clock: () => clock.now() });
  const method = store.method('/a.B/C')!;
  return { clock, faults, said, method, call: (): Call => ({ method, startedAt: method.start(), ended: false }) };
}

/** Calls by status name, in flight, and seconds in all. */
function numbers(method: Method) {
  const calls: Record<string, number> = {};
  let seconds = 0;
  for (const [code, name] of statusNames.entries()) {
    const durations = method.outcome(code)?.durations;
    if (durations === undefined) continue;
    calls[name] = durations.count;
    seconds += durations.live({}).sum;
  }
  return { calls, inFlight: method.started - method.finished, seconds };
}

test('a call is in flight from its start to its end, and its duration is in seconds', () => {
  const { method, clock, call } = recorded();
  clock.now = () => 500;
  const first = call();
  const second = call();
  expect(numbers(method)).toEqual({ calls: {}, inFlight: 2, seconds: 0 });
  clock.now = () => 1750;
  expect(ageOf(first)).toBe(1250);
  endCall(first, status.OK);
  expect(numbers(method)).toEqual({ calls: { OK: 1 }, inFlight: 1, seconds: 1.25 });
  expect(Array.from(method.outcome(status.OK)!.durations.live({}).buckets)).toEqual([0, 1]);
  endCall(second, 5);
  expect(numbers(method)).toEqual({ calls: { OK: 1, NOT_FOUND: 1 }, inFlight: 0, seconds: 2.5 });
});

test('the first end counts, further ones change nothing', () => {
  const { method, clock, call } = recorded();
  const one = call();
  expect(one.ended).toBe(false);
  endCall(one, status.CANCELLED, 'AbortError');
  expect(one.ended).toBe(true);
  const first = numbers(method);
  clock.now = () => 9000;
  endCall(one, status.OK);
  endCall(one, status.CANCELLED, 'AbortError');
  endCall(one, status.CANCELLED, 'TypeError');
  expect(numbers(method)).toEqual(first);
  expect(first).toEqual({ calls: { CANCELLED: 1 }, inFlight: 0, seconds: 0 });
  expect(method.outcome(status.CANCELLED)!.errorTypes).toEqual(new Map([['AbortError', 1]]));
});

const attempts: [name: string, startedAt: number, now: () => number, seconds: number][] = [
  ['as long as it took', 500, () => 1750, 1.25],
  ['a start that nobody knows', Number.NaN, () => 1750, 0],
  ['a clock that runs backwards', 1750, () => 500, 0],
];
test.each(attempts)(
  'an attempt is counted by its status, in seconds, and is no call: %s',
  (_name, startedAt, now, seconds) => {
    const { method, clock, faults } = recorded();
    clock.now = now;
    endAttempt({ method, startedAt }, 14);
    expect(method.attempts(14)!.durations.live({})).toMatchObject({
      buckets: seconds > 1 ? [0, 1] : [1, 0],
      sum: seconds,
    });
    expect(method.attempts(status.OK)).toBeUndefined();
    expect(numbers(method)).toEqual({ calls: {}, inFlight: 0, seconds: 0 });
    expect(faults.counts.call).toBe(0);
  },
);

test('an attempt is counted when the clock throws', () => {
  const { method, clock } = recorded();
  clock.now = () => {
    throw new Error('no clock');
  };
  expect(() => endAttempt({ method, startedAt: 0 }, 14)).toThrow('no clock');
  expect(method.attempts(14)!.durations.count).toBe(1);
});

test('the time to the first message is in seconds, from the start of the call', () => {
  const { method, clock, call } = recorded();
  clock.now = () => 500;
  const one = call();
  clock.now = () => 1750;
  const histogram = new Histogram([1], () => {});
  firstMessage(one, histogram);
  expect(histogram.live({})).toMatchObject({ buckets: [0, 1], sum: 1.25 });
  expect(numbers(method)).toEqual({ calls: {}, inFlight: 1, seconds: 0 });
});

test('messages are counted by direction, also after the end', () => {
  const { method, call } = recorded();
  const one = call();
  method.received();
  method.received();
  method.sent();
  endCall(one, status.OK);
  method.sent();
  expect(method).toMatchObject({ started: 1, messagesReceived: 2, messagesSent: 2 });
});

const fail = () => {
  throw new Error('the clock stopped');
};
const clocks: [name: string, start: () => number, end: () => number, throws: boolean][] = [
  ['stands still', () => 5, () => 5, false],
  ['goes backwards', () => 5, () => 1, false],
  ['gives NaN at the end', () => 5, () => NaN, false],
  ['gave NaN at the start', () => NaN, () => 5, false],
  ['gives minus infinity at the end', () => 5, () => -Infinity, false],
  ['throws at the end', () => 5, fail, true],
];
test.each(clocks)('no call stays in flight with a clock that %s', (_name, start, end, throws) => {
  const { method, clock, faults, call } = recorded();
  clock.now = start;
  const one = call();
  clock.now = end;
  if (throws) expect(() => endCall(one, status.OK)).toThrow('the clock stopped');
  else endCall(one, status.OK);
  expect(numbers(method)).toEqual({ calls: { OK: 1 }, inFlight: 0, seconds: 0 });
  endCall(one, status.OK);
  expect(numbers(method).calls).toEqual({ OK: 1 });
  expect(faults.counts.call).toBe(0);
});

test('no call begins with a clock that throws at its start', () => {
  const { method, clock, call } = recorded();
  clock.now = fail;
  expect(call).toThrow('the clock stopped');
  expect(numbers(method)).toEqual({ calls: {}, inFlight: 0, seconds: 0 });
});

test.each([...statusNames.entries(), [17, 'UNKNOWN'], [-1, 'UNKNOWN'], [NaN, 'UNKNOWN']] as [number, string][])(
  'code %d is recorded as %s',
  (code, name) => {
    const { method, call } = recorded();
    endCall(call(), code);
    expect(numbers(method)).toEqual({ calls: { [name]: 1 }, inFlight: 0, seconds: 0 });
  },
);

const errorTypes: [name: string, code: number, errorType: string | undefined, types: [string, number][]][] = [
  ['a known class', status.UNKNOWN, 'TypeError', [['TypeError', 1]]],
  ['a class under a code that gRPC does not define', 99, 'TypeError', [['TypeError', 1]]],
  ['none', status.UNKNOWN, undefined, []],
  ['OK has none', status.OK, 'TypeError', []],
];
test.each(errorTypes)('error types: %s', (_name, code, errorType, types) => {
  const { method, call } = recorded();
  endCall(call(), code, errorType);
  const outcome = method.outcome(code) ?? method.outcome(status.UNKNOWN);
  expect([...outcome!.errorTypes]).toEqual(types);
});

test('error types: 20 for each status, then other', () => {
  const { method, call } = recorded();
  const end = (code: number, errorType: string) => endCall(call(), code, errorType);
  for (let index = 0; index < 25; index += 1) end(status.UNKNOWN, `Error${index}`);
  for (const again of ['Error0', 'Error19', 'Error24', 'Error25', 'other']) end(status.UNKNOWN, again);
  end(status.INTERNAL, 'Error24');
  const kept: [string, number][] = Array.from({ length: 20 }, (_, index) => [
    `Error${index}`,
    index === 0 || index === 19 ? 2 : 1,
  ]);
  expect([...method.outcome(status.UNKNOWN)!.errorTypes]).toEqual([...kept, ['other', 8]]);
  expect([...method.outcome(status.INTERNAL)!.errorTypes]).toEqual([['Error24', 1]]);
  expect(numbers(method).calls).toEqual({ UNKNOWN: 30, INTERNAL: 1 });
});
