import type { Http2Server } from 'node:http2';
import { MetricsError } from '../../../core/errors.ts';
import { declareMethod } from '../../../rpc/call.ts';
import { messageSizes } from '../../../rpc/message-sizes.ts';
import type { MethodType } from '../../../rpc/methods/method-type.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { type Deserialize, measureReading, measureWriting, type Serialize } from '../../sizes.ts';
import type { GrpcServer, ServerInterceptor } from '../types.ts';
import { dispatchOf } from './dispatch.ts';
import { isAsyncFunction, layersOf, observeHandler } from './handlers.ts';

/**
 * What we need of a grpc-js server beyond its public API. Names and shapes are those of 1.10 to 1.14;
 * `docs/decisions/0002-grpc-js-internals.md` says why each is needed.
 */
interface ServerInternals {
  interceptors: ServerInterceptor[];
  readonly handlers: Map<string, RegisteredMethod>;
  readonly boundPorts: ReadonlyMap<string, unknown>;
  _setupHandlers(server: Http2Server, ...more: unknown[]): void;
}

/** What `register` keeps of a method. */
interface RegisteredMethod {
  func: Parameters<typeof observeHandler>[1];
  serialize: Serialize;
  deserialize: Deserialize;
  readonly type: string;
}

/** What `addService` calls the types of methods. */
const types: Readonly<Record<string, MethodType>> = {
  unary: 'unary',
  clientStream: 'client_stream',
  serverStream: 'server_stream',
  bidi: 'bidi_stream',
};

/** On a server that is instrumented. Every copy of this package in a process uses the same symbol, whatever its version. */
const isInstrumented: unique symbol = Symbol.for('grpc-vitals.instrumented');

/** Attaches everything that a grpc-js server can show to the store. Before `bindAsync`, once per server. */
export function instrumentServer(server: GrpcServer, store: ServerStore, interceptor: ServerInterceptor): void {
  const internals = internalsOf(server);
  if (Object.hasOwn(server, isInstrumented)) {
    const remedy =
      'use the GrpcMetrics it has. Where it has none of yours, another copy of grpc-vitals observes it: `npm ls grpc-vitals` shows both';
    throw new MetricsError('already_instrumented', `this server is instrumented already: ${remedy}`);
  }
  if (internals.boundPorts.size > 0) {
    throw new MetricsError('already_bound', 'this server is bound already: call instrument() before bindAsync()');
  }
  Object.defineProperty(server, isInstrumented, { value: true });
  internals.interceptors = [interceptor, ...internals.interceptors];
  seeHttp2Servers(internals, store);
  seeMethods(server, internals, store);
}

/** Each bound address and each connection injector has an HTTP/2 server of its own, which is set up here. */
function seeHttp2Servers(internals: ServerInternals, store: ServerStore): void {
  const setup = internals._setupHandlers;
  internals._setupHandlers = function observed(http2Server, ...more): void {
    setup.call(this, http2Server, ...more);
    // grpc-js's listener for streams is in place: ours go before and after it.
    dispatchOf(http2Server).reportTo(store);
  };
}

/**
 * Observes the methods that `addService` registers from now on, and those that it has registered before.
 *
 * The latter are changed where they are. Agents wrap `register` (OpenTelemetry's, dd-trace, New Relic's): a second registration would
 * wrap their handlers twice. Only an async handler that its wrapper lets out again is registered once more.
 */
function seeMethods(server: GrpcServer, { handlers }: ServerInternals, store: ServerStore): void {
  const register = server.register;
  server.register = function observed(path, handler, serialize, deserialize, type): boolean {
    const [write, read] = measured(path, serialize, deserialize, store);
    const isNew = register.call(this, path, observeHandler(path, handler, store), write, read, type);
    if (isNew) declareMethod(store, path, types[type]);
    return isNew;
  };
  const added = [...handlers]; // a method that is registered once more moves to the end of the map
  for (const [path, method] of added) {
    if (registerOnceMore(server, handlers, path, method)) continue;
    const [write, read] = measured(path, method.serialize, method.deserialize, store);
    method.func = observeHandler(path, method.func, store);
    method.serialize = write;
    method.deserialize = read;
    declareMethod(store, path, types[method.type]);
  }
}

/**
 * Registers an async handler again, observed, if OpenTelemetry's wrapper hides it. Returns `false` where the handlers stay as they were.
 *
 * That wrapper returns nothing, so a rejection is not seen from outside.
 */
function registerOnceMore(
  server: GrpcServer,
  handlers: ServerInternals['handlers'],
  path: string,
  method: RegisteredMethod,
): boolean {
  const layers = layersOf(method.func);
  const handler = layers.at(-1)!;
  if (layers.length === 1 || !isAsyncFunction(handler) || !server.unregister(path)) return false;
  server.register(path, handler, method.serialize, method.deserialize, method.type);
  const isWrapped = layersOf(handlers.get(path)!.func).length === layers.length;
  // Slow path: the agent was switched off in between. Its wrapper stays.
  if (!isWrapped) handlers.set(path, method);
  return isWrapped;
}

/** The functions of a method that make bytes of messages and messages of bytes, with the sizes observed. */
function measured(path: string, serialize: Serialize, deserialize: Deserialize, store: ServerStore) {
  const isCodec = typeof serialize === 'function' && typeof deserialize === 'function';
  const sizes = isCodec ? messageSizes(store, path) : undefined;
  if (sizes === undefined) return [serialize, deserialize] as const;
  return [measureWriting(serialize, sizes), measureReading(deserialize, sizes)] as const;
}

function internalsOf(server: GrpcServer): ServerInternals {
  const internals = server as unknown as Partial<ServerInternals> | null; // checked below, member by member
  const missing =
    (!Array.isArray(internals?.interceptors) && 'interceptors') ||
    (!(internals?.handlers instanceof Map) && 'handlers') ||
    (!(internals?.boundPorts instanceof Map) && 'boundPorts') ||
    (typeof internals?._setupHandlers !== 'function' && '_setupHandlers') ||
    (typeof server.register !== 'function' && 'register');
  if (missing === false) return internals as ServerInternals;
  throw new MetricsError(
    'unsupported_server',
    `instrument() needs a Server of @grpc/grpc-js 1.10 or later; this object has no ${missing}. ` +
      'With another version or a wrapper, pass metrics.serverInterceptor() in the options of the Server',
  );
}
