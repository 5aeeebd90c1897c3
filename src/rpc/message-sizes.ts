import type { Method } from './methods/method.ts';
import type { CallStore } from './store.ts';

/**
 * The sizes of one method's messages, for adapters that see bytes where they do not see the call: in the functions that
 * serialize and deserialize.
 */
export interface MessageSizes {
  /**
   * Counts the bytes of a message that was read. False where its call is needed for that, since labels or a listener tell
   * calls apart: then the adapter gives the size to `receivedMessage`.
   */
  countRead(bytes: number): boolean;
  /** Counts the bytes of a message that nobody has sent: an interceptor nearer the wire made it. */
  countStray(bytes: number): void;
}

/** From now on the sizes of the method's messages are known; undefined where its calls are not recorded. Never throws. */
export function messageSizes(store: CallStore, path: string): MessageSizes | undefined {
  let sizes: MessageSizes | undefined;
  store.faults.guard('call', () => {
    const method = store.method(path);
    if (method === null) return;
    method.isMeasured = true;
    sizes = new MethodSizes(store, method);
  });
  return sizes;
}

class MethodSizes implements MessageSizes {
  readonly #store: CallStore;
  readonly #method: Method;

  constructor(store: CallStore, method: Method) {
    this.#store = store;
    this.#method = method;
  }

  countRead(bytes: number): boolean {
    if (this.#store.hasVariableLabels || this.#store.listeners.isWanted) return false;
    this.#method.read(bytes);
    this.#method.watcher?.changed(this.#method);
    return true;
  }

  countStray(bytes: number): void {
    this.#method.sized(bytes);
    this.#method.watcher?.changed(this.#method);
  }
}
