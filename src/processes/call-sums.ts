import type { NativeBuckets } from '../core/snapshot.ts';
import { type ChannelState, channelStates } from '../rpc/channels.ts';
import type { ChosenDetails } from '../rpc/methods/details.ts';
import type { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { MethodNumbers } from '../rpc/methods/method-numbers.ts';
import { sumOfMethods } from '../rpc/methods/method-sum.ts';
import type { Seen } from '../rpc/methods/series.ts';
import { type Rejection, rejections } from '../rpc/server-store.ts';
import type { CallNumbers, ChannelNumbers, ClientNumbers, ServerNumbers, TargetNumbers } from '../rpc/store-numbers.ts';
import { MethodView } from './method-view.ts';
import type { EntitySum, Sums } from './sums.ts';

/** Returns the sums of all processes, as they were read last. */
export type ReadSums = () => Sums;

/** What the options say of a store, which is not in any book. */
export type StoreShape = Pick<CallNumbers, 'bounds' | 'emptyNative' | 'details'>;

/** The calls of one side, in all processes. */
class SharedCalls implements CallNumbers {
  readonly bounds: MethodBounds;
  readonly emptyNative: NativeBuckets | undefined;
  readonly details: ChosenDetails;
  protected readonly sums: ReadSums;
  readonly #side: 'server' | 'client';
  readonly #views = new WeakMap<EntitySum, MethodView>();
  #visible: readonly MethodView[] = [];
  #seenSums: Sums | undefined;
  #seenVersion = -1;

  constructor(side: 'server' | 'client', { bounds, emptyNative, details }: StoreShape, sums: ReadSums) {
    this.#side = side;
    this.bounds = bounds;
    this.emptyNative = emptyNative;
    this.details = details;
    this.sums = sums;
  }

  /** Each combination of a method, the user's labels and what is seen of targets. */
  methods(seen: Seen = () => ''): Iterable<MethodNumbers> {
    const methods = this.#methods();
    if (methods.every(({ target }) => target === undefined)) return methods;
    const groups = new Map<string, [MethodNumbers, ...MethodNumbers[]]>();
    for (const method of methods) {
      const { path, labels, target } = method;
      const key = JSON.stringify([path, labels, target === undefined ? null : seen(target)]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [method]);
      else group.push(method);
    }
    return Array.from(groups.values(), (group) => (group.length === 1 ? group[0] : sumOfMethods(group)));
  }

  protected countOf(part: string): number {
    return this.sums().get(['server'])?.parts.get(part)?.at(0) ?? 0;
  }

  /** Those of the last reading that are to be seen: zeros without labels and target go where calls turned out to have them. */
  #methods(): readonly MethodView[] {
    const sums = this.sums();
    if (sums === this.#seenSums && sums.version === this.#seenVersion) return this.#visible;
    this.#seenSums = sums;
    this.#seenVersion = sums.version;
    const views = Array.from(sums.ofKind('call'), (entity) => this.#viewOf(entity)).filter(
      (view) => view !== undefined,
    );
    const paths = new Map<string, number>();
    for (const { path } of views) paths.set(path, (paths.get(path) ?? 0) + 1);
    this.#visible = views.filter((view) => paths.get(view.path) === 1 || !view.isUnused);
    return this.#visible;
  }

  #viewOf(entity: EntitySum): MethodView | undefined {
    if (entity.key[1] !== this.#side) return undefined;
    let view = this.#views.get(entity);
    if (view === undefined) {
      view = new MethodView(entity, this.bounds);
      this.#views.set(entity, view);
    }
    return view;
  }
}

/** The numbers of the servers of all processes. */
export class SharedServer extends SharedCalls implements ServerNumbers {
  constructor(shape: StoreShape, sums: ReadSums) {
    super('server', shape, sums);
  }

  get connections(): number {
    return this.countOf('connections');
  }

  get rejected(): Readonly<Record<Rejection, number>> {
    const counts = rejections.map((reason) => [reason, this.countOf(`rejected ${reason}`)]);
    return Object.fromEntries(counts) as Record<Rejection, number>; // each has one
  }
}

/** The numbers of the clients of all processes. */
export class SharedClient extends SharedCalls implements ClientNumbers {
  readonly attempts: boolean;
  readonly channels: ChannelNumbers;

  constructor(shape: StoreShape & Pick<ClientNumbers, 'attempts'>, sums: ReadSums) {
    super('client', shape, sums);
    this.attempts = shape.attempts;
    this.channels = { targets: () => Array.from(this.sums().ofKind('target'), targetOf) };
  }
}

function targetOf({ key: [, name = ''], parts }: EntitySum): TargetNumbers {
  const byState = (part: string) => {
    const counts = channelStates.map((state, index) => [state, parts.get(part)?.at(index) ?? 0]);
    return Object.fromEntries(counts) as Record<ChannelState, number>; // each has one
  };
  return {
    name,
    transitions: byState('transitions'),
    states: () => byState('states'),
    connections: () => parts.get('connections')?.at(0) ?? 0,
  };
}
