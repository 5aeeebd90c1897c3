import type { Clock } from './clock.ts';
import type { Method } from './method.ts';

/**
 * One call while it runs: what an adapter tells of it. Made when the call's headers have arrived.
 *
 * An adapter may extend it, so that a call costs one object.
 */
export class Call {
  readonly method: Method;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #ended = false;

  constructor(method: Method, clock: Clock) {
    this.method = method;
    this.#clock = clock;
    this.#startedAt = clock();
    method.started += 1;
  }

  /** A message has arrived and could be read. */
  received(): void {
    this.method.messagesReceived += 1;
  }

  /** A message has been written to the connection. */
  sent(): void {
    this.method.messagesSent += 1;
  }

  /**
   * The call is over. The first end counts, further ones change nothing.
   *
   * `errorType` is the class of the exception that ended it, where it is known.
   */
  end(code: number, errorType?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    let seconds = 0;
    try {
      seconds = (this.#clock() - this.#startedAt) / 1000;
    } finally {
      // Whatever the clock says or does, a call that has ended is not in flight.
      this.method.finish(code, Math.max(seconds || 0, 0), errorType);
    }
  }

  get ended(): boolean {
    return this.#ended;
  }
}
