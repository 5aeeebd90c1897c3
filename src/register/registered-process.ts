import { isObserved as isObservedChannel, ObservedChannels } from '../adapters/grpc-js/client/observed-channels.ts';
import type { ProcessObserver } from '../adapters/grpc-js/patch.ts';
import { instrumentServer, isObserved } from '../adapters/grpc-js/server/instrument.ts';
import type { Channel, GrpcMethodDefinition, GrpcServer, Handler } from '../adapters/grpc-js/types.ts';
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

/** Records the servers and clients of a process into one `GrpcMetrics`, but for those that the program observes itself. */
export class RegisteredProcess implements ProcessObserver {
  readonly #metrics: GrpcMetrics;
  readonly #channels: ObservedChannels;
  readonly #expose: () => void;
  readonly #log: Log;
  #isExposed = false;

  constructor({ metrics, expose, log }: RegisteredProcessInput) {
    this.#metrics = metrics;
    this.#channels = new ObservedChannels(partsOf(metrics).client);
    this.#expose = expose;
    this.#log = log;
  }

  serverBinds(server: GrpcServer, handlers: ReadonlyMap<string, Handler>): void {
    if (isObserved(server)) return;
    try {
      instrumentServer(server, partsOf(this.#metrics).server, this.#metrics.serverInterceptor(), handlers);
      this.#open();
    } catch (error) {
      this.#log.warn(`a server of grpc-js is not recorded: ${String(error)}`);
    }
  }

  channelMade(): void {
    this.#open();
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

  /** A server that nothing observes got a gRPC request. */
  unseen(port: number | undefined): void {
    const where = port === undefined ? '' : ` on port ${port}`;
    this.#log.warn(
      `this process serves gRPC${where}, and grpc-vitals/register cannot record it: @grpc/grpc-js is bundled into the ` +
        'program, was loaded by an ESM loader, or had bound the server before; or another library serves. ' +
        'docs/no-code-change.md says what to do',
    );
  }

  #open(): void {
    if (this.#isExposed) return;
    this.#isExposed = true;
    this.#expose();
  }
}
