import { isObserved as isObservedChannel, ObservedChannels } from '../adapters/grpc-js/client/observed-channels.ts';
import type { ProcessObserver } from '../adapters/grpc-js/patch.ts';
import { instrumentServer, isObserved } from '../adapters/grpc-js/server/instrument.ts';
import type { Channel, GrpcMethodDefinition, GrpcServer, Handler } from '../adapters/grpc-js/types.ts';
import { seeLoadedExceptions } from '../adapters/nestjs/exceptions.ts';
import type { UnseenGrpc } from '../adapters/unseen.ts';
import { type GrpcMetrics, partsOf } from '../metrics.ts';
import { methodType } from '../rpc/methods/method-type.ts';
import type { Log } from './log.ts';

/** What a registered process needs besides its metrics. */
export interface RegisteredProcessInput {
  readonly metrics: GrpcMetrics;
  /** Opens the endpoint. Called at most once, when there is something to expose. Never throws. */
  readonly expose: () => void;
  readonly log: Log;
}

/** How long a program with a client may take to bind a server, before its endpoint opens all the same. In milliseconds. */
const patience = 1000;

/** Records the servers and clients of a process into one `GrpcMetrics`, but for those that the program observes itself. */
export class RegisteredProcess implements ProcessObserver {
  readonly #metrics: GrpcMetrics;
  readonly #channels: ObservedChannels;
  readonly #expose: () => void;
  readonly #log: Log;
  #hasServer = false;
  #hasClient = false;
  #isExposed = false;

  constructor({ metrics, expose, log }: RegisteredProcessInput) {
    this.#metrics = metrics;
    this.#channels = new ObservedChannels(partsOf(metrics).client);
    this.#expose = expose;
    this.#log = log;
  }

  serverBinds(server: GrpcServer, handlers: ReadonlyMap<string, Handler>): void {
    if (isObserved(server)) return;
    seeLoadedExceptions(partsOf(this.#metrics).server.faults); // NestJS binds its servers when it has loaded
    try {
      instrumentServer(server, partsOf(this.#metrics).server, this.#metrics.serverInterceptor(), handlers);
      this.#hasServer = true;
    } catch (error) {
      this.#log.warn(`a server of grpc-js is not recorded: ${String(error)}`);
    }
  }

  /** The endpoint opens after the server: process managers take the first port that listens as a sign that the service is ready. */
  serverBound(): void {
    if (this.#hasServer) this.#open();
  }

  channelMade(): void {
    if (this.#hasClient) return;
    this.#hasClient = true;
    setTimeout(() => this.#open(), patience).unref();
  }

  observeChannel(channel: Channel, method: GrpcMethodDefinition): Channel {
    try {
      if (isObservedChannel(channel)) return channel;
      return this.#channels.view(channel, methodType(method));
    } catch (error) {
      this.#channels.store.faults.count('call', error);
      return channel;
    }
  }

  /** The process speaks gRPC by other means than a grpc-js that it has loaded. */
  unseen(unseen: UnseenGrpc): void {
    const served = unseen.side === 'server' && unseen.port !== undefined ? ` on port ${unseen.port}` : '';
    const does = unseen.side === 'server' ? `serves gRPC${served}` : 'calls gRPC servers';
    this.#log.warn(
      `this process ${does}, and grpc-vitals/register cannot record it: @grpc/grpc-js is bundled into the ` +
        'program, was loaded by an ESM loader, or had bound the server before; or another library does it. ' +
        'docs/no-code-change.md says what to do',
    );
  }

  #open(): void {
    if (this.#isExposed) return;
    this.#isExposed = true;
    this.#expose();
  }
}
