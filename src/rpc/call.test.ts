import { expect, test } from 'vitest';
import { Exemplars } from '../core/exemplars.ts';
import {
  answeredCall,
  beginCall,
  endCall,
  failedCall,
  findMethod,
  forgetCall,
  labelCall,
  lostStatus,
  measureMethod,
  receivedMessage,
  retriedCall,
  sentMessage,
  unknownCall,
} from './call.ts';
import type { CallStart } from './call-start.ts';
import { type Call, newCall } from './call-state.ts';
import { ClientStore } from './client-store.ts';
import { Faults } from './faults.ts';
import type { FinishedCall } from './finished-call.ts';
import { handlerBegins, handlerRejected, handlerThrew, wantLinks } from './handler.ts';
import { CallLabels } from './limits/call-labels.ts';
import type { Method } from './methods/method.ts';
import type { GrpcMethodType } from './methods/method-type.ts';
import { ServerStore } from './server-store.ts';
import { status, statusNames } from './status.ts';
import type { CallStore, StoreOptions } from './store.ts';

const path = '/a.B/C';

/** A store with one bound of a second, whose clock returns what the test sets, in milliseconds. */
function recorded(options: StoreOptions = {}, type?: GrpcMethodType, side: 'server' | 'client' = 'server') {
  const clock = { now: () => 0 };
  const faults = new Faults(() => {});
  const all = { buckets: [1], clock: () => clock.now(), ...options };
  const store: CallStore = side === 'server' ? new ServerStore(faults, all) : new ClientStore(faults, all);
  if (type !== undefined) store.declare(path, type);
  const method = store.method(path)!;
  const call = (key?: object, deadline: Date | number = Infinity): Call => {
    const begun = newCall(store, method, () => deadline, key);
    beginCall(begun);
    return begun;
  };
  return { clock, faults, store, method, call };
}

/** Labels `tenant`, read from the peer. */
function tenants(faults = new Faults(() => {})): CallLabels {
  return new CallLabels({ tenant: { from: ({ peer }) => peer } }, faults);
}

const startOf = (peer: string) => ({ peer, metadata: { get: () => peer } }) as unknown as CallStart;

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
  endCall(first, status.OK);
  expect(numbers(method)).toEqual({ calls: { OK: 1 }, inFlight: 1, seconds: 1.25 });
  expect(Array.from(method.outcome(status.OK)!.durations.live({}).buckets)).toEqual([0, 1]);
  endCall(second, 5);
  expect(numbers(method)).toEqual({ calls: { OK: 1, NOT_FOUND: 1 }, inFlight: 0, seconds: 2.5 });
});

test('the first end counts, further ones change nothing', () => {
  const { method, clock, call } = recorded();
  const key = {};
  const one = call(key);
  expect(one.ended).toBe(false);
  handlerThrew(key, new TypeError('a bug'));
  endCall(one, status.CANCELLED);
  expect(one.ended).toBe(true);
  const first = numbers(method);
  clock.now = () => 9000;
  for (const code of [status.OK, status.CANCELLED]) endCall(one, code);
  expect(numbers(method)).toEqual(first);
  expect(first).toEqual({ calls: { CANCELLED: 1 }, inFlight: 0, seconds: 0 });
  expect(method.outcome(status.CANCELLED)!.errorTypes).toEqual(new Map([['TypeError', 1]]));
});

test('a call that did not begin has no end', () => {
  const { method, store } = recorded();
  endCall(
    newCall(store, method, () => Infinity),
    status.OK,
  );
  expect(numbers(method)).toEqual({ calls: {}, inFlight: 0, seconds: 0 });
});

const firstResponses: [side: 'server' | 'client', respond: (call: Call) => void, ask: (call: Call) => void][] = [
  ['server', sentMessage, receivedMessage],
  ['client', receivedMessage, sentMessage],
];
test.each(firstResponses)('%s: the time to the first response is in seconds, once', (side, respond, ask) => {
  const { method, clock, call } = recorded({}, 'bidi_stream', side);
  clock.now = () => 500;
  const one = call();
  clock.now = () => 600;
  ask(one);
  clock.now = () => 1750;
  respond(one);
  clock.now = () => 9000;
  respond(one);
  expect(method.firstMessages!.live({})).toMatchObject({ buckets: [0, 1], sum: 1.25 });
});

test('messages are counted by direction, also after the end', () => {
  const { method, call } = recorded();
  const one = call();
  receivedMessage(one, 10);
  receivedMessage(one);
  sentMessage(one, 5);
  endCall(one, status.OK);
  sentMessage(one);
  expect(method).toMatchObject({ started: 1, messagesReceived: 2, messagesSent: 2, bytesReceived: 10, bytesSent: 5 });
});

