import { methodsOf, type ServiceDefinition } from './adapters/nice-grpc/definition.ts';
import { niceGrpcInterceptor, observeServer } from './adapters/nice-grpc/server.ts';
import type { NiceGrpcClientFactory, NiceGrpcServer } from './adapters/nice-grpc/types.ts';
import { checkObject } from './core/check-object.ts';
import { type GrpcMetrics, partsOf } from './metrics.ts';

export type { NiceGrpcClientFactory, NiceGrpcServer } from './adapters/nice-grpc/types.ts';

/**
 * Makes a server of nice-grpc 2 whose calls are recorded as those of a server of grpc-js that is instrumented:
 *
 * ```ts
 * const server = instrumentServer(metrics, createServer);
 * server.add(OrdersDefinition, orders);
 * ```
 *
 * `create` is `createServer` of nice-grpc, and `options` are its options. Interceptors in them work as before. Connections,
 * unknown methods and rejections are seen from the first call of a method on.
 */
export function instrumentServer<Server extends NiceGrpcServer, Options extends object>(
  metrics: GrpcMetrics,
  create: (options?: Options) => Server,
  options?: Options,
): Server {
  const { server: store } = partsOf(metrics);
  if (options !== undefined) checkObject('instrumentServer() takes the options of createServer(), an object', options);
  const { interceptors = [] }: { interceptors?: readonly unknown[] } = options ?? {};
  const observed = { ...options, interceptors: [niceGrpcInterceptor(store), ...interceptors] };
  return observeServer(create(observed as unknown as Options), store); // channel options have any keys
}

/**
 * Makes the clients of a factory of nice-grpc 2 observed: each call on their channels is recorded.
 *
 * ```ts
 * const clients = instrumentClients(metrics, createClientFactory());
 * const orders = clients.create(OrdersDefinition, createChannel('orders:50051'));
 * ```
 *
 * Methods have their series, all zero, when a client is made. For `createClient()` observe the channel: `metrics.channel(channel)`.
 */
export function instrumentClients<Factory extends NiceGrpcClientFactory>(
  metrics: GrpcMetrics,
  factory: Factory,
): Factory {
  return {
    ...factory,
    use: (middleware: unknown) => instrumentClients(metrics, factory.use(middleware) as Factory),
    create: (definition: ServiceDefinition, channel: object, defaultCallOptions?: unknown) => {
      metrics.preregister(methodsOf(definition));
      return factory.create(definition, metrics.channel(channel), defaultCallOptions);
    },
  };
}
