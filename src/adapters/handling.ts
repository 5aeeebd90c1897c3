import { handlerThrew } from '../rpc/handler.ts';

/** A handler at work: an async generator, or another iterator of messages. */
export interface Handling {
  next(message?: unknown): Promise<unknown>;
  return?(value?: unknown): Promise<unknown>;
  throw?(error: unknown): Promise<unknown>;
}

/**
 * Passes everything on between a framework and a handler, and notes what the handler throws under the call's key. A generator
 * around the handler would cost each message more.
 */
export class ObservedHandling implements Required<Handling> {
  readonly #handling: Handling;
  readonly #note: (error: unknown) => void;

  /** `statusErrors` are the names of the framework's errors that carry a status. */
  constructor(handling: Handling, key: object, statusErrors: readonly string[]) {
    this.#handling = handling;
    this.#note = (error) => handlerThrew(key, error, statusErrors);
  }

  next(message?: unknown): Promise<unknown> {
    return this.#observe(this.#handling.next(message));
  }

  async return(value?: unknown): Promise<unknown> {
    if (this.#handling.return === undefined) return { done: true, value };
    return this.#observe(this.#handling.return(value));
  }

  async throw(error: unknown): Promise<unknown> {
    if (this.#handling.throw === undefined) throw error;
    return this.#observe(this.#handling.throw(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #observe(result: Promise<unknown>): Promise<unknown> {
    const settled = Promise.resolve(result); // an iterator of the user's may return what only looks like a promise
    void settled.then(undefined, this.#note);
    return settled;
  }
}
