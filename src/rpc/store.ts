import type { Exemplars } from '../core/exemplars.ts';
import type { Labels, NativeBuckets } from '../core/snapshot.ts';
import { CallListeners } from './call-listeners.ts';
import type { CallNotes } from './call-notes.ts';
import type { CallStart } from './call-start.ts';
import { otherTarget } from './channels.ts';
import type { Faults, Limit } from './faults.ts';
import type { EndedCall } from './finished-call.ts';
import { SeriesBudget } from './limits/budget.ts';
import type { CallLabels } from './limits/call-labels.ts';
import { type Choice, excluder } from './limits/exclude.ts';
import type { ChosenDetails } from './methods/details.ts';
import type { CallWatcher, Method } from './methods/method.ts';
import type { MethodBounds } from './methods/method-bounds.ts';
import { MethodFactory, type RecordingOptions } from './methods/method-factory.ts';
import type { MethodNumbers } from './methods/method-numbers.ts';
import type { GrpcMethodType } from './methods/method-type.ts';
import { allOf, type Seen, seriesOf } from './methods/series.ts';

export interface StoreOptions extends RecordingOptions, Choice {
  /** Distinct methods; calls of further ones are counted as those of `other`. */
  readonly maxMethods?: number | undefined;
  /** The user's own; none by default. */
  readonly labels?: CallLabels | undefined;
  /** The budget that this store's series are taken from, shared with other stores. */
  readonly budget?: SeriesBudget | undefined;
  /** The user's listeners; none by default. */
  readonly listeners?: CallListeners | undefined;
}

/** The constant that stands for every method beyond the allowed number. No path can be it: paths start with `/`. */
export const otherMethod = 'other';

const isPath = /^\/[^/]*\//;

/** What tells the numbers of calls from others of the same side. */
export type MethodName = Pick<Method, 'path' | 'labels' | 'target'>;

/** What a method, or one combination of its labels and targets, takes of the budget that several processes have together. */
export interface MethodLimit {
  /** Series; 0 for what only has room where `base` has. */
  readonly cost: number;
  readonly upTo: number;
  readonly base?: Method | undefined;
  /** Where its calls are counted if there is no room. */
  readonly others: MethodName;
}

/** The numbers of all calls of one side. Adapters reach it through `call.ts`. */
export class CallStore {
  readonly side: 'server' | 'client';
  readonly faults: Faults;
  readonly listeners: CallListeners;
  /** Called by whoever changes a number of this store; undefined where nobody wants to know. */
  watcher: CallWatcher | undefined;
  /** Whether `labelled` has to be asked when a call's metadata is there. */
  readonly hasVariableLabels: boolean;
  /** Calls of excluded methods. */
  excluded = 0;
  readonly #factory: MethodFactory;
  readonly #labels: CallLabels | undefined;
  readonly #lateLabels: CallLabels | undefined;
  readonly #budget: SeriesBudget;
  readonly #isExcluded: (path: string) => boolean;
  readonly #maxMethods: number;
  readonly #methods = new Map<string, Method | null>();
  /** Whether nothing is wanted of a call when it begins but its time, listeners apart, which come and go. */
  readonly #isPlain: boolean;
  #named = 0;
  #other: Method | undefined = undefined;

  constructor(faults: Faults, options: StoreOptions = {}, side: 'server' | 'client' = 'server') {
    const { labels, budget = new SeriesBudget(), listeners = new CallListeners(faults) } = options;
    this.side = side;
    this.faults = faults;
    this.listeners = listeners;
    this.hasVariableLabels = labels?.isVariable ?? false;
    this.#factory = new MethodFactory(side, faults, options);
    this.#labels = labels;
    this.#lateLabels = side === 'server' && labels !== undefined && labels.late.length > 0 ? labels : undefined;
    this.#budget = budget;
    this.#isExcluded = excluder(options);
    this.#maxMethods = options.maxMethods ?? Infinity;
    this.#isPlain = !this.hasVariableLabels && options.exemplars === undefined;
  }

  /** Upper bounds of all durations, in seconds. */
  get bounds(): MethodBounds {
    return this.#factory.bounds;
  }

  /** The native buckets of durations before the first one; undefined where there are none. */
  get emptyNative(): NativeBuckets | undefined {
    return this.#factory.emptyNative;
  }

  /** Asked when a call begins; undefined where nobody wants exemplars. */
  get exemplars(): Exemplars | undefined {
    return this.#factory.exemplars;
  }

  get details(): ChosenDetails {
    return this.#factory.details;
  }

  /** Whether nothing is wanted of a call when it begins or ends but its time, as far as its method does not say else. */
  get isPlain(): boolean {
    return this.#isPlain && !this.listeners.isWanted;
  }

  /** From now on `watcher` is told of each change. */
  watch(watcher: CallWatcher): void {
    this.watcher = watcher;
    this.#factory.watcher = watcher;
    for (const method of this.everyMethod()) method.watcher = watcher;
  }

  /** The numbers of a method, made when they are first asked for; null where the method is excluded. */
  method(path: string): Method | null {
    const known = this.#methods.get(path);
    return known === undefined ? this.#first(path) : known;
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
    return this.#labels === undefined ? method : this.withValues(method, this.#labels.read(call));
  }

