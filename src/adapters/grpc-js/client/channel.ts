import { failedCall, findClientMethod } from '../../../rpc/call.ts';
import { type ChannelState, channelStates, type Target } from '../../../rpc/channels.ts';
import type { ClientStore } from '../../../rpc/client-store.ts';
import type { Method } from '../../../rpc/methods/method.ts';
import type { GrpcMethodType } from '../../../rpc/methods/method-type.ts';
import { status } from '../../../rpc/status.ts';
import { passOnTheRest } from '../pass-on.ts';
import type { Channel, OutgoingCall } from '../types.ts';
import { ClientCall } from './client-call.ts';
import { openConnections } from './internals.ts';

/** The channel that an observed one stands for. Every copy of this package in a process uses the same symbol, whatever its version. */
export const below: unique symbol = Symbol.for('grpc-vitals.channel.below');

/**
 * A channel as one type of method sees it, with every call on it observed. Without a type it is for all methods, and knows the type of
 * those that were declared. It has all other members of the channel, too.
 */
export class ObservedChannel {
  readonly store: ClientStore;
  readonly next: Channel;
  readonly #type: GrpcMethodType | undefined;
  readonly #target: string | undefined;
  readonly #methods = new Map<string, Method>();
  /** The class of the last call. */
  #known: unknown;

  constructor(store: ClientStore, next: Channel, type: GrpcMethodType | undefined) {
    this.store = store;
    this.next = next;
    Object.defineProperty(this, below, { value: next });
    this.#type = type;
    passOnTheRest(this, next);
    this.#target = store.targetOf(next);
  }

  createCall(path: string, deadline: unknown, host: unknown, parent: unknown, propagateFlags: unknown): OutgoingCall {
    const method = this.#methods.get(path) ?? this.#find(path);
    if (method === null) return this.next.createCall(path, deadline, host, parent, propagateFlags);
    let call: OutgoingCall;
    try {
      call = this.next.createCall(path, deadline, host, parent, propagateFlags);
    } catch (error) {
      // The channel is closed. What the client sees is an exception without a status.
      failedCall(this.store, method, status.UNKNOWN, deadline as Date | number); // as grpc-js gives it
      throw error;
    }
    const type = this.#type ?? method.type;
    const wantsMessage = type === 'unary' || type === 'client_stream';
    const observed = new ClientCall(this.store, method, call, deadline as Date | number, wantsMessage); // as grpc-js gives it
    if (this.#known !== call.constructor) {
      this.store.faults.guard('call', () => passOnTheRest(observed, call));
      this.#known = call.constructor;
    }
    return observed;
  }

  /** Slow path: the first call of a method, and each one of those that have no name of their own, which is counted every time. */
  #find(path: string): Method | null {
    const method = findClientMethod(this.store, path, this.#target, this.#type);
    if (method?.path === path && method.target === this.#target) this.#methods.set(path, method);
    return method;
  }
}

/** Channels that were collected as garbage are no longer counted. It keeps neither them nor the process alive. */
const collected = new FinalizationRegistry<() => void>((remove) => remove());

/** Counts the channel by its state as long as it lives and is open, and every state that it goes into. */
export function watchChannel(channel: Channel, store: ClientStore): void {
  // A channel of the user's own, or of another part of grpc-js, may have no state to tell.
  if (typeof channel.getConnectivityState !== 'function' || stateOf(channel) === undefined) return;
  const target = store.channels.target(channel.getTarget());
  const reference = new WeakRef(channel);
  const read = () => {
    const alive = reference.deref();
    return alive && stateOf(alive);
  };
  target.add(read, store.attempts ? () => openConnections(reference.deref(), store) : undefined);
  collected.register(channel, () => store.faults.guard('connection', () => target.remove(read)));
  follow(channel, channel.getConnectivityState(false), target, () => target.remove(read), store);
}

/** Only the channel itself holds what is called back. */
function follow(channel: Channel, state: number, target: Target, closed: () => void, store: ClientStore): void {
  let isCalled = false;
  channel.watchConnectivityState(state, Infinity, () => {
    // grpc-js calls back twice where the callback of a watcher before ours changes the state again.
    if (isCalled) return;
    isCalled = true;
    store.faults.guard('connection', () => {
      const entered = stateOf(channel);
      if (entered === undefined) return closed();
      target.entered(entered);
      follow(channel, channel.getConnectivityState(false), target, closed, store);
    });
  });
}

/** Undefined when it is closed. */
function stateOf(channel: Channel): ChannelState | undefined {
  return channelStates[channel.getConnectivityState(false)];
}
