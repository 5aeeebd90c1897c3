import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { ConnectRouter, ContextValues } from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol';
import {
  declareMethod,
  endCall,
  findMethod,
  forgetCall,
  lostStatus,
  measureMethod,
  unknownCall,
} from '../../rpc/call.ts';
import type { ServerStore } from '../../rpc/server-store.ts';
import { status } from '../../rpc/status.ts';
import { beginHttpCall, type HttpRequest } from '../http-call.ts';
import type { Opaque } from '../opaque.ts';
import { observeRequestBody, observeResponseBody } from './bodies.ts';
import { pathOf, typeOf } from './method.ts';
import { protocolOf } from './protocols.ts';
import { type Calls, observeRouter } from './router.ts';

/*
 * connectNodeAdapter, fastifyConnectPlugin and expressConnectMiddleware call `routes(router)`, and then serve the functions in
 * `router.handlers`. So the handlers are replaced there, below every interceptor, and implementations on their way into the router.
 * `contextValues` gets the request of Node just before a handler is called. Seen on 2.0 to 2.3.
 */

/** A request of Node. */
interface NodeRequest extends HttpRequest {
  readonly method?: string;
  /** Of HTTP/2 alone. */
  readonly stream?: ServerHttp2Stream;
}

/** Of these the plugins of Fastify and Express have no `fallback`, and ignore it. Fastify's request has the one of Node. */
interface Options {
  readonly routes: (router: ConnectRouter) => unknown;
  readonly contextValues?: (request: NodeRequest & { readonly raw?: NodeRequest }) => ContextValues;
  readonly fallback?: (request: NodeRequest, response: ServerResponse) => void;
}

/** The requests of Node, by their context values. */
const requests = new WeakMap<ContextValues, NodeRequest>();

/** The same options, with every call to their routes recorded. */
export function observeOptions({ routes, contextValues, fallback, ...others }: Options, store: ServerStore): Options {
  const calls: Calls = new WeakMap();
  return {
    ...others,
    routes(router) {
      routes(observeRouter(router, calls));
      const { handlers } = router;
      for (const [index, handler] of handlers.entries()) handlers[index] = observeHandler(store, handler, calls);
    },
    contextValues(request) {
      const values = contextValues?.(request) ?? createContextValues();
      requests.set(values, request.raw ?? request);
      return values;
    },
    fallback(request, response) {
      if (isCall(request)) unknownCall(store, status.UNIMPLEMENTED); // as clients of gRPC read HTTP 404
      if (fallback === undefined) response.writeHead(404).end();
      else fallback(request, response);
    },
  };
}

/**
 * The handler of one path, over all protocols, with its calls recorded.
 *
 * Connect answers in the body and the trailers that it hands to Node. The answer has reached the client as far as a server can
 * know when an HTTP/2 stream has finished. On HTTP/1.1 that is when Node has taken the last byte. Seen on 2.0 to 2.3.
 */
function observeHandler(store: ServerStore, handler: UniversalHandler, calls: Calls): UniversalHandler {
  const path = pathOf(handler.method);
  declareMethod(store, path, typeOf(handler.method));
  measureMethod(store, path);
  const observed = async (request: UniversalServerRequest) => {
    const method = findMethod(store, path);
    if (method === null) return handler(request);
    const { header, signal, contextValues: key = createContextValues() } = request;
    const { headers = Object.fromEntries(header), socket, stream } = requests.get(key) ?? {};
    const protocol = protocolOf(header);
    const timeout = protocol.readTimeout(header);
    const call = beginHttpCall(store, method, { headers, socket }, Date.now() + (timeout ?? Infinity), key);
    const sizes: (number | undefined)[] = [];
    calls.set(key, { call, sizes });
    /** The status of the answer that Connect has handed over. */
    let answer: number | undefined;
    const end = () => answer !== undefined && endCall(call, answer);
    const lost = () => endCall(call, lostStatus(call, timeout));
    if (signal.aborted) lost();
    else if (stream === undefined) signal.addEventListener('abort', lost, { once: true });
    else stream.once('finish', end).once('close', lost);
    const body = observeRequestBody(request, protocol, (size) => sizes.push(size));
    const response = await handler({ ...request, body, contextValues: key });
    if (response.body === undefined) {
      forgetCall(call); // HTTP 405, 415 and 505: the request was no call
      if (response.status === 415) store.reject('content_type');
      if (response.status === 505) store.reject('protocol');
      return response;
    }
    const answered = (readStatus: () => number) => {
      answer = status.UNKNOWN;
      store.faults.guard('call', () => {
        answer = readStatus();
      });
      if (stream === undefined) end();
    };
    return { ...response, body: observeResponseBody(call, response.body, response, protocol, answered) };
  };
  return Object.assign(observed, handler); // plugins ask a handler for its path and its protocols
}

/** Connect's own function, which is not imported. */
function createContextValues(): ContextValues {
  const values = new Map<symbol, Opaque>();
  return {
    get: ({ id, defaultValue }) => (values.has(id) ? values.get(id) : defaultValue),
    set({ id }, value) {
      values.set(id, value);
      return this;
    },
    delete({ id }) {
      values.delete(id);
      return this;
    },
  };
}

/** Other requests to a path that is no method may be for a web page. */
function isCall({ headers, method }: NodeRequest): boolean {
  if (/^application\/(?:grpc|connect\+)/.test(headers['content-type'] ?? '')) return true;
  return method === 'POST' && headers['connect-protocol-version'] !== undefined;
}
