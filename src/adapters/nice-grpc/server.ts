import type { ServerMiddleware } from 'nice-grpc';
import { declareMethod } from '../../rpc/call.ts';
import { messageSizes } from '../../rpc/message-sizes.ts';
import { methodType, streamsRequests } from '../../rpc/methods/method-type.ts';
import type { ServerStore } from '../../rpc/server-store.ts';
import { serverInterceptor } from '../grpc-js/server/interceptor.ts';
import { ServerCall } from '../grpc-js/server/server-call.ts';
import type { GrpcServerInterceptor, Metadata } from '../grpc-js/types.ts';
import { observeHandler } from '../observed-handler.ts';
import { measureDefinition, methodsOf, type ServiceDefinition } from './definition.ts';
import type { NiceGrpcServer } from './types.ts';

/*
 * nice-grpc makes the Server of grpc-js when it listens, and shows it to nobody. So the endings of calls come from an interceptor
 * of grpc-js, zeros and sizes from the definitions, and exceptions from the first middleware. Seen on 2.0.0 to 2.1.18.
 */

/** nice-grpc's errors that carry a status, by `name`. */
const statusErrors = ['ServerError', 'AbortError'];

/**
 * The metadata of the call whose handler is about to start: the key of the call.
 *
 * A middleware gets objects of nice-grpc alone. But nice-grpc starts each handler in a microtask, which it queues when grpc-js calls it.
 * `AnnouncedCall` queues one right before it, which writes this variable, and one right after it, which empties it. No other code
 * runs between them. An interceptor of the user's that waits gets in between, and then the call has no key here.
 */
let starting: Metadata | undefined;

/** Announces the handler that grpc-js calls in `start`. */
function announceDuring(key: Metadata | undefined, start: () => void): void {
  queueMicrotask(() => {
    starting = key;
  });
  start();
  queueMicrotask(forget);
}

function forget(): void {
  starting = undefined;
}

/** A call of a server of nice-grpc. */
class AnnouncedCall extends ServerCall {
  override onReceiveMetadata(metadata: Metadata): void {
    if (startsAtOnce(this)) announceDuring(metadata, () => super.onReceiveMetadata(metadata));
    else super.onReceiveMetadata(metadata);
  }

  override onReceiveHalfClose(): void {
    if (startsAtOnce(this)) super.onReceiveHalfClose();
    else announceDuring(this.self.key, () => super.onReceiveHalfClose());
  }
}

/** grpc-js calls a handler when the only request has arrived, and one that gets a stream of requests with the metadata. */
function startsAtOnce({ method: { type } }: ServerCall): boolean {
  return type !== undefined && streamsRequests(type);
}

/** Belongs first in the options of the server. */
export function niceGrpcInterceptor(store: ServerStore): GrpcServerInterceptor {
  return serverInterceptor(store, AnnouncedCall);
}

/** Observes the handlers and the definitions of a server whose options have the interceptors. */
export function observeServer<Server extends NiceGrpcServer>(server: Server, store: ServerStore): Server {
  return observeServices(server.use(handlerObserver(store)) as Server, store);
}

/** `use` and `with` return a new object each. What `with` returns has no `use`. */
function observeServices<Server extends Partial<NiceGrpcServer>>(server: Server, store: ServerStore): Server {
  const observed: Server = { ...server };
  for (const name of ['use', 'with'] as const) {
    const attach = server[name];
    if (attach !== undefined) observed[name] = (middleware: unknown) => observeServices(attach(middleware), store);
  }
  observed.add = (definition: ServiceDefinition, implementation: unknown) => {
    for (const method of Object.values(methodsOf(definition))) declareMethod(store, method.path, methodType(method));
    server.add!(
      measureDefinition(definition, (path) => messageSizes(store, path)),
      implementation,
    );
  };
  return observed;
}

/** Without a key an interceptor of the user's came in between. */
function handlerObserver(store: ServerStore): ServerMiddleware {
  return (call, context) =>
    observeHandler(
      { store, key: starting },
      context.metadata,
      statusErrors,
      () => call.next(call.request as never, context), // it has the request that it wants
    );
}
