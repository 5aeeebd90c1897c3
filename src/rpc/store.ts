import { checkBuckets, defaultBuckets } from '../core/buckets.ts';
import type { Exemplars } from '../core/exemplars.ts';
import type { Faults } from '../core/faults.ts';
import { NativeHistogram, type NativeHistogramOptions } from '../core/native-histogram.ts';
import type { NativeBuckets } from '../core/snapshot.ts';
import { type Clock, monotonicMilliseconds } from './clock.ts';
import { defaultExclude, excludes } from './exclude.ts';
import { Method, type MethodType, Outcome } from './method.ts';

export interface StoreOptions {
  /** Upper bounds of the durations, in seconds. */
  readonly buckets?: readonly number[] | undefined;
  /** Services and methods whose calls are not recorded. */
  readonly exclude?: readonly string[] | undefined;
  /** Distinct methods; calls of further ones are counted as those of `other`. */
  readonly maxMethods?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Where calls get their exemplars from; they have none by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Native buckets of the durations, beside the classic ones; none by default. Must have passed `checkNative`. */
  readonly native?: NativeHistogramOptions | undefined;
}

/**
 * Where a method's durations need more native buckets than allowed, those up to here are put together first, in
 * seconds. 15 us: the fastest calls of grpc-js 1.14 took over 40.
 */
const maxZeroThreshold = 2 ** -16;

/** The constant that stands for every method beyond the allowed number. No path can be it: paths start with `/`. */
export const otherMethod = 'other';

/** The numbers of all calls of one side, and the port through which adapters bring them. */
export class CallStore {
  readonly faults: Faults;
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
  readonly #maxMethods: number;
  readonly #methods = new Map<string, Method | null>();
  #other: Method | undefined = undefined;

  constructor(
    faults: Faults,
    {
      buckets = defaultBuckets,
      exclude = defaultExclude,
      maxMethods = Infinity,
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
    this.#maxMethods = maxMethods;
  }

  /** The numbers of a method, made when it is first asked for; null where the method is excluded. */
  method(path: string): Method | null {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    const excluded = this.#excludes(path);
    // Slow path: names that somebody makes up must not fill the memory, not even those that are excluded.
    if (this.#methods.size >= this.#maxMethods) return excluded ? null : this.#others();
    const method = excluded ? null : this.#create(path);
    this.#methods.set(path, method);
    return method;
  }

  /** Makes a method's numbers before its first call. */
  declare(path: string, type: MethodType | undefined): void {
    const method = this.method(path);
    if (method?.path === path) method.type = type;
  }

  *methods(): Iterable<Method> {
    for (const method of this.#methods.values()) if (method !== null) yield method;
    if (this.#other !== undefined) yield this.#other;
  }

  #others(): Method {
    if (this.#other === undefined) {
      this.#other = this.#create(otherMethod);
      this.faults.count('call', `more than ${this.#maxMethods} methods: calls of further ones are under "other"`);
    }
    return this.#other;
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
