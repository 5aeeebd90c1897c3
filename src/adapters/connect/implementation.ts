import { answeredCall, receivedMessage } from '../../rpc/call.ts';
import { aliasCall, handlerBegins, handlerThrew } from '../../rpc/handler.ts';
import { type Handling, ObservedHandling } from '../handling.ts';
import { observeIterable } from '../observed-iterable.ts';
import type { ServerCall } from './server-call.ts';
import type { HandlerContext, Implementation, Method, Router } from './types.ts';

/** Connect's errors that carry a status, and what its signals abort with, by `name`. */
const statusErrors = ['ConnectError', 'AbortError', 'TimeoutError'];

type FindCall = (context: HandlerContext) => ServerCall | undefined;

/** The router, whose implementations are observed. `findCall` finds the call of a handler's context. */
export function observeRouter(router: Router, findCall: FindCall): Router {
  const observed: Router = {
    ...router,
    service(service, implementation, options) {
      const methods = service.methods.flatMap(({ localName, methodKind }) => {
        const method = implementation[localName];
        if (typeof method !== 'function') return [];
        return [[localName, observe(method.bind(implementation) as Implementation, methodKind, findCall)]];
      });
      router.service(service, Object.fromEntries(methods) as Record<string, unknown>, options);
      return observed;
    },
    rpc(method, implementation, options) {
      router.rpc(method, observe(implementation, method.methodKind, findCall), options);
      return observed;
    },
  };
  return observed;
}

function observe(implementation: Implementation, kind: Method['methodKind'], findCall: FindCall): Implementation {
  const streamsRequests = kind === 'client_streaming' || kind === 'bidi_streaming';
  return (request, context) => {
    const call = findCall(context);
    if (call === undefined) return implementation(request, context);
    const { store, key } = call;
    aliasCall(store, key, context);
    handlerBegins(store, key);
    const received = (message: unknown) => message !== undefined && receivedMessage(call, call.sizes.shift());
    if (!streamsRequests) received(request);
    const failed = (error: unknown) => {
      if (error !== context.signal.reason) answeredCall(call);
      handlerThrew(key, error, statusErrors);
    };
    try {
      const reply = implementation(streamsRequests ? observeIterable(request, received) : request, context);
      if (isIterable(reply)) return new ObservedHandling(reply[Symbol.asyncIterator](), key, statusErrors);
      const settled = Promise.resolve(reply); // asked once: a query builder runs its query each time
      void settled.then(() => answeredCall(call), failed);
      return settled;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

function isIterable(reply: unknown): reply is { [Symbol.asyncIterator](): Handling } {
  return typeof reply === 'object' && reply !== null && Symbol.asyncIterator in reply;
}
