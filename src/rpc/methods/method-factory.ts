import { checkAmountBuckets, defaultBuckets } from '../../core/buckets.ts';
import { type Clock, monotonicMilliseconds } from '../../core/clock.ts';
import type { Exemplars } from '../../core/exemplars.ts';
import { Histogram } from '../../core/histogram.ts';
import { NativeHistogram, type NativeHistogramOptions } from '../../core/native/native-histogram.ts';
import type { Labels, NativeBuckets } from '../../core/snapshot.ts';
import type { Faults } from '../faults.ts';
import { type ChosenDetails, hasDetails, MethodDetails } from './details.ts';
import { type CallWatcher, Method, type MethodExtras } from './method.ts';
import { MethodBounds } from './method-bounds.ts';
import { type GrpcMethodType, isStream, streamsResponses } from './method-type.ts';
import { Outcome } from './outcome.ts';

/** What is recorded of each call. */
export interface RecordingOptions {
  /** Upper bounds of the durations, in seconds. 5 ms to 10 s by default. */
  readonly buckets?: MethodBounds | readonly number[] | undefined;
  readonly clock?: Clock | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Where calls get their exemplars from; they have none by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Native buckets of the durations, beside the classic ones; none by default. Must have passed `checkNative`. */
  readonly native?: NativeHistogramOptions | undefined;
  /** What else is recorded; nothing by default. */
  readonly details?: ChosenDetails | undefined;
}

/**
 * The widest zero bucket that a native histogram of durations gets when it has more buckets than allowed, in seconds.
 * 15 us: the fastest calls of grpc-js 1.14 took over 40.
 */
const maxZeroThreshold = 2 ** -16;

/** Makes the numbers of methods, all with the same details. */
export class MethodFactory {
  /** Upper bounds of all durations, in seconds. */
  readonly bounds: MethodBounds;
  /** The native buckets of durations before the first one; undefined where there are none. */
  readonly emptyNative: NativeBuckets | undefined;
  readonly exemplars: Exemplars | undefined;
  readonly details: ChosenDetails;
  /** Is told of each change to the numbers of new methods. */
  watcher: CallWatcher | undefined;
  readonly #side: 'server' | 'client';
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #native: NativeHistogramOptions | undefined;

  /** Throws `invalid_buckets` for bounds that are none. */
  constructor(
    side: 'server' | 'client',
    faults: Faults,
    {
      buckets = defaultBuckets,
      clock = monotonicMilliseconds,
      wallClock = () => Date.now() / 1000,
      exemplars,
      native,
      details = {},
    }: RecordingOptions,
  ) {
    this.#side = side;
    this.#faults = faults;
    this.#clock = clock;
    this.#wallClock = wallClock;
    this.#native = native;
    this.exemplars = exemplars;
    this.details = details;
    this.emptyNative = this.#nativeHistogram()?.snapshot();
    this.bounds =
      buckets instanceof MethodBounds ? buckets : new MethodBounds(checkAmountBuckets('request durations', buckets));
  }

  /** `created` is now by default, in seconds since 1970. */
  create(path: string, extras: Omit<MethodExtras, 'exemplars'>, created: number = this.#wallClock()): Method {
    const bounds = this.bounds.of(path);
    const method = new Method(path, this.#clock, created, () => this.#outcome(bounds), {
      ...extras,
      exemplars: this.exemplars,
    });
    method.watcher = this.watcher;
    method.isMeasured = this.#side === 'client'; // an adapter has to observe a server's codecs for it
    return method;
  }

  /** The numbers of the same method with these labels. */
  createLabelled(method: Method, labels: Labels): Method {
    const labelled = this.create(method.path, { labels, target: method.target });
    labelled.isMeasured = method.isMeasured;
    this.describe(labelled, method.type);
    return labelled;
  }

  /** Gives a method what its type needs. */
  describe(method: Method, type: GrpcMethodType | undefined): void {
    method.type = type;
    if (type === undefined) return;
    if (isStream(type)) method.openStreams ??= new Set();
    if (streamsResponses(type)) {
      method.firstMessages ??= new Histogram(this.bounds.of(method.path), this.#drop, {
        native: this.#nativeHistogram(),
      });
    }
    if (hasDetails(this.details, type)) {
      method.details ??= new MethodDetails(this.#side, type, this.details, this.#drop);
    }
  }

  #outcome(bounds: readonly number[]): Outcome {
    return new Outcome(bounds, this.#drop, this.#wallClock(), this.#nativeHistogram());
  }

  readonly #drop = (value: unknown): void => {
    this.#faults.count('call', `a call cannot have ${String(value)} of what is measured`);
  };

  #nativeHistogram(): NativeHistogram | undefined {
    return this.#native && new NativeHistogram({ ...this.#native, maxZeroThreshold });
  }
}
