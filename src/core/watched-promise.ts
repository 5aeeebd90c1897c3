/** A promise that knows whether somebody waits for it. `await`, `then`, `catch` and `Promise.all` all count. */
class WatchedPromise<Value> extends Promise<Value> {
  isAwaited = false;

  /** Those that `then` makes are plain. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: this is the method of Promise
  override then<Result = Value, Other = never>(
    onValue?: ((value: Value) => Result | PromiseLike<Result>) | null,
    onError?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Result | Other> {
    this.isAwaited = true;
    return super.then(onValue, onError);
  }
}

/**
 * Returns a promise with the outcome of `promise`. If it rejects and nobody waits for it, `warn` gets the error, and the
 * rejection does not end the process.
 */
export function warnUnlessAwaited<Value>(promise: Promise<Value>, warn: (error: unknown) => void): Promise<Value> {
  const watched = new WatchedPromise<Value>((resolve, reject) => {
    promise.then(resolve, reject);
  });
  void Promise.prototype.then.call(watched, undefined, (error: unknown) => {
    if (!watched.isAwaited) warn(error);
  });
  return watched;
}
