import type { CallStore } from '../../rpc/store.ts';
import { dispatchingServer, type StreamObserver, type WatchedServer, watchListeningServers } from './http2-server.ts';
import { ServerCall } from './server-call.ts';
import type { InterceptingCall, ServerInterceptor } from './types.ts';

/**
 * Observes every call that reaches an interceptor of a grpc-js server. Belongs first in the list, nearest the wire:
 * behind another interceptor it still records every call, but takes its time only from there on.
 */
export function serverInterceptor(store: CallStore): ServerInterceptor {
  watchListeningServers();
  return ({ path }, call: InterceptingCall): InterceptingCall => {
    try {
      return observe(store, path, call);
    } catch (error) {
      store.faults.count('call', error);
      return call;
    }
  };
}

function observe(store: CallStore, path: string, next: InterceptingCall): InterceptingCall {
  const server = dispatchingServer();
  server?.reach(store);
  const method = store.method(path);
  if (method === null || isObserved(server, store)) return next;
  if (method.started === 0) passOnTheRest(next);
  const call = new ServerCall(store, method, next, server?.stream, server?.observer);
  server?.observe(call);
  return call;
}

/** A server that was instrumented and given the interceptor too has both: the call counts once. */
function isObserved(server: WatchedServer | undefined, store: CallStore): boolean {
  let observer: StreamObserver | undefined = server?.observer;
  while (observer !== undefined && observer.store !== store) observer = observer.previous;
  return observer !== undefined;
}

/**
 * Gives `ServerCall` every method that this version's calls have and it does not know: grpc-js adds some now and then
 * (`getHost` in 1.11, `getAuthContext` in 1.14), and handlers and other interceptors call them through us.
 */
function passOnTheRest(call: InterceptingCall): void {
  const below = call as unknown as Record<string, unknown>; // read by the names that it has
  for (let level: object = call; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name in ServerCall.prototype || typeof below[name] !== 'function') continue;
      Object.defineProperty(ServerCall.prototype, name, {
        configurable: true,
        writable: true,
        value(this: ServerCall, ...args: unknown[]): unknown {
          const next = this.next as unknown as Record<string, (...args: unknown[]) => unknown>; // it had one above
          return next[name]!(...args);
        },
      });
    }
  }
}
