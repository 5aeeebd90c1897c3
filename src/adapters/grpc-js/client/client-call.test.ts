import { expect, test, vi } from 'vitest';
import { ClientStore } from '../../../rpc/client-store.ts';
import { Faults } from '../../../rpc/faults.ts';
import { status } from '../../../rpc/status.ts';
import type { Channel, ClientListener, OutgoingCall } from '../types.ts';
import { observedOptions } from './client-options.ts';
import { ObservedChannels } from './observed-channels.ts';

const path = '/a.B/C';
const metadata = { get: () => [] };
const ok = { code: status.OK, metadata };

/** A channel that does what no channel of grpc-js does, given by `channelOverride`. */
function observed(start: OutgoingCall['start']) {
  const store = new ClientStore(new Faults());
  const call = {
    start: vi.fn(start),
    sendMessageWithContext: vi.fn(),
    getAuthContext: vi.fn(() => 'auth'),
  };
  const channel = {
    createCall: () => call as unknown as OutgoingCall,
    getTarget: () => 'stub:1',
    getConnectivityState: () => 2,
    watchConnectivityState: () => {},
  } as Channel;
  const { callInvocationTransformer } = observedOptions({ channelOverride: channel }, new ObservedChannels(store));
  const properties = { channel, methodDefinition: { path, requestStream: false, responseStream: false } };
  const made = (callInvocationTransformer(properties) as { channel: Channel }).channel;
  const listener = { onReceiveMetadata: vi.fn(), onReceiveMessage: vi.fn(), onReceiveStatus: vi.fn() };
  return { store, call, made, listener, method: () => store.method(path)! };
}

/** The statuses that were recorded. */
function recorded(store: ClientStore): number[] {
  const method = store.method(path)!;
  return Array.from({ length: 17 }, (_, code) => code).flatMap((code) =>
    Array<number>(method.outcome(code)?.durations.count ?? 0).fill(code),
  );
}

function tell(listener: ClientListener, message: unknown): void {
  listener.onReceiveMessage(message);
  listener.onReceiveStatus(ok);
}

test('a call that is never started is not counted', () => {
  const { made, method } = observed(() => {});
  made.createCall(path, Infinity, null, null, null);
  expect(method()).toMatchObject({ started: 0, finished: 0 });
});

test('a call whose start throws has ended, with what a client makes of an exception', () => {
  const { store, made, listener, method } = observed(() => {
    throw new TypeError('no metadata');
  });
  expect(() => made.createCall(path, Infinity, null, null, null).start({}, listener)).toThrow('no metadata');
  expect(recorded(store)).toEqual([status.UNKNOWN]);
  expect(method()).toMatchObject({ started: 1, finished: 1 });
});

test('null is not a message', () => {
  const { store, made, listener, method } = observed((_metadata, to) => tell(to, null));
  made.createCall(path, Infinity, null, null, null).start({}, listener);
  expect(method().messagesReceived).toBe(0);
  expect(recorded(store)).toEqual([status.UNIMPLEMENTED]);
  expect(listener.onReceiveMessage.mock.calls).toEqual([[null]]);
});

test('of two ends the first counts, and both are passed on', () => {
  const { store, made, listener } = observed((_metadata, to) => {
    tell(to, Buffer.from('x'));
    to.onReceiveStatus({ code: status.INTERNAL, metadata: { get: () => ['2'] } });
  });
  made.createCall(path, Infinity, null, null, null).start({}, listener);
  expect(recorded(store)).toEqual([status.OK]);
  expect([...store.method(path)!.retries]).toEqual([]);
  expect(listener.onReceiveStatus).toHaveBeenCalledTimes(2);
});

test('messages after the end do not count, and are passed on', () => {
  const { made, listener, method, call } = observed((_metadata, to) => tell(to, Buffer.from('x')));
  const created = made.createCall(path, Infinity, null, null, null);
  created.start({}, listener);
  created.sendMessageWithContext({}, Buffer.from('x'));
  expect(method().messagesSent).toBe(0);
  expect(call.sendMessageWithContext).toHaveBeenCalledTimes(1);
});

test('what only some versions have is there, on the channel and on the call', () => {
  const { made, listener } = observed(() => {});
  expect(made.getTarget()).toBe('stub:1');
  const created = made.createCall(path, Infinity, null, null, null) as OutgoingCall & { getAuthContext(): unknown };
  created.start({}, listener);
  expect(created.getAuthContext()).toBe('auth');
});
