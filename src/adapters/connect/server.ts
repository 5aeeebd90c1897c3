import type { ServerResponse } from 'node:http';
import { declareMethod, findMethod, measureMethod, unknownCall } from '../../rpc/call.ts';
import type { ServerStore } from '../../rpc/server-store.ts';
import { status } from '../../rpc/status.ts';
import { observeRouter } from './implementation.ts';
import { pathOf, typeOf } from './method.ts';
import { ServerCall } from './server-call.ts';
import {
  type ContextValues,
  type GivenRequest,
  type HandlerContext,
  type NodeRequest,
  OwnContextValues,
  type Router,
  type RouterOptions,
  type UniversalHandler,
} from './types.ts';

/*
 * connectNodeAdapter, fastifyConnectPlugin and expressConnectMiddleware call `routes(router)`, and then serve the functions in
 * `router.handlers`. So the handlers are replaced there, below every interceptor, and implementations on their way into the router.
 * `contextValues` gets the request of Node just before a handler is called. Seen on 2.0 to 2.3.
 */

const requestKey = { id: Symbol('grpc-vitals: the request'), defaultValue: undefined as NodeRequest | undefined };

/** Of those options the plugins of Fastify and Express have no `fallback`, and ignore it. */
interface AllOptions extends RouterOptions {
  readonly contextValues?: (request: GivenRequest) => ContextValues;
  readonly fallback?: (request: NodeRequest, response: ServerResponse) => void;
}

/** The same options, with every call to their routes recorded. */
export function observeOptions<Options extends RouterOptions>(options: Options, store: ServerStore): Options {
  const { routes, contextValues, fallback = notFound }: AllOptions = options;
  const callKey = { id: Symbol('grpc-vitals: the call'), defaultValue: undefined as ServerCall | undefined };
  const findCall = (context: HandlerContext) => context.values.get(callKey);
  const observed: AllOptions = {
    ...options,
    routes: (router: Router) => {
      routes(observeRouter(router, findCall));
      for (const [index, handler] of router.handlers.entries()) router.handlers[index] = observeHandler(handler);
    },
    contextValues: (request) =>
      (contextValues?.(request) ?? new OwnContextValues()).set(requestKey, request.raw ?? request),
    fallback: (request, response) => {
      if (isCall(request)) unknownCall(store, status.UNIMPLEMENTED); // as clients of gRPC read HTTP 404
      fallback(request, response);
    },
  };
  return observed as unknown as Options; // every other option is as it was

  function observeHandler(handler: UniversalHandler): UniversalHandler {
    const path = pathOf(handler.method);
    declareMethod(store, path, typeOf(handler.method));
    measureMethod(store, path);
    const serve = async (request: Parameters<UniversalHandler>[0]) => {
      const method = findMethod(store, path);
      if (method === null) return handler(request);
      const values = request.contextValues ?? new OwnContextValues();
      const call = new ServerCall(store, method, request, values, values.get(requestKey));
      values.set(callKey, call);
      return call.observeResponse(await handler({ ...request, body: call.observeRequest(), contextValues: values }));
    };
    return Object.assign(serve, handler); // plugins ask a handler for its path and its protocols
  }
}

/** Other requests to a path that is no method may be for a web page. */
function isCall({ headers, method }: NodeRequest): boolean {
  if (/^application\/(?:grpc|connect\+)/.test(headers['content-type'] ?? '')) return true;
  return method === 'POST' && headers['connect-protocol-version'] !== undefined;
}

function notFound(_request: unknown, response: ServerResponse): void {
  response.writeHead(404);
  response.end();
}