test('sizes of messages are known from when the adapter says so, also for calls with labels', () => {
  const { store, method, call } = recorded({ labels: tenants(), exclude: ['x.Y'] });
  expect(method.isMeasured).toBe(false);
  for (const each of [path, '/x.Y/Z']) measureMethod(store, each);
  expect(method.isMeasured).toBe(true);
  const one = call();
  labelCall(one, startOf('acme'));
  expect(one.method).toMatchObject({ labels: { tenant: 'acme' }, isMeasured: true });
});

const fail = () => {
  throw new Error('the clock stopped');
};
const clocks: [name: string, start: () => number, end: () => number, faults: number][] = [
  ['stands still', () => 5, () => 5, 0],
  ['goes backwards', () => 5, () => 1, 0],
  ['gives NaN at the end', () => 5, () => NaN, 0],
  ['gave NaN at the start', () => NaN, () => 5, 0],
  ['gives minus infinity at the end', () => 5, () => -Infinity, 0],
  ['throws at the end', () => 5, fail, 1],
];
test.each(clocks)('no call stays in flight with a clock that %s', (_name, start, end, expected) => {
  const { method, clock, faults, call } = recorded();
  clock.now = start;
  const one = call();
  clock.now = end;
  endCall(one, status.OK);
  expect(numbers(method)).toEqual({ calls: { OK: 1 }, inFlight: 0, seconds: 0 });
  endCall(one, status.OK);
  expect(numbers(method).calls).toEqual({ OK: 1 });
  expect(faults.counts.call).toBe(expected);
});

test('no call begins with a clock that throws at its start: a fault, and nothing to end', () => {
  const { method, clock, faults, call } = recorded();
  clock.now = fail;
  endCall(call(), status.OK);
  expect(numbers(method)).toEqual({ calls: {}, inFlight: 0, seconds: 0 });
  expect(faults.counts.call).toBe(1);
});

test.each([...statusNames.entries(), [17, 'UNKNOWN'], [-1, 'UNKNOWN'], [NaN, 'UNKNOWN']] as [number, string][])(
  'code %d is recorded as %s',
  (code, name) => {
    const { method, call } = recorded();
    endCall(call(), code);
    expect(numbers(method)).toEqual({ calls: { [name]: 1 }, inFlight: 0, seconds: 0 });
  },
);

const hidden = Object.defineProperty(new Error('x'), 'constructor', { get: () => fail() });
const exceptions: [name: string, code: number, error: unknown, types: [string, number][]][] = [
  ['a known class', status.UNKNOWN, new TypeError('x'), [['TypeError', 1]]],
  ['a class under a code that gRPC does not define', 99, new TypeError('x'), [['TypeError', 1]]],
  ['a class under INTERNAL, which some frameworks answer', status.INTERNAL, new TypeError('x'), [['TypeError', 1]]],
  ['a status that the handler chose', 5, new TypeError('x'), []],
  ['nothing was thrown', status.UNKNOWN, undefined, []],
  ['no error was thrown', status.UNKNOWN, 'text', []],
  ['an error that hides its class', status.UNKNOWN, hidden, []],
  ['OK has none', status.OK, new TypeError('x'), []],
];
test.each(exceptions)('exception classes: %s', (_name, code, error, types) => {
  const { method, call, faults } = recorded();
  const key = {};
  const one = call(key);
  if (error !== undefined) handlerThrew(key, error);
  endCall(one, code);
  const outcome = method.outcome(code) ?? method.outcome(status.UNKNOWN);
  expect([...outcome!.errorTypes]).toEqual(types);
  expect(faults.counts.call).toBe(0);
});

