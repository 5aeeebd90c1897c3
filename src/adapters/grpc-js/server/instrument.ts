import type { Http2Server } from 'node:http2';
import { MetricsError } from '../../../core/errors.ts';
import { declareMethod } from '../../../rpc/call.ts';
import { messageSizes } from '../../../rpc/message-sizes.ts';
import type { GrpcMethodType } from '../../../rpc/methods/method-type.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { Addresses } from '../../addresses.ts';
import { type Deserialize, measureReading, measureWriting, type Serialize } from '../../sizes.ts';
import type { GrpcServer, GrpcServerInterceptor, Handler } from '../types.ts';
import { dispatchOf } from './dispatch.ts';
import { isAsyncFunction, isObserver, layersOf, observeHandler } from './handlers.ts';
import { isInterceptor } from './interceptor.ts';

/**
 * What the library uses of a grpc-js server beyond its public API. Names and shapes are those of 1.10 to 1.14;
 * `docs/decisions/0002-grpc-js-internals.md` says why each is needed. Another version may lack any of them.
 */
interface ServerInternals {
  interceptors?: GrpcServerInterceptor[];
  readonly handlers?: Map<string, RegisteredMethod>;
  readonly boundPorts?: ReadonlyMap<string, unknown>;
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
  _setupHandlers?(server: Http2Server, ...more: unknown[]): void;
  createConnectionInjector?(...parameters: unknown[]): unknown;
  drain?(port: string, graceTimeMs: number): void;
}

/** What `register` keeps of a method. */
interface RegisteredMethod {
  func: Handler;
  serialize: Serialize;
  deserialize: Deserialize;
  readonly type: string;
}

type Handlers = NonNullable<ServerInternals['handlers']>;

/** What `addService` calls the types of methods. */
const types: Readonly<Record<string, GrpcMethodType>> = {
  unary: 'unary',
  clientStream: 'client_stream',
  serverStream: 'server_stream',
  bidi: 'bidi_stream',
};

/** On a server that is instrumented. Every copy of this package in a process uses the same symbol, whatever its version. */
const isInstrumented: unique symbol = Symbol.for('grpc-vitals.instrumented');

/**
 * Records all that a grpc-js server shows in the store, once for each server. Before `bindAsync`, or after it if the
 * server's options have the interceptor. `originals` are handlers that were added before, by path, as the program wrote them.
 *
 * A version of grpc-js that lacks a private member costs what depends on the member, one warning and a counted fault.
 */
export function instrumentServer(
  server: GrpcServer,
  store: ServerStore,
  interceptor: GrpcServerInterceptor,
  originals: ReadonlyMap<string, Handler> = new Map(),
): void {
  checkServer(server);
  const internals = server as GrpcServer & ServerInternals; // each member is checked where it is used
  const hasInterceptor = Array.isArray(internals.interceptors) && internals.interceptors.includes(interceptor);
  if (internals.boundPorts instanceof Map && internals.boundPorts.size > 0 && !hasInterceptor) {
    const remedy =
      'call instrument() before bindAsync(). Where a framework binds the server, as NestJS does, make it with ' +
      'the option interceptors: [metrics.serverInterceptor()], and instrument() may come later';
    throw new MetricsError('already_bound', `this server is bound already: ${remedy}`);
  }
  const addresses = new Addresses(server);
  const steps: (() => void)[] = [
    () => Object.defineProperty(server, isInstrumented, { value: true }),
    () => seeCalls(internals, interceptor, hasInterceptor),
    () => seeHttp2Servers(internals, store, addresses),
    () => seeDrains(internals, addresses),
  ];
  store.servers.add(addresses);
  // Without the interceptor no call is recorded, and a method with zeros would look like one that nobody calls.
  if (Array.isArray(internals.interceptors)) steps.push(() => seeMethods(internals, store, originals));
  const problems = steps.flatMap((step) => failureOf(step) ?? []);
  if (problems.length > 0) store.faults.count('call', inOne(problems), 'instrument()');
}

/** Whether a server is observed: instrumented, or with an interceptor of this package in its options, whatever copy it is of. */
export function isObserved(server: GrpcServer): boolean {
  const { interceptors } = server as ServerInternals;
  return Object.hasOwn(server, isInstrumented) || (Array.isArray(interceptors) && interceptors.some(isInterceptor));
}

/** What `step` throws; undefined if it does not. */
function failureOf(step: () => void): Error | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function inOne(problems: readonly Error[]): Error {
  return new Error(problems.map(({ message }) => message).join('; '), { cause: problems });
}

/** Throws for what is no grpc-js server, and for one that is instrumented. */
function checkServer(server: GrpcServer): void {
  const given = (server ?? {}) as Partial<GrpcServer>; // JavaScript may give anything
  const missing = (['bindAsync', 'register', 'unregister'] as const).filter(
    (name) => typeof given[name] !== 'function',
  );
  if (missing.length > 0) {
    throw new MetricsError(
      'unsupported_server',
      `instrument() needs a Server of @grpc/grpc-js 1.10 or later; this has no ${missing.join(', no ')}. ` +
        'For a wrapper, pass metrics.serverInterceptor() in the options of the Server that it makes',
    );
  }
  if (Object.hasOwn(server, isInstrumented)) {
    const remedy =
      'use the GrpcMetrics it has. Where it has none of yours, another copy of grpc-vitals observes it: `npm ls grpc-vitals` shows both';
    throw new MetricsError('already_instrumented', `this server is instrumented already: ${remedy}`);
  }
}

