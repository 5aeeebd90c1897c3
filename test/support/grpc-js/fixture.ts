import { once } from 'node:events';
import { createServer, type Server as NetServer } from 'node:net';
import * as newest from '@grpc/grpc-js';
import * as oldest from 'grpc-js-1-10';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../../src/index.ts';
import { RawClient } from '../raw-client.ts';
import { RecordedCalls } from '../recorded-calls.ts';
import { type MethodName, service } from '../service.ts';

export type Grpc = typeof newest;

/** The oldest and the newest supported grpc-js; their types differ in private members only. */
export const versions: readonly (readonly [version: string, grpc: Grpc])[] = [
  ['1.10', oldest as unknown as Grpc],
  ['1.14', newest],
];

/**
 * How the metrics get into the server: by `instrument`, by the interceptor alone, by the interceptor behind another one,
 * and by the interceptor of a server whose connections are injected.
 */
export const modes = ['instrument', 'interceptor', 'second interceptor', 'injected connection'] as const;
export type Mode = (typeof modes)[number];

// biome-ignore lint/suspicious/noExplicitAny: the four kinds of handlers of two versions of grpc-js
export type Handler = (call: any, callback: any) => unknown;
export type Handlers = Partial<Record<MethodName, Handler>>;

export interface Setup {
  readonly handlers?: Handlers;
  readonly options?: newest.ServerOptions;
  readonly metrics?: GrpcMetricsOptions;
  /** The user's interceptors, behind the library's. */
  readonly interceptors?: readonly newest.ServerInterceptor[];
  /** Interceptors of the server's credentials, nearer the wire than the library's. grpc-js has them from 1.11 on. */
  readonly credentialsInterceptors?: newest.ServerInterceptor[];
}

/** A server with metrics, and a client of the same version, over real sockets on the loopback. */
export class Fixture {
  readonly grpc: Grpc;
  readonly metrics: GrpcMetrics;
  readonly server: newest.Server;
  readonly #clients: { close(): void }[] = [];
  readonly #injecting: NetServer | undefined;
  readonly #recorded: RecordedCalls;
  port = 0;

  private constructor(
    grpc: Grpc,
    mode: Mode,
    { options, interceptors = [] }: Setup,
    metrics: GrpcMetrics,
    handlers: Handlers,
  ) {
    this.grpc = grpc;
    this.metrics = metrics;
    this.#recorded = new RecordedCalls(this.metrics, 'grpc');
    const ours = mode === 'instrument' ? [] : [this.metrics.serverInterceptor()];
    const nearer = mode === 'second interceptor' ? [passOn(grpc)] : [];
    this.server = new grpc.Server({ ...options, interceptors: [...nearer, ...ours, ...interceptors] });
    // All methods are declared. grpc-js answers those that have no handler.
    this.server.addService(service, handlers as newest.UntypedServiceImplementation);
    if (mode === 'instrument') this.metrics.instrument(this.server);
    if (mode === 'injected connection') this.#injecting = createServer();
  }

  static async start(grpc: Grpc, mode: Mode, setup: Setup, metrics = metricsOf(setup)): Promise<Fixture> {
    const fixture = new Fixture(grpc, mode, setup, metrics, setup.handlers ?? {});
    const plain = grpc.ServerCredentials.createInsecure();
    const { credentialsInterceptors } = setup;
    const credentials =
      credentialsInterceptors === undefined
        ? plain
        : grpc.experimental.createServerCredentialsWithInterceptors(plain, credentialsInterceptors);
    if (fixture.#injecting === undefined) fixture.port = await bind(fixture.server, credentials);
    else fixture.port = await inject(fixture.server, credentials, fixture.#injecting);
    return fixture;
  }

  /** A client with a connection of its own. */
  client() {
    const { grpc, port } = this;
    const Client = grpc.makeGenericClientConstructor(service, 'Endings');
    const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#clients.push(client);
    return client;
  }

  async raw(): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Every call that was recorded: `Method STATUS` to how many. Unknown methods are `unknown STATUS`. */
  recorded(): Record<string, number> {
    return this.#recorded.calls();
  }

  inFlight(): number {
    return this.#recorded.inFlight();
  }

  /** The sum of all series of a counter or a gauge. */
  sum(name: `grpc_${string}`): number {
    return this.#recorded.sum(name.slice('grpc_'.length));
  }

  /** All durations that were observed. */
  durations(): number {
    return this.#recorded.durations().count;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.server.forceShutdown();
    if (this.#injecting?.listening) {
      this.#injecting.close();
      await once(this.#injecting, 'close');
    }
  }
}

/** An interceptor that changes nothing, in grpc-js's own class. */
function passOn(grpc: Grpc): newest.ServerInterceptor {
  return (_method, call) => new grpc.ServerInterceptingCall(call);
}

function metricsOf({ metrics }: Setup): GrpcMetrics {
  return new GrpcMetrics({ service: { name: 'endings', version: '1' }, ...metrics });
}

function bind(server: newest.Server, credentials: newest.ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

async function inject(server: newest.Server, credentials: newest.ServerCredentials, net: NetServer): Promise<number> {
  const injector = server.createConnectionInjector(credentials);
  net.on('connection', (socket) => injector.injectConnection(socket));
  net.listen(0, '127.0.0.1');
  await once(net, 'listening');
  const address = net.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return address.port;
}
