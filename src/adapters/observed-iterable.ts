/** What is seen of an iterable. */
export interface IterableObserver<Item> {
  /** Gets each item on its way, and undefined at the end. */
  readonly seen?: (item: Item | undefined) => void;
  /** Gets the error that ends the iterable. */
  readonly failed?: (error: unknown) => void;
}

/** The same items. A generator around them would cost each item more, and would not pass on everything that iterators take. */
export function observeIterable<Item>(
  items: AsyncIterable<Item>,
  { seen, failed }: IterableObserver<Item>,
): AsyncIterable<Item> {
  const see = (result: IteratorResult<Item>): IteratorResult<Item> => {
    seen?.(result.done === true ? undefined : result.value);
    return result;
  };
  const fail = (error: unknown): never => {
    failed?.(error);
    throw error;
  };
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item> {
      const iterator = items[Symbol.asyncIterator]();
      return {
        // An iterator of the user's may return what only looks like a promise.
        next: (...given) => Promise.resolve(iterator.next(...given)).then(see, fail),
        ...(iterator.throw && { throw: (given) => Promise.resolve(iterator.throw!(given)).then(undefined, fail) }),
        ...(iterator.return && { return: (given) => Promise.resolve(iterator.return!(given)).then(undefined, fail) }),
      };
    },
  };
}

export function isIterable<Item>(value: unknown): value is AsyncIterable<Item> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
