import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Exchange, type MessageLimits } from './exchange.ts';
import { chain, type Middleware, type Route } from './routes.ts';

export interface ServerOptions extends MessageLimits {
  readonly maxConnectionAgeSeconds?: number;
  /** How long calls may continue after that. */
  readonly maxConnectionAgeGraceSeconds?: number;
}

/**
 * A gRPC server of a framework that nobody else has: its handlers and middlewares are functions from messages to messages.
 *
 * ```ts
 * const server = new Server();
 * server.routes.set('/a.B/Double', { ..., handler: async function* (request) { for await (const m of request) yield m; } });
 * const port = await server.listen();
 * ```
 */
export class Server {
  readonly http2: Http2Server = createServer();
  /** By path. */
  readonly routes = new Map<string, Route>();
  /** The first is outermost. */
  readonly middlewares: Middleware[] = [];
  readonly #options: ServerOptions;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: ServerOptions = {}) {
    this.#options = options;
    this.http2.on('session', (session) => this.#opened(session));
    this.http2.on('stream', (stream, headers) => {
      const route = this.routes.get(String(headers[':path']));
      void this.#serve(new Exchange(stream, headers, route, this.#options));
    });
  }

  /** Resolves with the port on the loopback. */
  async listen(): Promise<number> {
    this.http2.listen(0, '127.0.0.1');
    await once(this.http2, 'listening');
    return (this.http2.address() as AddressInfo).port; // It listens on TCP.
  }

  /** Refuses new calls, and resolves when the last one has ended. */
  async shutDown(): Promise<void> {
    const closed = once(this.http2, 'close');
    this.http2.close();
    for (const session of this.#sessions) session.close();
    await closed;
  }

  /** Ends every call and connection at once. */
  kill(): void {
    this.http2.close();
    for (const session of this.#sessions) session.destroy();
  }

  async #serve(exchange: Exchange): Promise<void> {
    try {
      for await (const message of chain(this.middlewares, exchange)(exchange.requests())) {
        if (exchange.signal.aborted) return;
        await exchange.send(message);
      }
      exchange.end(0);
    } catch (error) {
      exchange.fail(error);
    }
  }

  #opened(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    const timers: NodeJS.Timeout[] = [];
    session.on('error', () => {}); // The client has left.
    session.on('close', () => {
      this.#sessions.delete(session);
      for (const timer of timers) clearTimeout(timer);
    });
    const { maxConnectionAgeSeconds: age, maxConnectionAgeGraceSeconds: grace = Infinity } = this.#options;
    if (age === undefined) return;
    timers.push(setTimeout(() => session.close(), age * 1000));
    if (grace !== Infinity) timers.push(setTimeout(() => session.destroy(), (age + grace) * 1000));
  }
}