test('exception classes: 20 for each status, then other', () => {
  const { method } = recorded();
  const end = (code: number, errorType: string) => method.finish(code, 0, errorType);
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

const late: [type: GrpcMethodType | undefined, abandoned: number][] = [
  ['unary', 1],
  ['client_stream', 1],
  ['server_stream', 0],
  ['bidi_stream', 0],
  [undefined, 0],
];
test.each(late)('an answer that nobody waits for is counted once, of %s: %i', (type, abandoned) => {
  const { method, call } = recorded({}, type);
  const one = call();
  endCall(one, status.CANCELLED);
  answeredCall(one);
  answeredCall(one);
  expect(method.abandoned).toBe(abandoned);
});

test.each([status.OK, status.INTERNAL])('a call that was answered is not abandoned: %i', (code) => {
  const { method, call } = recorded({}, 'unary');
  const one = call();
  endCall(one, code);
  answeredCall(one);
  expect(method.abandoned).toBe(0);
});

const forgotten: [name: string, options: StoreOptions][] = [
  ['without labels', {}],
  ['while it waits for its labels', { labels: tenants() }],
];
test.each(forgotten)('a call that was none after all is taken back, %s', (_name, options) => {
  const { method, call } = recorded(options, 'bidi_stream');
  const one = call();
  expect(method.inFlight).toBe(1);
  forgetCall(one);
  forgetCall(one);
  endCall(one, status.OK);
  expect(method).toMatchObject({ started: 0, waiting: 0, inFlight: 0 });
  expect(method.streams).toEqual({ open: 0, oldestSeconds: 0 });
});

test('a call waits for its labels, and is then one of those with them', () => {
  const { store, method, call } = recorded({ labels: tenants() }, 'bidi_stream');
  const one = call();
  expect(method).toMatchObject({ started: 0, waiting: 1, inFlight: 1 });
  labelCall(one, startOf('acme'));
  expect(one.method.labels).toEqual({ tenant: 'acme' });
  expect(one.method).toMatchObject({ started: 1, inFlight: 1, streams: { open: 1 } });
  endCall(one, status.OK);
  const series = Array.from(store.methods(), ({ labels, started, inFlight }) => [labels.tenant, started, inFlight]);
  expect(series).toEqual([['acme', 1, 0]]);
});

test('a call that ends before its labels are known has none', () => {
  const { method, call } = recorded({ labels: tenants() });
  endCall(call(), status.CANCELLED);
  expect(method).toMatchObject({ started: 1, waiting: 0, inFlight: 0 });
});

test('labels that cannot be read cost the labels', () => {
  const { method, call, faults, store } = recorded({ labels: tenants() });
  store.labelled = fail;
  const one = call();
  labelCall(one, startOf('acme'));
  endCall(one, status.OK);
  expect(method).toMatchObject({ started: 1, waiting: 0, inFlight: 0 });
  expect(faults.counts.label).toBe(1);
});

test('a rejection is counted with the labels of its call, which its key tells', () => {
  const { store, method, call } = recorded({ labels: tenants() });
  wantLinks(store, path);
  const key = {};
  const one = call(key);
  labelCall(one, startOf('acme'));
  handlerRejected(store, path, key, fail);
  expect(one.method.rejections).toBe(1);
  handlerRejected(store, path, {}, () => startOf('other'));
  expect(Array.from(store.methods(), ({ labels, rejections }) => [labels.tenant, rejections])).toEqual([
    ['acme', 1],
    ['other', 1],
  ]);
  expect(method.rejections).toBe(0);
});

test('the trace is that of the handler, or else that of the arrival', () => {
  let trace = { trace_id: 'arrival' };
  const exemplars = new Exemplars(() => trace, new Faults(() => {}));
  const { store, method, call } = recorded({ exemplars });
  const [one, two] = [{}, {}];
  const calls = [call(one), call(two)];
  trace = { trace_id: 'handler' };
  handlerBegins(store, one);
  endCall(calls[0]!, status.OK);
  endCall(calls[1]!, status.INTERNAL);
  expect(method.outcome(status.OK)!.exemplar?.labels).toEqual({ trace_id: 'handler' });
  expect(method.outcome(status.INTERNAL)!.exemplar?.labels).toEqual({ trace_id: 'arrival' });
});

const lost: [name: string, left: number, code: number][] = [
  ['nothing left', -1, status.DEADLINE_EXCEEDED],
  ['much left', 60_000, status.CANCELLED],
  ['none', Infinity, status.CANCELLED],
];
test.each(lost)('a peer that leaves, its deadline: %s', (_name, left, code) => {
  const { call } = recorded();
  expect(lostStatus(call(undefined, Date.now() + left))).toBe(code);
});

test('a deadline that cannot be read is a fault, and a cancellation', () => {
  const { store, method, faults } = recorded();
  const one = newCall(store, method, fail);
  beginCall(one);
  expect(lostStatus(one)).toBe(status.CANCELLED);
  expect(faults.counts.call).toBe(1);
});

test('retries are what was said, and not what is no number of them', () => {
  const { method, call, faults } = recorded({}, 'unary', 'client');
  const one = call();
  for (const said of ['2', 'many', undefined]) retriedCall(one, () => said);
  retriedCall(one, fail);
  expect([...method.retries]).toEqual([[2, 1]]);
  expect(faults.counts.call).toBe(1);
});

test('an excluded method is not found, and its calls are counted', () => {
  const { store } = recorded({ exclude: ['x.Y'] });
  expect(findMethod(store, '/x.Y/Z')).toBeNull();
  expect(store.excluded).toBe(1);
});

test('listeners are told of calls that were over before they could be observed', async () => {
  const { store, method } = recorded();
  const told: FinishedCall[] = [];
  store.listeners.add((call) => told.push(call));
  failedCall(store, method, status.UNKNOWN, Date.now() + 60_000);
  unknownCall(store as ServerStore, status.UNIMPLEMENTED);
  await expect.poll(() => told.length).toBe(2);
  expect(told).toMatchObject([
    { path, status: 'UNKNOWN', deadline: expect.any(Date) },
    { path: 'unknown', status: 'UNIMPLEMENTED', deadline: undefined },
  ]);
});