function seeCalls(internals: ServerInternals, interceptor: GrpcServerInterceptor, hasInterceptor: boolean): void {
  if (!Array.isArray(internals.interceptors)) {
    throw lacks(
      'interceptors',
      'no call is recorded, unless the options of the Server have metrics.serverInterceptor()',
    );
  }
  if (!hasInterceptor) internals.interceptors = [interceptor, ...internals.interceptors];
}

/** Each bound address and each connection injector has an HTTP/2 server of its own, which is set up here. */
function seeHttp2Servers(internals: ServerInternals, store: ServerStore, addresses: Addresses): void {
  const { _setupHandlers: setup, createConnectionInjector: createInjector, http2Servers } = internals;
  let isInjecting = false;
  const see = (http2Server: Http2Server) => {
    dispatchOf(http2Server).reportTo(store);
    if (isInjecting) addresses.addInjected(http2Server);
    else addresses.add(http2Server);
  };
  // Those of a server that is bound: grpc-js's listeners are in place.
  if (http2Servers instanceof Map) for (const http2Server of http2Servers.keys()) see(http2Server);
  if (typeof createInjector === 'function') {
    internals.createConnectionInjector = function observed(...parameters): unknown {
      isInjecting = true; // `_setupHandlers` runs inside
      try {
        return createInjector.apply(this, parameters);
      } finally {
        isInjecting = false;
      }
    };
  }
  if (typeof setup !== 'function') {
    throw lacks('_setupHandlers', 'connections, unknown methods and rejections are seen from the first call on');
  }
  internals._setupHandlers = function observed(http2Server, ...more): void {
    setup.call(this, http2Server, ...more);
    // grpc-js's listener for streams is in place: ours go before and after it.
    see(http2Server);
  };
}

/** `drain` closes connections and goes on listening, so that nothing else shows it. */
function seeDrains(internals: ServerInternals, addresses: Addresses): void {
  const { drain } = internals;
  if (typeof drain !== 'function') return;
  internals.drain = function observed(port, graceTimeMs): void {
    drain.call(this, port, graceTimeMs);
    addresses.drainFor(graceTimeMs / 1000);
  };
}

/**
 * Observes the methods that `addService` registers from now on, and those that it has registered before.
 *
 * The latter are changed where they are. Agents wrap `register` (OpenTelemetry's, dd-trace, New Relic's): a second registration would
 * wrap their handlers twice. Only a handler that is known below its wrapper is registered once more.
 */
function seeMethods(
  server: GrpcServer & ServerInternals,
  store: ServerStore,
  originals: ReadonlyMap<string, Handler>,
): void {
  const { register, handlers } = server;
  server.register = function observed(path, handler, serialize, deserialize, type): boolean {
    const [write, read] = measured(path, serialize, deserialize, store);
    const isNew = register.call(this, path, observeHandler(path, handler, store), write, read, type);
    if (isNew) declareMethod(store, path, types[type]);
    return isNew;
  };
  if (!(handlers instanceof Map)) throw lacks('handlers', 'services that were added before have no zeros and no sizes');
  const added = [...handlers]; // a method that is registered once more moves to the end of the map
  for (const [path, method] of added) {
    if (registerOnceMore(server, handlers, path, method, originals.get(path))) continue;
    const [write, read] = measured(path, method.serialize, method.deserialize, store);
    method.func = observeHandler(path, method.func, store);
    method.serialize = write;
    method.deserialize = read;
    declareMethod(store, path, types[method.type]);
  }
}

/**
 * Registers a handler again, observed, below the wrapper of an agent. Returns `false` where the handlers stay as they were.
 *
 * Without `original` that is an async handler which OpenTelemetry's wrapper hides: the wrapper returns nothing, so a rejection
 * is not seen from outside.
 */
function registerOnceMore(
  server: GrpcServer,
  handlers: Handlers,
  path: string,
  method: RegisteredMethod,
  original: Handler | undefined,
): boolean {
  const innermost = layersOf(method.func).at(-1)!;
  const handler = original ?? innermost;
  const isHidden = handler !== method.func && (original !== undefined || isAsyncFunction(innermost));
  if (!isHidden || !server.unregister(path)) return false;
  server.register(path, handler, method.serialize, method.deserialize, method.type);
  const isWrapped = !isObserver(handlers.get(path)!.func);
  // Slow path: the agent was switched off in between. Its wrapper stays.
  if (!isWrapped) handlers.set(path, method);
  return isWrapped;
}

/** What is lost with a private member that this version of grpc-js does not have. */
function lacks(member: string, lost: string): Error {
  return new Error(`this version of @grpc/grpc-js has no ${member}: ${lost}`);
}

/** The functions of a method that make bytes of messages and messages of bytes, with the sizes observed. */
function measured(path: string, serialize: Serialize, deserialize: Deserialize, store: ServerStore) {
  const isCodec = typeof serialize === 'function' && typeof deserialize === 'function';
  const sizes = isCodec ? messageSizes(store, path) : undefined;
  if (sizes === undefined) return [serialize, deserialize] as const;
  return [measureWriting(serialize, sizes), measureReading(deserialize, sizes)] as const;
}
