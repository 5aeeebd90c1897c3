import type { ServerHttp2Stream } from 'node:http2';
import type { HttpRequest } from '../http-call-start.ts';
import type { Opaque } from '../opaque.ts';

/*
 * The parts of @connectrpc/connect 2 that this adapter uses, by shape: nothing of it is imported.
 */

/** A `DescMethod` of @bufbuild/protobuf. */
export interface Method {
  readonly name: string;
  /** Name of the method in an implementation. */
  readonly localName: string;
  readonly methodKind: 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming';
  readonly parent: { readonly typeName: string };
}

/** A `DescService` of @bufbuild/protobuf. */
export interface Service {
  readonly typeName: string;
  readonly methods: readonly Method[];
}

interface ContextKey<Value> {
  readonly id: symbol;
  readonly defaultValue: Value;
}

/** Values that interceptors, handlers and the adapter of one request share. */
export interface ContextValues {
  get<Value>(key: ContextKey<Value>): Value;
  set<Value>(key: ContextKey<Value>, value: Value): this;
  delete(key: ContextKey<unknown>): this;
}

/** `createContextValues()`, for requests that have none. */
export class OwnContextValues implements ContextValues {
  readonly #values = new Map<symbol, unknown>();

  get<Value>({ id, defaultValue }: ContextKey<Value>): Value {
    return this.#values.has(id) ? (this.#values.get(id) as Value) : defaultValue; // as it was set
  }

  set<Value>({ id }: ContextKey<Value>, value: Value): this {
    this.#values.set(id, value);
    return this;
  }

  delete({ id }: ContextKey<unknown>): this {
    this.#values.delete(id);
    return this;
  }
}

/** `UniversalServerRequest` */
export interface UniversalRequest {
  readonly header: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly contextValues?: ContextValues;
}

export type Body = AsyncIterable<Uint8Array>;

/** `UniversalServerResponse` */
export interface UniversalResponse {
  readonly status: number;
  readonly header?: Headers;
  readonly body?: Body;
  readonly trailer?: Headers;
}

/** `UniversalHandler`: what a plugin calls for a path. */
export interface UniversalHandler {
  (request: UniversalRequest): Promise<UniversalResponse>;
  readonly method: Method;
}

/** The part of a handler's context that is used. */
export interface HandlerContext {
  readonly values: ContextValues;
  readonly signal: AbortSignal;
}

export type Implementation = (request: Opaque, context: HandlerContext) => unknown;

/** `ConnectRouter` */
export interface Router {
  readonly handlers: UniversalHandler[];
  service(service: Service, implementation: Record<string, unknown>, options?: object): Router;
  rpc(method: Method, implementation: Implementation, options?: object): Router;
}

/** What an interceptor of a client gets: `UnaryRequest` or `StreamRequest`. */
export interface ClientRequest {
  readonly stream: boolean;
  readonly url: string;
  readonly method: Method;
  readonly header: Headers;
  readonly signal: AbortSignal;
  readonly message: unknown;
}

/** `UnaryResponse` or `StreamResponse` */
export interface ClientResponse {
  readonly stream: boolean;
  readonly message: unknown;
}

/** A request of Node, or the one that Fastify has made of it. */
export type GivenRequest = NodeRequest & { readonly raw?: NodeRequest };
export type NodeRequest = HttpRequest & { readonly stream?: ServerHttp2Stream; readonly method?: string };

/** The options of connectNodeAdapter, fastifyConnectPlugin and expressConnectMiddleware. */
export interface RouterOptions {
  readonly routes: (router: Opaque) => unknown;
}
