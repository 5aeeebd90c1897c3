/** The same items, each of which `see` gets on its way, and undefined at the end. `fail` gets the error that ends them instead. */
export function observeIterable<Item>(
  items: AsyncIterable<Item>,
  see: (item: Item | undefined) => void,
  fail?: (error: unknown) => void,
): AsyncIterable<Item> {
  const seen = (result: IteratorResult<Item>): IteratorResult<Item> => {
    see(result.done === true ? undefined : result.value);
    return result;
  };
  const failed = (error: unknown): never => {
    fail?.(error);
    throw error;
  };
  return {
    [Symbol.asyncIterator](): AsyncIterator<Item> {
      const iterator = items[Symbol.asyncIterator]();
      return {
        next: () => iterator.next().then(seen, failed),
        ...(iterator.throw && { throw: (error: unknown) => iterator.throw!(error) }),
        ...(iterator.return && { return: (value: unknown) => iterator.return!(value) }),
      };
    },
  };
}
