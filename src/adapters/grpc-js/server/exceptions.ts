import type { Method } from '../../../rpc/methods/method.ts';
import { status } from '../../../rpc/status.ts';
import type { CallStore } from '../../../rpc/store.ts';
import { ServerCallStart } from '../call-starts.ts';
import type { HandlerCall, Metadata } from '../types.ts';
import { rememberTrace } from './traces.ts';

type Handler = (this: unknown, call: HandlerCall, callback: unknown) => unknown;

/** The class of the exception that a handler ended with, by the metadata object of its call. */
const exceptions = new WeakMap<Metadata, string>();

/** Statuses that grpc-js gives where a handler threw (UNKNOWN) or rejected (what ends the call later). */
const exceptional: readonly number[] = [status.UNKNOWN, status.CANCELLED, status.DEADLINE_EXCEEDED];

/** The class of the exception that led to this end; undefined where none is known. */
export function exceptionOf(metadata: Metadata | undefined, code: number): string | undefined {
  return metadata !== undefined && exceptional.includes(code) ? exceptions.get(metadata) : undefined;
}

/**
 * The handler, with its trace seen, and its exceptions on their way: they go on as they would without us.
 *
 * grpc-js answers UNKNOWN for a handler that throws and ignores one that rejects; either way the exception is lost.
 * Rejections are seen for native async functions only: their promise is in nobody else's hands, so that
 * passing the rejection on is exactly what would have happened. Any other promise may be handled elsewhere, and to
 * watch it would either hide a rejection from Node or report a handled one.
 */
export function observeHandler(path: string, handler: Handler, store: CallStore): Handler {
  const isAsync = Object.getPrototypeOf(handler) === asyncFunctionPrototype;
  if (isAsync && store.hasVariableLabels) store.faults.guard('call', () => keepByMetadata(store.method(path)));
  return function observed(this: unknown, call, callback) {
    let result: unknown;
    rememberTrace(call, store);
    try {
      result = handler.call(this, call, callback);
    } catch (error) {
      remember(call, error);
      throw error;
    }
    if (!isAsync) return result;
    return (result as Promise<unknown>).then(undefined, (error: unknown) => {
      remember(call, error);
      store.faults.guard('call', () => countRejection(path, call, store));
      throw error;
    });
  };
}

/** `addService` binds handlers; a bound async function has the prototype of the one that it binds. */
const asyncFunctionPrototype: unknown = Object.getPrototypeOf(async () => {});

/** Now and not at the end of the call, which grpc-js may leave open for ever. */
function countRejection(path: string, call: HandlerCall, store: CallStore): void {
  const method = store.method(path);
  if (method === null) return;
  const known = method.byMetadata?.get(call.metadata);
  // An interceptor gave the handler other metadata than the call came with: its labels are the best that there is.
  const labelled = known ?? store.labelled(method, new ServerCallStart(method, call, call.metadata));
  labelled.rejections += 1;
}

function keepByMetadata(method: Method | null): void {
  if (method !== null) method.byMetadata ??= new WeakMap();
}

/** Runs in a `catch` of the user's exception, which must not be replaced by one of ours. */
function remember(call: HandlerCall, error: unknown): void {
  try {
    const name: unknown = error instanceof Error ? error.constructor.name : undefined;
    if (typeof name === 'string' && name !== '') exceptions.set(call.metadata, name);
  } catch {
    // An exception that hides its class is counted by its status.
  }
}
