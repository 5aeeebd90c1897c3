/** What a server does with new calls. `starting` is a server that has not been bound. `closed` is one that has shut down. */
export type ServerState = 'starting' | 'serving' | 'draining' | 'closed';

/** A server whose calls are recorded, as its adapter sees it. */
export interface ObservedServer {
  readonly state: ServerState;
}

/** The state that decides, where servers have several. */
const precedence: readonly ServerState[] = ['draining', 'starting', 'serving', 'closed'];

/** The servers of one store. Each server is asked for its state when somebody wants to know. */
export class Servers {
  /** Closed ones too: such a server can be bound again. */
  readonly #servers = new Set<ObservedServer>();

  add(server: ObservedServer): void {
    this.#servers.add(server);
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
}
