import type { Faults } from '../core/faults.ts';
import { Channels } from './channels.ts';
import { CallStore, type StoreOptions } from './store.ts';

/**
 * Distinct methods of the clients of one process. A client can call any path, and programs that pass on what they
 * are asked for do. A thousand is more than the methods of fifty services, and some 30,000 lines a scrape.
 */
const defaultMaxMethods = 1000;

export interface ClientStoreOptions extends StoreOptions {
  /** Which targets have a name of their own; the others are `other`. */
  readonly targets?: ((target: string) => boolean) | undefined;
  /** Whether the attempts of calls and the connections of channels are to be watched; not by default. */
  readonly attempts?: boolean | undefined;
}

/** The numbers of a process's clients: of their calls and their channels. */
export class ClientStore extends CallStore {
  override readonly side = 'client';
  readonly channels: Channels;
  readonly attempts: boolean;

  constructor(
    faults: Faults,
    { targets, attempts = false, maxMethods = defaultMaxMethods, ...options }: ClientStoreOptions = {},
  ) {
    super(faults, { ...options, maxMethods });
    this.attempts = attempts;
    this.channels = new Channels(faults, targets);
  }
}
