import type { Http2Server } from 'node:http2';
import { observeCalls } from './adapters/connect/client.ts';
import { type ConnectMethod, pathOf, typeOf } from './adapters/connect/method.ts';
import { observeOptions } from './adapters/connect/server.ts';
import { watch } from './adapters/http2-server.ts';
import type { Opaque } from './adapters/opaque.ts';
import { checkObject } from './core/check-object.ts';
import { invalidOption } from './core/errors.ts';
import { quoted } from './core/printable.ts';
import { type GrpcMetrics, partsOf } from './metrics.ts';
import { declareMethod } from './rpc/call.ts';

export type { ConnectMethod } from './adapters/connect/method.ts';

/** The options of connectNodeAdapter, fastifyConnectPlugin and expressConnectMiddleware. */
export interface RouterOptions {
  readonly routes: (router: Opaque) => unknown;
}

/** A `DescService` of @bufbuild/protobuf. */
export interface ConnectService {
  readonly typeName: string;
  readonly methods: readonly ConnectMethod[];
}

/** An `Interceptor` of Connect. */
export type ConnectInterceptor = <Request, Response>(
  next: (request: Request) => Promise<Response>,
) => (request: Request) => Promise<Response>;

/**
 * Records the calls of a server of Connect 2, over gRPC, gRPC-Web and Connect:
 *
 * ```ts
 * const handler = connectNodeAdapter(instrumentRoutes(metrics, { routes }));
 * ```
 *
 * Takes and returns the options of connectNodeAdapter, fastifyConnectPlugin or expressConnectMiddleware. Interceptors and all other
 * options work as before.
 */
export function instrumentRoutes<Options extends RouterOptions>(metrics: GrpcMetrics, options: Options): Options {
  const { server: store } = partsOf(metrics);
  checkObject('instrumentRoutes() takes the options of a Connect adapter, an object', options);
  if (typeof options.routes !== 'function') {
    throw invalidOption(`instrumentRoutes(): routes must be a function of a router, not ${quoted(options.routes)}`);
  }
  return observeOptions(options, store) as Opaque as Options; // every other option is as it was
}

/** Records the connections of an HTTP/2 server that Connect's handler is given to, and what it turns away. Before it listens. */
export function instrumentHttp2Server<Server extends Http2Server>(metrics: GrpcMetrics, server: Server): Server {
  watch(server).reportTo(partsOf(metrics).server);
  return server;
}

/** The services whose calls a client makes. */
export interface ClientInterceptorOptions {
  /** Services, as protoc-gen-es generates them, whose methods get their series before their first call. By default none. */
  readonly services?: readonly ConnectService[] | undefined;
}

/**
 * Records the calls of a client of Connect 2, over every transport:
 *
 * ```ts
 * const transport = createGrpcTransport({ baseUrl, interceptors: [clientInterceptor(metrics)] });
 * ```
 *
 * Put it first in the list: interceptors before it are outside, and their calls of `next` are calls of their own. It does not see the
 * sizes of messages, channels or connections.
 */
export function clientInterceptor(
  metrics: GrpcMetrics,
  { services = [] }: ClientInterceptorOptions = {},
): ConnectInterceptor {
  const { client: store } = partsOf(metrics);
  for (const method of services.flatMap(({ methods }) => methods)) {
    declareMethod(store, pathOf(method), typeOf(method));
  }
  return observeCalls(store) as unknown as ConnectInterceptor; // it passes on the requests and the responses of its `next`
}
