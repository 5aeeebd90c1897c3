import { checkBuckets, defaultBuckets } from '../core/buckets.ts';
import { type Clock, monotonicMilliseconds } from '../core/clock.ts';
import type { Exemplars } from '../core/exemplars.ts';
import { Histogram } from '../core/histogram.ts';
import { NativeHistogram, type NativeHistogramOptions } from '../core/native/native-histogram.ts';
import type { NativeBuckets } from '../core/snapshot.ts';
import { endCall } from './call.ts';
import { CallListeners } from './call-listeners.ts';
import type { CallStart } from './call-start.ts';
import { otherTarget } from './channels.ts';
import type { Faults, Limit } from './faults.ts';
import type { CallNotes, EndedCall, FinishedCall } from './finished-call.ts';
import { SeriesBudget } from './limits/budget.ts';
import type { CallLabels, LabelCombination } from './limits/call-labels.ts';
import { type Choice, excluder } from './limits/exclude.ts';
import { type ChosenDetails, hasDetails, MethodDetails } from './methods/details.ts';
import { Method, type MethodExtras, Outcome } from './methods/method.ts';
import type { MethodNumbers } from './methods/method-numbers.ts';
import { isStream, type MethodType, streamsResponses } from './methods/method-type.ts';
import { allOf, type Seen, seriesOf } from './methods/series.ts';

export interface StoreOptions extends Choice {
  /** Upper bounds of the durations, in seconds. */
  readonly buckets?: readonly number[] | undefined;
  /** Distinct methods; calls of further ones are counted as those of `other`. */
  readonly maxMethods?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Seconds since 1970. */
  readonly wallClock?: (() => number) | undefined;
  /** Where calls get their exemplars from; they have none by default. */
  readonly exemplars?: Exemplars | undefined;
  /** Native buckets of the durations, beside the classic ones; none by default. Must have passed `checkNative`. */
  readonly native?: NativeHistogramOptions | undefined;
  /** The user's own; none by default. */
  readonly labels?: CallLabels | undefined;
  /** What this store's series are taken from, and those of others. */
  readonly budget?: SeriesBudget | undefined;
  /** Who is told of each finished call; nobody by default. */
  readonly listeners?: CallListeners | undefined;
  /** What else is recorded; nothing by default. */
  readonly details?: ChosenDetails | undefined;
}

/**
 * Where a method's durations need more native buckets than allowed, those up to here are put together first, in
 * seconds. 15 us: the fastest calls of grpc-js 1.14 took over 40.
 */
const maxZeroThreshold = 2 ** -16;

/** The constant that stands for every method beyond the allowed number. No path can be it: paths start with `/`. */
export const otherMethod = 'other';

const isPath = /^\/[^/]*\//;

/** The numbers of all calls of one side, and the port through which adapters bring them. */
export class CallStore {
  readonly side: FinishedCall['side'] = 'server';
  readonly faults: Faults;
  /** Upper bounds of all durations, in seconds. */
  readonly bounds: readonly number[];
  /** The native buckets of durations before the first one; undefined where there are none. */
  readonly emptyNative: NativeBuckets | undefined;
  /** Asked by adapters when a call begins; undefined where nobody wants exemplars. */
  readonly exemplars: Exemplars | undefined;
  /** Whether `labelled` is to be asked when a call's metadata is there. */
  readonly hasVariableLabels: boolean;
  readonly listeners: CallListeners;
  readonly details: ChosenDetails;
  /** Calls of excluded methods. */
  excluded = 0;
  readonly #labels: CallLabels | undefined;
  readonly #budget: SeriesBudget;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #native: NativeHistogramOptions | undefined;
  readonly #isExcluded: (path: string) => boolean;
  readonly #maxMethods: number;
  readonly #methods = new Map<string, Method | null>();
  #named = 0;
  #other: Method | undefined = undefined;

  constructor(
    faults: Faults,
    {
      buckets = defaultBuckets,
      exclude,
      include,
      maxMethods = Infinity,
      clock = monotonicMilliseconds,
      wallClock = () => Date.now() / 1000,
      native,
      exemplars,
      labels,
      budget = new SeriesBudget(),
      listeners = new CallListeners(faults),
      details = {},
    }: StoreOptions = {},
  ) {
    this.faults = faults;
    this.#clock = clock;
    this.#wallClock = wallClock;
    this.#native = native;
    this.exemplars = exemplars;
    this.emptyNative = this.#nativeHistogram()?.snapshot();
    this.bounds = checkBuckets('request durations', buckets);
    this.#labels = labels;
    this.hasVariableLabels = labels?.isVariable ?? false;
    this.#budget = budget;
    this.listeners = listeners;
    this.details = details;
    this.#isExcluded = excluder({ include, exclude });
    this.#maxMethods = maxMethods;
  }

