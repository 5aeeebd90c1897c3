import { Channels, otherTarget } from './channels.ts';
import type { Faults } from './faults.ts';
import type { Method } from './methods/method.ts';
import type { GrpcMethodType } from './methods/method-type.ts';
import { CallStore, type StoreOptions } from './store.ts';

/**
 * Distinct methods of the clients of one process. A client can call any path, and programs that pass on what they
 * are asked for do. A thousand is more than the methods of fifty services, and some 30,000 lines a scrape.
 */
const defaultMaxMethods = 1000;

export interface ClientStoreOptions extends StoreOptions {
  /** Which targets have a name of their own; the others are `other`. */
  readonly targets?: ((target: string) => boolean) | undefined;
  /** Whether the calls to each target are to be told apart; not by default. */
  readonly byTarget?: boolean | undefined;
  /** Whether the attempts of calls and the connections of channels are to be watched; not by default. */
  readonly attempts?: boolean | undefined;
}

/** The numbers of a process's clients: of their calls and their channels. */
export class ClientStore extends CallStore {
  readonly channels: Channels;
  readonly attempts: boolean;
  readonly #byTarget: boolean;

  constructor(
    faults: Faults,
    {
      targets,
      byTarget = false,
      attempts = false,
      maxMethods = defaultMaxMethods,
      ...options
    }: ClientStoreOptions = {},
  ) {
    super(faults, { ...options, maxMethods }, 'client');
    this.attempts = attempts;
    this.#byTarget = byTarget;
    this.channels = new Channels(faults, targets);
  }

  /** The target that calls on a channel are counted under; undefined where they are not told apart. */
  targetOf(channel: { getTarget(): string }): string | undefined {
    if (!this.#byTarget) return undefined;
    let name = otherTarget;
    this.faults.guard('connection', () => {
      name = this.channels.target(channel.getTarget()).name;
    });
    return name;
  }

  /** The numbers of a method's calls to a target; null where the method is excluded. */
  methodTo(path: string, target: string | undefined, type: GrpcMethodType | undefined): Method | null {
    const method = this.method(path);
    if (method === null) return null;
    // A definition that was seen before knows better: generic clients call unary methods as streams.
    if (type !== undefined && method.type === undefined && method.path === path) this.declare(path, type);
    return target === undefined ? method : this.towards(method, target);
  }
}
