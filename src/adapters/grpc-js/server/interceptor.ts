import type { MethodType } from '../../../rpc/methods/method-type.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import {
  dispatchingServer,
  type StreamObserver,
  type WatchedServer,
  watchListeningServers,
} from '../../http2-server.ts';
import { passOnTheRest } from '../pass-on.ts';
import type { InterceptedMethod, InterceptingCall, ServerInterceptor } from '../types.ts';
import { ServerCall } from './server-call.ts';

/**
 * Observes every call that reaches an interceptor of a grpc-js server. Belongs first in the list, nearest the wire:
 * behind another interceptor it still records every call, but takes its time only from there on.
 */
export function serverInterceptor(store: ServerStore): ServerInterceptor {
  watchListeningServers();
  return (definition, call: InterceptingCall): InterceptingCall => {
    try {
      return observe(store, definition, call);
    } catch (error) {
      store.faults.count('call', error);
      return call;
    }
  };
}

function observe(store: ServerStore, definition: InterceptedMethod, next: InterceptingCall): InterceptingCall {
  const server = dispatchingServer();
  server?.reach(store);
  const method = store.method(definition.path);
  if (isObserved(server, store)) return next;
  if (method === null) {
    store.excluded += 1;
    server?.observe({ store, previous: server.observer, dispatched: () => {} });
    return next;
  }
  if (method.calledOn !== next.constructor) {
    // Without `instrument` nobody has said so yet.
    if (method.type === undefined) store.declare(definition.path, typeOf(definition));
    if (!Object.isExtensible(next)) throw new TypeError('an interceptor nearer the wire has frozen its call');
    passOnTheRest(ServerCall.prototype, next);
    method.calledOn = next.constructor;
  }
  const call = new ServerCall(store, method, next, server?.stream, server?.observer);
  server?.observe(call);
  return call;
}

function typeOf({ requestStream, responseStream }: InterceptedMethod): MethodType {
  if (requestStream) return responseStream ? 'bidi_stream' : 'client_stream';
  return responseStream ? 'server_stream' : 'unary';
}

/** A server that was instrumented and given the interceptor too has both: the call counts once. */
function isObserved(server: WatchedServer | undefined, store: ServerStore): boolean {
  let observer: StreamObserver | undefined = server?.observer;
  while (observer !== undefined && observer.store !== store) observer = observer.previous;
  return observer !== undefined;
}
