import { MetricsError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { Faults } from './faults.ts';

/** Source: https://github.com/grpc/grpc/blob/master/doc/connectivity-semantics-and-api.md, without SHUTDOWN: closed is gone. */
export const channelStates = ['IDLE', 'CONNECTING', 'READY', 'TRANSIENT_FAILURE'] as const;
export type ChannelState = (typeof channelStates)[number];

/** The state of a channel at this moment; undefined when it is closed or was collected as garbage. */
export type ReadState = () => ChannelState | undefined;

/** The open connections of a channel, each the same object for all channels that use it together. */
export type ReadConnections = () => Iterable<object>;

/** Distinct targets; channels to further ones are counted as to `other`. */
const maxTargets = 100;
export const otherTarget = 'other';

/** The channels to one target, such as `dns:orders:50051`. Several channels to it are counted together. */
export class Target {
  readonly name: string;
  /** How often a channel went into each state. */
  readonly transitions: Record<ChannelState, number> = { IDLE: 0, CONNECTING: 0, READY: 0, TRANSIENT_FAILURE: 0 };
  readonly #channels = new Map<ReadState, ReadConnections>();

  constructor(name: string) {
    this.name = name;
  }

  /** Neither function may hold the channel: what is counted must not be kept alive by it. */
  add(state: ReadState, connections: ReadConnections = () => []): void {
    this.#channels.set(state, connections);
  }

  remove(state: ReadState): void {
    this.#channels.delete(state);
  }

  entered(state: ChannelState): void {
    this.transitions[state] += 1;
  }

  /** How many channels are in each state. */
  states(): Record<ChannelState, number> {
    const counts: Record<ChannelState, number> = { IDLE: 0, CONNECTING: 0, READY: 0, TRANSIENT_FAILURE: 0 };
    for (const read of this.#channels.keys()) {
      const state = read();
      if (state !== undefined) counts[state] += 1;
    }
    return counts;
  }

  /** Open connections: channels to one target share them unless they are told not to. */
  connections(): number {
    const open = new Set<object>();
    for (const read of this.#channels.values()) for (const connection of read()) open.add(connection);
    return open.size;
  }
}

/** All channels by their target: at most a hundred targets, and `other`. */
export class Channels {
  readonly #faults: Faults;
  readonly #hasName: (target: string) => boolean;
  readonly #targets = new Map<string, Target>();

  /** Throws `invalid_option` unless `hasName` is a function. */
  constructor(faults: Faults, hasName: (target: string) => boolean = () => true) {
    if (typeof hasName !== 'function') {
      throw new MetricsError('invalid_option', `targets must be a function of a target, not ${quoted(hasName)}`);
    }
    this.#faults = faults;
    this.#hasName = hasName;
  }

  target(name: string): Target {
    const known = this.#targets.get(name);
    if (known !== undefined) return known;
    if (typeof name !== 'string') return this.#create(otherTarget); // channels of the user's own can give anything
    if (!name.isWellFormed()) return this.target(name.toWellFormed()); // as it will be encoded
    if (name === otherTarget || !this.#isAllowed(name)) return this.#create(otherTarget);
    if (this.#targets.size < maxTargets) return this.#create(name);
    this.#faults.fold('targets', `channels have ${maxTargets} targets`);
    return this.#create(otherTarget);
  }

  targets(): Iterable<Target> {
    return this.#targets.values();
  }

  /** The user's filter: what it throws costs the target its name and no more. */
  #isAllowed(name: string): boolean {
    let allowed = false;
    this.#faults.guard('connection', () => {
      allowed = this.#hasName(name);
    });
    return allowed;
  }

  #create(name: string): Target {
    const target = this.#targets.get(name) ?? new Target(name);
    this.#targets.set(name, target);
    return target;
  }
}
