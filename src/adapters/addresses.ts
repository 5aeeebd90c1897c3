import type { Server } from 'node:net';
import type { ObservedServer, ServerState } from '../rpc/servers.ts';

/** What ends a gRPC server, as grpc-js has it. */
interface EndableServer {
  tryShutdown(callback: () => void): void;
  forceShutdown(): void;
}

/**
 * The addresses of one gRPC server. Node.js has a server of its own for each address.
 *
 * Whether an address accepts calls is Node's `listening`, which turns false as soon as its server begins to close. So
 * every way to end a server counts: `tryShutdown`, `forceShutdown`, `unbind`, or `close()` on the HTTP/2 server itself.
 */
export class Addresses implements ObservedServer {
  /** Servers that have listened and whose last connection is still open. */
  readonly #open = new Set<Server>();
  /** Servers that never listen: the user gives them their connections. */
  readonly #injected = new WeakSet<Server>();
  readonly #server: EndableServer | undefined;
  readonly #now: () => number;
  #hasServed = false;
  #drainsUntil = Number.NEGATIVE_INFINITY;

  /** `server` is the gRPC server, if it is known. `now` is a monotonic clock, in seconds. */
  constructor(server?: EndableServer, now: () => number = () => performance.now() / 1000) {
    this.#server = server;
    this.#now = now;
  }

  /** Adds the server of an address, which may not listen yet. */
  add(server: Server): void {
    if (server.listening) this.#opened(server);
    else server.once('listening', () => this.#opened(server));
  }

  /** Adds a server that gets its connections from `createConnectionInjector`. */
  addInjected(server: Server): void {
    this.#injected.add(server);
    this.#opened(server);
  }

  /** The server's connections are being closed for so many seconds, while it goes on listening. */
  drainFor(seconds: number): void {
    this.#drainsUntil = this.#now() + seconds;
  }

  get state(): ServerState {
    if (!this.#hasServed) return 'starting';
    for (const server of this.#open) {
      if (server.listening || this.#injected.has(server))
        return this.#now() < this.#drainsUntil ? 'draining' : 'serving';
    }
    return this.#open.size > 0 ? 'draining' : 'closed';
  }

  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.tryShutdown(() => resolve());
    });
  }

  cutOff(): void {
    this.#server?.forceShutdown();
  }

  #opened(server: Server): void {
    this.#hasServed = true;
    this.#open.add(server);
    server.once('close', () => this.#open.delete(server));
  }
}
