/**
 * Gives a class that stands before an object of grpc-js, its `next`, every method that this object has and the class does not
 * know: versions add some now and then (`getHost` in 1.11, `getAuthContext` in 1.14), and who is behind us calls them.
 */
export function passOnTheRest(prototype: { readonly next?: object }, object: object): void {
  const below = object as Record<string, unknown>; // read by the names that it has
  for (let level = object; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name in prototype || typeof below[name] !== 'function') continue;
      Object.defineProperty(prototype, name, {
        configurable: true,
        writable: true,
        value(this: { readonly next: object }, ...args: unknown[]): unknown {
          const next = this.next as Record<string, (...args: unknown[]) => unknown>; // it had one above
          return next[name]!(...args);
        },
      });
    }
  }
}