  /**
   * The numbers of a method, made when it is first asked for; null where the method is excluded. What is no `/service/method` has no name
   * of its own: vocabularies that take paths apart could not tell it from what is one, or from `other`.
   */
  method(path: string): Method | null {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    // Names that somebody makes up must not fill the memory, not even those that are excluded.
    if (this.#isExcluded(path)) {
      if (this.#methods.size - this.#named < this.#maxMethods) this.#methods.set(path, null);
      return null;
    }
    if (!isPath.test(path)) return this.#others('methods', 'a path that was called is not /pkg.Service/Method');
    // As it will be encoded: two paths that UTF-8 cannot tell apart (lone surrogates) are one.
    if (!path.isWellFormed()) return this.method(path.toWellFormed());
    if (this.#named >= this.#maxMethods) return this.#others('methods', `there are ${this.#maxMethods} methods`);
    if (!this.#budget.takeMethod(this.#seriesOfOne)) return this.#others('series', this.#budget.problem);
    this.#named += 1;
    return this.constantMethod(path);
  }

  /** The numbers of the method's calls to this target, which must be a name that `Channels` gave. */
  towards(method: Method, target: string): Method {
    const known = method.byTarget?.get(target);
    if (known !== undefined) return known;
    // A method's own budget has room for the target `other`: without a target it has no series any more.
    if (target === otherTarget || this.#budget.takeLabels(this.#seriesOfOne)) return this.#addTarget(method, target);
    this.faults.fold('series', this.#budget.problem);
    return method.byTarget?.get(otherTarget) ?? this.#addTarget(method, otherTarget);
  }

  /** The numbers of the method's calls with the labels of this one. */
  labelled(method: Method, call: CallStart): Method {
    const labels = this.#labels;
    if (labels === undefined || method.labelled === undefined) return method;
    const values = labels.read(call);
    const known = method.labelled.get(labels.key(values));
    if (known !== undefined) return known;
    // Slow path: the first call with these labels, and calls beyond a limit.
    const admitted = labels.combination(labels.admit(values));
    const again = method.labelled.get(admitted.key);
    if (again !== undefined) return again;
    // A method's own budget has room for the one that is `other` in all labels.
    if (admitted.key === labels.others.key || this.#budget.takeLabels()) return this.#combination(method, admitted);
    this.faults.fold('series', this.#budget.problem);
    return method.labelled.get(labels.others.key) ?? this.#combination(method, labels.others);
  }

  /** Makes a method's numbers before its first call. */
  declare(path: string, type: MethodType | undefined): void {
    const method = this.method(path);
    if (method?.path !== path) return;
    for (const one of allOf(method)) this.#describe(one, type);
  }

  /** What an adapter is to note of a call that begins; undefined where nobody asks. */
  notes({ details }: Method): CallNotes | undefined {
    return this.listeners.begun() ?? (details === undefined ? undefined : details.notes());
  }

  /** Tells of a call that has ended now, where it has notes or its method has details. */
  ended(ended: EndedCall): void {
    ended.method.details?.ended(ended);
    if (ended.notes !== undefined && ended.notes.listeners > 0) this.listeners.ended(this.side, ended);
  }

  /** Counts a call that was over before it could be observed. */
  failed(method: Method, code: number, deadline: Date | number = Infinity): void {
    const notes = this.notes(method);
    const seconds = endCall({ method, startedAt: method.start(), ended: false }, code);
    this.ended({ method, code, seconds, notes, deadline });
  }

  /** Each combination of a method, the user's labels and what is seen of targets, which by default is nothing. */
  *methods(seen: Seen = () => ''): Iterable<MethodNumbers> {
    for (const method of this.#methods.values()) {
      if (method === null) continue;
      if (method.labelled === undefined && method.byTarget === undefined) yield method;
      else yield* seriesOf(method, seen);
    }
    if (this.#other !== undefined) yield* seriesOf(this.#other, seen);
  }

  /** A method that there is whatever limits say; its path must be one that no caller can choose. */
  protected constantMethod(path: string): Method {
    let method = this.#methods.get(path);
    if (method === undefined || method === null) {
      method = this.#create(path);
      this.#methods.set(path, method);
    }
    return method;
  }

  #others(limit: Limit, problem: string): Method {
    this.faults.fold(limit, problem);
    this.#other ??= this.#create(otherMethod);
    return this.#other;
  }

  /** What a method takes of the budget: with labels that vary there has to be room for the one that is `other` in all of them. */
  get #seriesOfOne(): number {
    return this.hasVariableLabels ? 2 : 1;
  }

  #create(path: string, target?: string, created?: number): Method {
    const none = this.#labels?.none;
    const labelled = this.hasVariableLabels ? new Map<string, Method>() : undefined;
    const method = this.#numbers(path, { labels: none?.labels, labelled, target }, created);
    if (none !== undefined) labelled?.set(none.key, method);
    return method;
  }

  #addTarget(method: Method, target: string): Method {
    const towards = this.#create(method.path, target, method.created);
    this.#describe(towards, method.type);
    method.byTarget ??= new Map();
    method.byTarget.set(target, towards);
    return towards;
  }

  #combination(method: Method, { key, labels }: LabelCombination): Method {
    const combination = this.#numbers(method.path, { labels, target: method.target });
    combination.isMeasured = method.isMeasured;
    this.#describe(combination, method.type);
    method.labelled?.set(key, combination);
    return combination;
  }

  #numbers(path: string, extras: MethodExtras, created = this.#wallClock()): Method {
    const method = new Method(path, this.#clock, created, this.#outcome, { ...extras, exemplars: this.exemplars });
    method.isMeasured = this.side === 'client'; // a server has to be watched for it
    return method;
  }

  #describe(method: Method, type: MethodType | undefined): void {
    method.type = type;
    if (type === undefined) return;
    if (isStream(type)) method.openStreams ??= new Set();
    if (streamsResponses(type)) {
      method.firstMessages ??= new Histogram(this.bounds, this.#drop, { native: this.#nativeHistogram() });
    }
    if (hasDetails(this.details, type)) {
      method.details ??= new MethodDetails(this.side, type, this.details, this.#drop);
    }
  }

  readonly #outcome = (): Outcome => {
    return new Outcome(this.bounds, this.#drop, this.#wallClock(), this.#nativeHistogram());
  };

  readonly #drop = (value: unknown): void => {
    this.faults.count('call', `a call cannot have had ${String(value)} of what is measured`);
  };

  #nativeHistogram(): NativeHistogram | undefined {
    return this.#native && new NativeHistogram({ ...this.#native, maxZeroThreshold });
  }
}
