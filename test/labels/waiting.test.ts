import { expect, test } from 'vitest';
import { serverInterceptor } from '../../src/adapters/grpc-js/server/interceptor.ts';
import type { InterceptingCall, Listener } from '../../src/adapters/grpc-js/types.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { CallLabels } from '../../src/rpc/limits/call-labels.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';

const path = '/a.B/C';

/** A call that gives its metadata out when the test says so. */
class Stub implements InterceptingCall {
  listener: Listener | undefined;
  start(listener: Listener): void {
    this.listener = listener;
  }
  sendMetadata(): void {}
  sendMessage(): void {}
  sendStatus(): void {}
  startRead(): void {}
  getDeadline(): number {
    return Infinity;
  }
}

const deaf: Listener = {
  onReceiveMetadata: () => {},
  onReceiveMessage: () => {},
  onReceiveHalfClose: () => {},
  onCancel: () => {},
};

function observed() {
  const faults = new Faults(() => {});
  const labels = new CallLabels({ a: { from: () => 'x' } }, faults);
  const store = new ServerStore(faults, { labels });
  const stub = new Stub();
  const call = serverInterceptor(store)(
    { path, requestStream: false, responseStream: false },
    stub,
  ) as InterceptingCall;
  /** `started, in flight` by label: in flight are also those that wait. */
  const numbers = () =>
    Object.fromEntries(
      Array.from(store.methods(), ({ labels: { a }, started, inFlight }) => [a, `${started}, ${inFlight}`]),
    );
  return { stub, call, numbers };
}

test('a call is in flight while its labels are not known, and started with them', () => {
  const { stub, call, numbers } = observed();
  expect(numbers()).toEqual({ '': '0, 1' });
  call.start(deaf);
  expect(numbers()).toEqual({ '': '0, 1' });
  stub.listener!.onReceiveMetadata({ get: () => [] });
  expect(numbers()).toEqual({ x: '1, 1' });
  stub.listener!.onCancel();
  expect(numbers()).toEqual({ x: '1, 0' });
});

test('a call that ends before has started without them', () => {
  const { stub, call, numbers } = observed();
  call.start(deaf);
  stub.listener!.onCancel();
  expect(numbers()).toEqual({ '': '1, 0' });
});
