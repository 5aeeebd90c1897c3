import { MetricsError } from '../../../core/errors.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { GrpcMethodType } from '../../../rpc/methods/method-type.ts';
import type { Channel } from '../types.ts';
import { watchAttempts } from './attempts.ts';
import { below, ObservedChannel, watchChannel } from './channel.ts';
import { internalsOf } from './internals.ts';

/** What a channel looks like to the methods of each type, and to those whose type its client does not say. */
type Views = Map<GrpcMethodType | undefined, ObservedChannel>;

/** The channels of a process whose calls go to one store. */
export class ObservedChannels {
  readonly store: ClientStore;
  /** Holds no channel: grpc-js's own are collected as before. */
  readonly #views = new WeakMap<Channel, Views>();
  readonly #watched = new WeakSet<Channel>();

  constructor(store: ClientStore) {
    this.store = store;
  }

  /** The channel, observed, for methods of this type. */
  view(channel: Layer, type: GrpcMethodType | undefined): Channel {
    if (channel[below] !== undefined) {
      // Slow path: a channel that was given to us once more. Its calls count once.
      const isOurs = (layer: Layer) => layer instanceof ObservedChannel && layer.store === this.store;
      if (layersOf(channel).some(isOurs)) return channel;
    }
    const views = this.#viewsOf(channel);
    let view = views.get(type);
    if (view === undefined) {
      view = new ObservedChannel(this.store, channel, type);
      views.set(type, view);
    }
    return view as unknown as Channel; // it has got all members of the one that it stands for
  }

  /** Counts a channel of the user's from now on. Throws `unsupported_client` where attempts are wanted and it does not show them. */
  watchGiven(channel: Channel): void {
    if (this.store.attempts) internalsOf(layersOf(channel).at(-1)!);
    this.store.faults.guard('connection', () => this.#watch(channel));
  }

  /** As `view`, for a user who gives the channel to a framework. Throws `unsupported_client` for what is no channel. */
  give<Given extends object>(channel: Given): Given {
    const given = channel as Partial<Channel> | null; // checked below
    if (typeof given?.createCall !== 'function' || typeof given.getTarget !== 'function') {
      const remedy = 'give a Channel of @grpc/grpc-js, such as createChannel(...) of nice-grpc returns';
      throw new MetricsError(
        'unsupported_client',
        `channel() needs an object with createCall and getTarget: ${remedy}`,
      );
    }
    this.watchGiven(given as Channel);
    return this.view(given as Channel, undefined) as unknown as Given;
  }

  #viewsOf(channel: Channel): Views {
    const known = this.#views.get(channel);
    if (known !== undefined) return known;
    this.#watch(channel);
    const views: Views = new Map();
    this.#views.set(channel, views);
    return views;
  }

  #watch(channel: Channel): void {
    const store = this.store;
    const bottom = layersOf(channel).at(-1)!;
    if (this.#watched.has(bottom)) return;
    this.#watched.add(bottom);
    store.faults.guard('connection', () => watchChannel(bottom, store));
    if (store.attempts) store.faults.guard('call', () => watchAttempts(bottom, store));
  }
}

type Layer = Channel & { readonly [below]?: Channel };

/** Whether a channel is observed, by whatever copy of this package. */
export function isObserved(channel: Layer): boolean {
  return channel[below] !== undefined;
}

/**
 * The channel, and those that it stands for if it is observed, be it by another copy of this package: grpc-js's or the user's own is
 * the last.
 */
function layersOf(channel: Layer): Layer[] {
  const next = channel[below];
  return next === undefined ? [channel] : [channel, ...layersOf(next)];
}
