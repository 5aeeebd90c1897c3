/** Time that may pass while somebody else is waited for. What is done with the answers is not counted. */
export class Patience {
  readonly #controller = new AbortController();
  #remaining: number;

  constructor(seconds: number) {
    this.#remaining = seconds * 1000;
  }

  /** Aborted when the time has passed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for a promise. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const since = performance.now();
    const timer = setTimeout(() => this.#controller.abort(), Math.max(Math.ceil(this.#remaining), 1));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#remaining -= performance.now() - since;
    }
  }
}
