import { endsWithin } from '../core/ends-within.ts';

/** What a server does with new calls. `starting` is a server that has not been bound. `closed` is one that has shut down. */
export type ServerState = 'starting' | 'serving' | 'draining' | 'closed';

/** A server whose calls are recorded, as its adapter sees it. */
export interface ObservedServer {
  readonly state: ServerState;
  /** Accepts no more calls. Resolves when the last call has ended. Absent where only the user can end the server. */
  drain?(): Promise<void>;
  /** Ends the calls that are left. */
  cutOff?(): void;
}

/** The state that decides, where servers have several. */
const precedence: readonly ServerState[] = ['draining', 'starting', 'serving', 'closed'];

/** How long connections that are cut off may take to close, in seconds. */
const cutOffSeconds = 1;

/** The servers of one store. Each server is asked for its state when somebody wants to know. */
export class Servers {
  /** Closed ones too: such a server can be bound again. */
  readonly #servers = new Set<ObservedServer>();

  add(server: ObservedServer): void {
    this.#servers.add(server);
  }

  /** Whether there is no server, not even a closed one. */
  get isEmpty(): boolean {
    return this.#servers.size === 0;
  }

  /**
   * The state of all servers as one.
   *
   * One server that drains or starts decides for all. Servers that have shut down count only where no other is left: a
   * server that replaces another in the same process is what callers reach. Without any server it is `serving`, because
   * a process that only has clients waits for nothing.
   */
  get state(): ServerState {
    const states = new Set(Array.from(this.#servers, ({ state }) => state));
    return precedence.find((state) => states.has(state)) ?? 'serving';
  }

  /**
   * Ends the servers. Calls under way have `seconds` to end, then they are cut off. Resolves when all servers are
   * closed, and a second after the cut at the latest. Rejects with what a server throws.
   */
  async shutDown(seconds: number): Promise<void> {
    const servers = Array.from(this.#servers);
    const drained = Promise.all(servers.map(async (server) => server.drain?.()));
    if (await endsWithin(drained, seconds)) return;
    for (const server of servers) server.cutOff?.();
    await endsWithin(drained, cutOffSeconds);
  }
}
