import type * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, type GrpcMetricsOptions, type MetricsEndpoint } from '../../src/index.ts';
import type { Grpc } from '../support/grpc-js/fixture.ts';
import { frame, RawClient, type WireEnd } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { deferred } from '../support/wait.ts';

/** Servers of one version of grpc-js that share a `GrpcMetrics`. A call ends when the test says so. */
export class GrpcService {
  readonly metrics: GrpcMetrics;
  readonly #grpc: Grpc;
  readonly #closing: (() => unknown)[] = [];
  #begun = deferred<() => void>();

  constructor(grpc: Grpc, options?: GrpcMetricsOptions) {
    this.#grpc = grpc;
    this.metrics = new GrpcMetrics(options);
  }

  async expose(): Promise<MetricsEndpoint> {
    const endpoint = await this.metrics.expose({ port: 0, host: '127.0.0.1', page: false });
    this.#closing.push(() => endpoint.close());
    return endpoint;
  }

  server({ interceptor = false } = {}): grpc.Server {
    const server = new this.#grpc.Server({ interceptors: interceptor ? [this.metrics.serverInterceptor()] : [] });
    server.addService(service, {
      Unary: (_call: unknown, callback: (error: null, reply: Buffer) => void) => {
        this.#begun.resolve(() => callback(null, Buffer.from('ok')));
      },
    });
    this.#closing.push(() => server.forceShutdown());
    if (!interceptor) this.metrics.instrument(server);
    return server;
  }

  bind(server: grpc.Server, address = '127.0.0.1:0'): Promise<number> {
    const credentials = this.#grpc.ServerCredentials.createInsecure();
    return new Promise((resolve, reject) => {
      server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }

  createInjector(server: grpc.Server): void {
    server.createConnectionInjector(this.#grpc.ServerCredentials.createInsecure());
  }

  /** Begins a call. Resolves when its handler runs. */
  async call(port: number): Promise<{ readonly end: () => Promise<WireEnd> }> {
    const client = await RawClient.connect(port);
    this.#closing.push(() => client.close());
    this.#begun = deferred();
    const ended = client.call('Unary', frame('x'));
    const answer = await this.#begun.promise;
    return {
      end: () => {
        answer();
        return ended;
      },
    };
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).toReversed()) await close();
  }
}
