import type { ServerStore } from '../../rpc/server-store.ts';
import { dispatchingServer, type StreamObserver, type WatchedServer, watchListeningServers } from './http2-server.ts';
import { passOnTheRest } from './pass-on.ts';
import { ServerCall } from './server-call.ts';
import type { InterceptingCall, ServerInterceptor } from './types.ts';

/**
 * Observes every call that reaches an interceptor of a grpc-js server. Belongs first in the list, nearest the wire:
 * behind another interceptor it still records every call, but takes its time only from there on.
 */
export function serverInterceptor(store: ServerStore): ServerInterceptor {
  watchListeningServers();
  return ({ path, responseStream }, call: InterceptingCall): InterceptingCall => {
    try {
      return observe(store, path, responseStream === true, call);
    } catch (error) {
      store.faults.count('call', error);
      return call;
    }
  };
}

function observe(store: ServerStore, path: string, streams: boolean, next: InterceptingCall): InterceptingCall {
  const server = dispatchingServer();
  server?.reach(store);
  const method = store.method(path);
  if (isObserved(server, store)) return next;
  if (method === null) {
    store.excluded += 1;
    server?.observe({ store, previous: server.observer, dispatched: () => {} });
    return next;
  }
  if (!method.isCalled) passOnTheRest(ServerCall.prototype, next);
  method.isCalled = true;
  if (streams && method.firstMessages === undefined) store.expectStream(method);
  const call = new ServerCall(store, method, next, server?.stream, server?.observer);
  server?.observe(call);
  return call;
}

/** A server that was instrumented and given the interceptor too has both: the call counts once. */
function isObserved(server: WatchedServer | undefined, store: ServerStore): boolean {
  let observer: StreamObserver | undefined = server?.observer;
  while (observer !== undefined && observer.store !== store) observer = observer.previous;
  return observer !== undefined;
}
