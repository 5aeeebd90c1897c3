import type { Clock } from './clock.ts';
import type { Method } from './method.ts';

/**
 * One call while it runs: what an adapter tells of it. Made when the call's headers have arrived.
 *
 * An adapter may extend it, so that a call costs one object.
 */
export class Call {
  readonly method: Method;
  // Plain fields: frameworks wrap and inherit from an adapter's object, where #private ones would throw.
  private readonly clock: Clock;
  private readonly startedAt: number;
  private isEnded = false;

  constructor(method: Method, clock: Clock) {
    this.method = method;
    this.clock = clock;
    this.startedAt = clock();
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
    if (this.isEnded) return;
    this.isEnded = true;
    let seconds = 0;
    try {
      seconds = this.age / 1000;
    } finally {
      // Whatever the clock says or does, a call that has ended is not in flight.
      this.method.finish(code, Math.max(seconds || 0, 0), errorType);
    }
  }

  /** Milliseconds since the call began. */
  get age(): number {
    return this.clock() - this.startedAt;
  }

  get ended(): boolean {
    return this.isEnded;
  }
}
