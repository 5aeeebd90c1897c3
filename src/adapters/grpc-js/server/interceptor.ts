import { declareMethod, findMethod } from '../../../rpc/call.ts';
import { methodType } from '../../../rpc/methods/method-type.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { passOnTheRest } from '../pass-on.ts';
import type { GrpcServerInterceptor, InterceptedMethod, InterceptingCall } from '../types.ts';
import { currentDispatch, type Dispatch, type StreamObserver, watchListeningServers } from './dispatch.ts';
import { ServerCall } from './server-call.ts';

/**
 * Observes every call that reaches an interceptor of a grpc-js server. Belongs first in the list, nearest the wire:
 * behind another interceptor it still records every call, but takes its time only from there on.
 *
 * `Call` is the class of the calls, for frameworks on top of grpc-js that need to know more.
 */
export function serverInterceptor(store: ServerStore, Call: typeof ServerCall = ServerCall): GrpcServerInterceptor {
  watchListeningServers();
  /** The class of the last call. Several versions of grpc-js in one process have a class each. */
  let known: unknown;

  const interceptor = (definition: InterceptedMethod, next: InterceptingCall): InterceptingCall => {
    const dispatch = currentDispatch();
    if (dispatch !== undefined && isObserved(dispatch, store)) return next;
    const method = findMethod(store, definition.path);
    if (method === null) return leaveOut(store, dispatch, next);
    // Without `instrument` nobody has declared it yet.
    if (method.type === undefined) declareMethod(store, definition.path, methodType(definition));
    try {
      const call = new Call(store, method, next, dispatch);
      if (known !== next.constructor) {
        passOn(store, call, next);
        known = next.constructor;
      }
      if (dispatch !== undefined) dispatch.observer = call;
      return call;
    } catch (error) {
      // An interceptor nearer the wire has frozen its call.
      store.faults.count('call', error);
      return next;
    }
  };
  Object.defineProperty(interceptor, isOurs, { value: true });
  return interceptor;
}

/** On an interceptor of this package. Every copy of it in a process uses the same symbol, whatever its version. */
const isOurs: unique symbol = Symbol.for('grpc-vitals.interceptor');

/** Whether a copy of this package made the interceptor. */
export function isInterceptor(interceptor: object): boolean {
  return isOurs in interceptor;
}

/** A function of its own: a closure in the interceptor would cost every call. */
function passOn(store: ServerStore, call: ServerCall, next: InterceptingCall): void {
  store.faults.guard('call', () => passOnTheRest(call, next));
}

/** Tells a second interceptor of ours on the same stream that the call is left out. */
function leaveOut(store: ServerStore, dispatch: Dispatch | undefined, next: InterceptingCall): InterceptingCall {
  if (dispatch !== undefined) dispatch.observer = { store, previous: dispatch.observer, dispatched: () => {} };
  return next;
}

/** A server that was instrumented and given the interceptor too has both: the call counts once. */
function isObserved(dispatch: Dispatch, store: ServerStore): boolean {
  dispatch.reach(store);
  let observer: StreamObserver | undefined = dispatch.observer;
  while (observer !== undefined && observer.store !== store) observer = observer.previous;
  return observer !== undefined;
}
