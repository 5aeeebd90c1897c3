import * as newest from '@grpc/grpc-js';
import type { InterceptorBehaviour } from '../adapter.ts';

type Call = newest.ServerInterceptingCallInterface;
type Listener = Parameters<Call['start']>[0];

/** A call that inherits from the one below it, and has some methods of its own. */
function delegate(call: Call, own: object): object {
  return Object.assign(Object.create(call) as object, own);
}

/** grpc-js asks for its own class in the type alone; each version has another one. */
function interceptor(build: (call: Call) => object): newest.ServerInterceptor {
  return (_method, call) => build(call) as newest.ServerInterceptingCall;
}

const refusal = { code: newest.status.PERMISSION_DENIED, details: 'not you', metadata: null };

/** Refuses at once, and does not start the call below it. */
export const refuse: newest.ServerInterceptor = interceptor((call) =>
  delegate(call, { start: () => call.sendStatus(refusal) }),
);

/** Each behaviour as an interceptor of grpc-js, without its classes. */
export const interceptors = (
  tooLate: Promise<void>,
): Readonly<Record<InterceptorBehaviour, newest.ServerInterceptor>> => ({
  refuse,
  refuseLater: interceptor((call) => delegate(call, { start: () => setTimeout(() => call.sendStatus(refusal), 20) })),
  passOnLater: interceptor((call) =>
    delegate(call, { start: (listener: Listener) => setTimeout(() => call.start(listener), 40) }),
  ),
  passOnTooLate: interceptor((call) =>
    delegate(call, { start: (listener: Listener) => void tooLate.then(() => call.start(listener)) }),
  ),
});

/** Refuses when the metadata arrives. */
export const refuseAfterMetadata: newest.ServerInterceptor = interceptor((call) =>
  delegate(call, {
    start: (listener: Listener) =>
      call.start({
        onReceiveMetadata: () => call.sendStatus(refusal),
        onReceiveMessage: (message: unknown) => listener.onReceiveMessage(message),
        onReceiveHalfClose: () => listener.onReceiveHalfClose(),
        onCancel: () => listener.onCancel(),
      }),
  }),
);

/** A listener that passes everything on but the end of the call, which grpc-js reports with `onCancel`. */
const withoutCancel = (listener: Listener): Listener => ({
  onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
  onReceiveMessage: (message: unknown) => listener.onReceiveMessage(message),
  onReceiveHalfClose: () => listener.onReceiveHalfClose(),
  onCancel: () => {},
});

/** Passes everything on but the end of the call. */
export const keepCancel: newest.ServerInterceptor = interceptor((call) => ({
  start: (listener: Listener) => call.start(withoutCancel(listener)),
  sendMetadata: (metadata: newest.Metadata) => call.sendMetadata(metadata),
  sendMessage: (message: unknown, callback: () => void) => call.sendMessage(message, callback),
  sendStatus: (status: Parameters<Call['sendStatus']>[0]) => call.sendStatus(status),
  startRead: () => call.startRead(),
  getPeer: () => call.getPeer(),
  getDeadline: () => call.getDeadline(),
  getHost: () => call.getHost(),
}));

/** The same as a Proxy, which has all properties of grpc-js's call. */
export const keepCancelAsProxy: newest.ServerInterceptor = interceptor(
  (call) =>
    new Proxy(call, {
      get: (target, name) => {
        if (name === 'start') return (listener: Listener) => target.start(withoutCancel(listener));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
);

/** Changes nothing, and adds no methods. */
export const inherit: newest.ServerInterceptor = interceptor((call) => delegate(call, {}));
