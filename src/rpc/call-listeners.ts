import { AsyncResource } from 'node:async_hooks';
import { checkKeys, keysOf } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { checkBoolean } from '../core/check-type.ts';
import { type Clock, monotonicMilliseconds } from '../core/clock.ts';
import { MetricsError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { CallNotes } from './call-notes.ts';
import type { CallMetadata } from './call-start.ts';
import type { Faults } from './faults.ts';
import { type EndedCall, type FinishedCall, finishedCall } from './finished-call.ts';

/** A function of yours that the library calls after each call. The library counts what it throws or rejects with. */
export type CallEndListener = (call: FinishedCall) => unknown;

/** Options of a listener. */
export interface CallEndListenerOptions {
  /** Whether the listener gets each call's metadata. The library then keeps the metadata until the listener ran. By default off. */
  readonly metadata?: boolean | undefined;
}

/** Most calls that wait for their listeners: a second's worth of a busy process, some 3 MB. */
const maxWaiting = 10_000;

/** Longest run of listeners without a turn of the event loop, in milliseconds; one listener can take longer by itself. */
const sliceMilliseconds = 2;

interface Registered {
  /** The first one that was added is 1. */
  readonly number: number;
  readonly listener: CallEndListener;
  readonly withMetadata: boolean;
}

interface Waiting {
  /** The last listener that there was when the call began. */
  readonly upTo: number;
  readonly call: FinishedCall;
  readonly metadata: CallMetadata | undefined;
}

/** Those who want to be told of each finished call: later, in the order in which calls ended, and never inside a call. */
export class CallListeners {
  /** Whether there is anybody to tell. */
  isWanted = false;
  readonly #faults: Faults;
  readonly #clock: Clock;
  /** Another array after each change, so that one that is gone through stays as it is. */
  #registered: readonly Registered[] = [];
  #added = 0;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** Listeners run where the first of them was added, not in the context of some call: what they count is part of no trace. */
  #context: AsyncResource | undefined;
  #isClosed = false;

  constructor(faults: Faults, clock: Clock = monotonicMilliseconds) {
    this.#faults = faults;
    this.#clock = clock;
  }

  /** Returns a function that removes the listener. Throws `invalid_option`, or `already_closed` after `close`. */
  add(listener: CallEndListener, options: CallEndListenerOptions = {}): () => void {
    checkObject('options of onCallEnd() must be an object, such as { metadata: true }', options);
    checkKeys('onCallEnd()', options, listenerKeys);
    checkBoolean('metadata of onCallEnd()', options.metadata);
    const { metadata = false } = options;
    if (typeof listener !== 'function') {
      throw new MetricsError('invalid_option', `onCallEnd() takes a function, (call) => ..., not ${quoted(listener)}`);
    }
    if (this.#isClosed) {
      throw new MetricsError('already_closed', 'onCallEnd() came after close(): make a new GrpcMetrics');
    }
    this.#added += 1;
    const registered: Registered = { number: this.#added, listener, withMetadata: metadata };
    this.#context ??= new AsyncResource('GrpcVitalsCallListeners');
    this.#registered = [...this.#registered, registered];
    this.isWanted = true;
    return () => {
      this.#registered = this.#registered.filter((other) => other !== registered);
      this.isWanted = this.#registered.length > 0;
    };
  }

  /** Removes all listeners. Calls that wait for them are forgotten. */
  close(): void {
    this.#isClosed = true;
    this.#registered = [];
    this.#waiting = [];
    this.isWanted = false;
  }

  /** For a call that begins, what is to be noted of it; undefined where there is nobody to tell. */
  begun(): CallNotes | undefined {
    return this.isWanted ? new CallNotes(this.#added) : undefined;
  }

  /** For a call that has ended. Never throws. */
  ended(side: FinishedCall['side'], ended: EndedCall): void {
    if (!this.isWanted) return;
    try {
      if (this.#waiting.length >= maxWaiting) {
        this.#faults.count('listener', `${maxWaiting} calls wait for their listeners: further ones are not told of`);
        return;
      }
      const { listeners: upTo = 0, metadata } = ended.notes ?? {};
      this.#waiting.push({ upTo, call: finishedCall(side, ended), metadata });
      this.#schedule();
    } catch (error) {
      this.#faults.count('listener', error);
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#context?.runInAsyncScope(() => this.#tell()));
  }

  #tell(): void {
    this.#isScheduled = false;
    const batch = this.#waiting;
    this.#waiting = [];
    const until = this.#clock() + sliceMilliseconds;
    for (const [index, one] of batch.entries()) {
      for (const registered of this.#registered) this.#tellOne(registered, one);
      if (this.#clock() < until || index === batch.length - 1) continue;
      this.#waiting = [...batch.slice(index + 1), ...this.#waiting];
      this.#schedule();
      return;
    }
  }

  #tellOne(registered: Registered, { upTo, call, metadata }: Waiting): void {
    if (registered.number > upTo || !this.#registered.includes(registered)) return;
    try {
      const result = registered.listener(registered.withMetadata ? { ...call, metadata } : call);
      if (isThenable(result)) this.#awaited(result);
    } catch (error) {
      this.#faults.count('listener', error);
    }
  }

  #awaited(result: PromiseLike<unknown>): void {
    Promise.resolve(result).catch((error: unknown) => this.#faults.count('listener', error));
  }
}

const listenerKeys = keysOf<CallEndListenerOptions>({ metadata: true });

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
