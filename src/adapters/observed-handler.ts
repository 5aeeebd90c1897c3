import type { Call } from '../rpc/call-state.ts';
import { aliasCall, handlerBegins, handlerThrew } from '../rpc/handler.ts';
import { isIterable, observeIterable } from './observed-iterable.ts';

/**
 * Runs a handler that returns an answer, a promise of one, or an iterable of messages, and returns that. Notes the trace that it runs
 * in, and what it throws, under the call's key.
 *
 * `alias` is the object of the call that handlers have. `statusErrors` are the names of the framework's errors that carry a status.
 * `settled` is called when an answer has come, or an error instead of one.
 */
export function observeHandler<Reply>(
  { store, key }: Pick<Call, 'store' | 'key'>,
  alias: object,
  statusErrors: readonly string[],
  run: () => Reply,
  settled?: (error?: unknown) => void,
): Reply {
  if (key === undefined) return run(); // slow path: the adapter could not find the call
  aliasCall(store, key, alias);
  handlerBegins(store, key);
  const failed = (error: unknown): void => {
    handlerThrew(key, error, statusErrors);
    settled?.(error);
  };
  try {
    const reply = run();
    if (isIterable(reply)) return observeIterable(reply, { failed }) as Reply; // frameworks ask replies for no more
    const promise = Promise.resolve(reply); // asked once: a query builder runs its query each time
    void promise.then(() => settled?.(), failed);
    return promise as Reply; // frameworks await it, whatever it is
  } catch (error) {
    failed(error);
    throw error;
  }
}
