import { checkBuckets, defaultBuckets } from '../core/buckets.ts';
import type { Exemplars } from '../core/exemplars.ts';
import type { Faults } from '../core/faults.ts';
import { NativeHistogram, type NativeHistogramOptions } from '../core/native-histogram.ts';
import type { NativeBuckets } from '../core/snapshot.ts';
import { endCall } from './call.ts';
import { type Clock, monotonicMilliseconds } from './clock.ts';
import { defaultExclude, excludes } from './exclude.ts';
import { Method, Outcome } from './method.ts';

export interface StoreOptions {
  /** Upper bounds of the durations, in seconds. */
  readonly buckets?: readonly number[] | undefined;
  /** Services and methods whose calls are not recorded. */
  readonly exclude?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Where calls get their exemplars from; they have none by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Native buckets of the durations, beside the classic ones; none by default. Must have passed `checkNative`. */
  readonly native?: NativeHistogramOptions | undefined;
}

/** Why something was turned away before it was an RPC. */
export const rejections = ['content_type', 'protocol', 'tls_handshake'] as const;
export type Rejection = (typeof rejections)[number];

/**
 * Where a method's durations need more native buckets than allowed, those up to here are put together first, in
 * seconds. 15 us: the fastest calls of grpc-js 1.14 took over 40.
 */
const maxZeroThreshold = 2 ** -16;

/** The constant that stands for every method that the server does not know. No path can be it: paths start with `/`. */
const unknownMethod = 'unknown';

/**
 * The numbers of all calls of a server, and the port through which adapters bring them.
 *
 * Bounded: a method is added where the service registers it or an interceptor is called for it, never for what
 * a caller asks for.
 */
export class CallStore {
  readonly faults: Faults;
  /** Open HTTP/2 connections. */
  connections = 0;
  readonly rejected: Record<Rejection, number> = { content_type: 0, protocol: 0, tls_handshake: 0 };
  /** Upper bounds of all durations, in seconds. */
  readonly bounds: readonly number[];
  /** The native buckets of durations before the first one; undefined where there are none. */
  readonly emptyNative: NativeBuckets | undefined;
  /** Asked by adapters when a call begins; undefined where nobody wants exemplars. */
  readonly exemplars: Exemplars | undefined;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #native: NativeHistogramOptions | undefined;
  readonly #excludes: (path: string) => boolean;
  readonly #methods = new Map<string, Method | null>();

  constructor(
    faults: Faults,
    {
      buckets = defaultBuckets,
      exclude = defaultExclude,
      clock = monotonicMilliseconds,
      wallClock = () => Date.now() / 1000,
      native,
      exemplars,
    }: StoreOptions = {},
  ) {
    this.faults = faults;
    this.#clock = clock;
    this.#wallClock = wallClock;
    this.#native = native;
    this.exemplars = exemplars;
    this.emptyNative = this.#nativeHistogram()?.snapshot();
    this.bounds = checkBuckets('request durations', buckets);
    this.#excludes = excludes(exclude);
  }

  /** The numbers of a method of the service, made when it is first asked for; null where the method is excluded. */
  method(path: string): Method | null {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    const method = this.#excludes(path) ? null : this.#create(path);
    this.#methods.set(path, method);
    return method;
  }

  /** Counts a call that was answered although no method of the service was called. */
  unknown(code: number): void {
    const method = this.method(unknownMethod)!;
    endCall({ method, startedAt: method.start(), ended: false }, code);
  }

  *methods(): Iterable<Method> {
    for (const method of this.#methods.values()) if (method !== null) yield method;
  }

  #create(path: string): Method {
    return new Method(path, this.#clock, this.#wallClock(), this.#outcome, this.exemplars);
  }

  readonly #outcome = (): Outcome => {
    const drop = (value: unknown) => this.faults.count('call', `a call cannot have taken ${String(value)} s`);
    return new Outcome(this.bounds, drop, this.#wallClock(), this.#nativeHistogram());
  };

  #nativeHistogram(): NativeHistogram | undefined {
    return this.#native && new NativeHistogram({ ...this.#native, maxZeroThreshold });
  }
}
