import { handlerBegins, handlerRejected, handlerThrew, wantLinks } from '../../../rpc/handler.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { CallStore } from '../../../rpc/store.ts';
import { GrpcCallStart } from '../grpc-call-start.ts';
import type { Handler, HandlerCall } from '../types.ts';

/** `addService` binds handlers; a bound async function has the prototype of the one that it binds. */
const asyncFunctionPrototype: unknown = Object.getPrototypeOf(async () => {});

/**
 * The handler, with its trace and its exceptions observed: they go on as they would without us.
 *
 * grpc-js answers UNKNOWN for a handler that throws and ignores one that rejects; either way the exception is lost.
 * Rejections are seen for native async functions only: their promise is in nobody else's hands, so that
 * passing the rejection on is exactly what would have happened. Any other promise may be handled elsewhere, and to
 * watch it would either hide a rejection from Node or report a handled one.
 */
export function observeHandler(path: string, handler: Handler, store: CallStore): Handler {
  const isAsync = isAsyncFunction(handler);
  if (isAsync) wantLinks(store, path);
  const observer: Handler = function observed(this: unknown, call, callback) {
    let result: unknown;
    handlerBegins(store, call.metadata);
    try {
      result = handler.call(this, call, callback);
    } catch (error) {
      handlerThrew(call.metadata, error);
      throw error;
    }
    if (!isAsync) return result;
    return (result as Promise<unknown>).then(undefined, (error: unknown) => {
      handlerThrew(call.metadata, error);
      handlerRejected(store, path, call.metadata, (method) => startOf(method, call));
      throw error;
    });
  };
  observers.add(observer);
  return observer;
}

/** What `observeHandler` has made. */
const observers = new WeakSet<Handler>();

/** Whether `observeHandler` made it: nobody has wrapped it since. */
export function isObserver(handler: Handler): boolean {
  return observers.has(handler);
}

/**
 * The handler and what it wraps, outermost first.
 *
 * A wrapper keeps the function below as `__original` if shimmer or OpenTelemetry's instrumentation made it.
 */
export function layersOf(handler: Handler & { readonly __original?: Handler }): Handler[] {
  const below = handler.__original;
  return below === undefined ? [handler] : [handler, ...layersOf(below)];
}

/** Whether it is a native `async` function, bound or not. */
export function isAsyncFunction(value: object): boolean {
  return Object.getPrototypeOf(value) === asyncFunctionPrototype;
}

function startOf(method: Method, call: HandlerCall): GrpcCallStart {
  return new GrpcCallStart('server', method, call, call.metadata, () => call.getDeadline());
}