  /** The numbers of the method's calls with these values of the user's labels. */
  withValues(method: Method, values: readonly string[]): Method {
    const labels = this.#labels;
    if (labels === undefined || method.labelled === undefined) return method;
    return method.labelled.get(labels.key(values)) ?? this.#admit(method, method.labelled, labels, values);
  }

  /** The user's labels that are set while a call runs; undefined where there are none, or on a client. */
  get lateLabels(): CallLabels | undefined {
    return this.#lateLabels;
  }

  /** Makes a method's numbers before its first call. */
  declare(path: string, type: GrpcMethodType | undefined): void {
    const method = this.method(path);
    if (method?.path !== path) return;
    for (const one of allOf(method)) this.#factory.describe(one, type);
  }

  /** The notes of a call that begins; undefined where nobody asks for any. */
  notes({ details }: Method): CallNotes | undefined {
    return this.listeners.begun() ?? (details === undefined ? undefined : details.notes());
  }

  /** Tells of a call that has ended now, where it has notes or its method has details. */
  ended(ended: EndedCall): void {
    const { method, notes, deadline } = ended;
    method.details?.ended(notes, deadline);
    if (notes !== undefined && notes.listeners > 0) this.listeners.ended(this.side, ended);
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

  /** The numbers of every method: with each combination of labels and targets, and without. */
  *everyMethod(): Iterable<Method> {
    for (const method of this.#methods.values()) if (method !== null) yield* allOf(method);
    if (this.#other !== undefined) yield* allOf(this.#other);
  }

  /** Whether these are the numbers that a method has before its first call, which go where calls have labels or targets. */
  isFirst({ labels, target }: Method): boolean {
    if (target !== undefined && !this.hasVariableLabels) return false;
    return this.#labels === undefined || labels === this.#labels.none.labels;
  }

  /** What limits several processes together; undefined for what is always there. */
  limitOf({ path, labels, target }: MethodName): MethodLimit | undefined {
    if (!isPath.test(path)) return undefined;
    const { none, others: otherLabels } = this.#labels ?? {};
    const { method, labels: upToLabels } = this.#budget.upTo;
    const first = { path, target, labels: none?.labels ?? labels };
    const known = this.#methods.get(path) ?? undefined;
    if (none !== undefined && otherLabels !== undefined && !isSame(labels, none.labels)) {
      const isOthers = isSame(labels, otherLabels.labels);
      const instead = isOthers ? this.limitOf(first)?.others : { path, target };
      if (instead === undefined) return undefined;
      const base = target === undefined ? known : known?.byTarget?.get(target);
      return { cost: isOthers ? 0 : 1, upTo: upToLabels, base, others: { ...instead, labels: otherLabels.labels } };
    }
    const cost = this.#seriesOfOne;
    if (target === undefined) return { cost, upTo: method, others: { path: otherMethod, labels, target } };
    const others =
      target === otherTarget ? { path: otherMethod, labels, target } : { path, labels, target: otherTarget };
    return { cost: target === otherTarget ? 0 : cost, upTo: upToLabels, base: known, others };
  }

  /** A method that exists whatever limits say; its path must be one that no caller can choose. */
  protected constantMethod(path: string): Method {
    let method = this.#methods.get(path);
    if (method === undefined || method === null) {
      method = this.#create(path);
      this.#methods.set(path, method);
    }
    return method;
  }

  /**
   * Slow path: a path that was not asked for before. What is no `/service/method` has no name of its own: vocabularies that take
   * paths apart could not tell it from what is one, or from `other`.
   */
  #first(path: string): Method | null {
    // Names that callers make up must not fill the memory, not even those that are excluded.
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

  #others(limit: Limit, problem: string): Method {
    this.faults.fold(limit, problem);
    this.#other ??= this.#create(otherMethod);
    return this.#other;
  }

  /** Slow path: the first call with these labels, and calls beyond a limit. */
  #admit(method: Method, labelled: Map<string, Method>, labels: CallLabels, values: readonly string[]): Method {
    let combination = labels.combination(labels.admit(values));
    let known = labelled.get(combination.key);
    if (known !== undefined) return known;
    // A method's own budget has room for the one that is `other` in all labels.
    if (combination.key !== labels.others.key && !this.#budget.takeLabels()) {
      this.faults.fold('series', this.#budget.problem);
      combination = labels.others;
      known = labelled.get(combination.key);
      if (known !== undefined) return known;
    }
    const created = this.#factory.createLabelled(method, combination.labels);
    labelled.set(combination.key, created);
    return created;
  }

  /** What a method takes of the budget: with labels that vary there has to be room for the one that is `other` in all of them. */
  get #seriesOfOne(): number {
    return this.hasVariableLabels ? 2 : 1;
  }

  #create(path: string, target?: string, created?: number): Method {
    const none = this.#labels?.none;
    const labelled = this.hasVariableLabels ? new Map<string, Method>() : undefined;
    const method = this.#factory.create(path, { labels: none?.labels, labelled, target }, created);
    if (none !== undefined) labelled?.set(none.key, method);
    return method;
  }

  #addTarget(method: Method, target: string): Method {
    const towards = this.#create(method.path, target, method.created);
    this.#factory.describe(towards, method.type);
    method.byTarget ??= new Map();
    method.byTarget.set(target, towards);
    return towards;
  }
}

function isSame(some: Labels, others: Labels): boolean {
  return Object.entries(others).every(([name, value]) => some[name] === value);
}
