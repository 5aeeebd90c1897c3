/** Resolves when `condition` is true. Rejects after five seconds; `what` says why. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const patience = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > patience) throw new Error(`waited in vain: ${what()}`);
    await sleep(5);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** A promise, and the function that resolves it. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
