import * as grpc from '@grpc/grpc-js';
import type { GrpcMetrics } from 'grpc-vitals';
import type { Books } from './books.ts';
import { type RunningCall, startCall } from './call.ts';
import type { Scenario, StatusName } from './scenarios.ts';
import { channelOptions } from './tls.ts';

/** How long a server may take to answer, in milliseconds. */
const CONNECT_MS = 5000;

export interface Target {
  /** `host:port` of the server. */
  readonly address: string;
  readonly credentials: grpc.ChannelCredentials;
  /** Observes the calls. */
  readonly metrics?: GrpcMetrics | undefined;
}

/** A channel with a connection of its own, and the calls under way on it. */
export class Connection {
  readonly #client: grpc.Client;
  readonly #books: Books;
  readonly #running = new Set<RunningCall>();

  private constructor(client: grpc.Client, books: Books) {
    this.#client = client;
    this.#books = books;
  }

  /** Connected when it resolves: no deadline may pass before the server has seen the call. */
  static async open(
    { address, credentials, metrics }: Target,
    books: Books,
    signal?: AbortSignal,
  ): Promise<Connection> {
    // Channels with equal options share their connections, unless told not to.
    const own = { ...channelOptions(address), 'grpc.use_local_subchannel_pool': 1 };
    const client = new grpc.Client(address, credentials, metrics?.clientOptions(own) ?? own);
    const giveUp = Date.now() + CONNECT_MS;
    for (;;) {
      try {
        await ready(client);
        break;
      } catch (cause) {
        if (Date.now() < giveUp && !signal?.aborted) continue;
        client.close();
        const remedy = 'start one with `npm run server`; --tls must be given to both or to neither';
        throw new Error(`no gRPC server answers at ${address}: ${remedy}`, { cause });
      }
    }
    books.connections += 1;
    return new Connection(client, books);
  }

  /** So many connections at a time, or none and the error. */
  static async openAll(count: number, target: Target, books: Books, signal?: AbortSignal): Promise<Connection[]> {
    const attempts = Array.from({ length: count }, () => Connection.open(target, books, signal));
    const connections: Connection[] = [];
    const errors: unknown[] = [];
    for (const attempt of await Promise.allSettled(attempts)) {
      if (attempt.status === 'fulfilled') connections.push(attempt.value);
      else errors.push(attempt.reason);
    }
    if (errors.length === 0) return connections;
    await Promise.all(connections.map((connection) => connection.close()));
    throw errors[0];
  }

  /** Calls under way. */
  get pending(): number {
    return this.#running.size;
  }

  /** The status that the call ended with; never rejects. */
  async call(scenario: Scenario): Promise<StatusName> {
    const call = startCall(this.#client, scenario, this.#books);
    this.#running.add(call);
    const status = await call.done;
    this.#running.delete(call);
    return status;
  }

  cancelAll(): void {
    for (const call of this.#running) call.cancel();
  }

  /** Waits for the calls under way, then closes the connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((call) => call.done));
    this.#client.close();
  }
}

/** Waits for a little only: closing a client does not end a `waitForReady`, which would keep the process alive. */
function ready(client: grpc.Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 200, (error) => (error ? reject(error) : resolve()));
  });
}
