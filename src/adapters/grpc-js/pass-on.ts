/**
 * Gives the class of `front`, which stands before an object of grpc-js, every member that this object has and `front` does not
 * know. Versions add methods now and then (`getHost` in 1.11, `getAuthContext` in 1.14), and agents read private members of the
 * call (New Relic reads `callEventTracker`): all of it goes on to the object below.
 */
export function passOnTheRest(front: { readonly next: object }, below: object): void {
  const prototype: object = Object.getPrototypeOf(front);
  for (let level = below; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (!(name in front)) Object.defineProperty(prototype, name, passOn(name));
    }
  }
}

/** A member that is the one of `next`. A method is called on `next`: grpc-js's methods use private members. */
function passOn(name: string): PropertyDescriptor {
  return {
    configurable: true,
    get(this: { readonly next: Record<string, unknown> }): unknown {
      const { next } = this;
      const member = next[name];
      return typeof member === 'function' ? member.bind(next) : member;
    },
    set(this: { readonly next: Record<string, unknown> }, value: unknown) {
      this.next[name] = value;
    },
  };
}
