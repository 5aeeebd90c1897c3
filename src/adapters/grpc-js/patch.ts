import type { Channel, GrpcFile, GrpcFileName, GrpcMethodDefinition, GrpcServer, Handler } from './types.ts';

/** Records every server and client of the process. Its methods never throw. */
export interface ProcessObserver {
  /** A server is about to get its first address. `handlers` are those of `addService`, by path, without the wrappers of agents. */
  serverBinds(server: GrpcServer, handlers: ReadonlyMap<string, Handler>): void;
  /** `bindAsync` has called back: the server accepts calls, or the address was wrong. */
  serverBound(): void;
  /** The process has a client. */
  channelMade(): void;
  /** Returns the channel that a client makes its next call on, observed. */
  observeChannel(channel: Channel, method: GrpcMethodDefinition): Channel;
}

/** The observer of the process. Undefined where it observes nothing. */
export type FindObserver = () => ProcessObserver | undefined;

/**
 * Makes one file of a copy of grpc-js report to the observer. Returns `false` for a file that lacks what grpc-js 1.10 to 1.14 have
 * there, and leaves it as it is: it is of another package, or of another version.
 *
 * `docs/decisions/0023-no-code-change.md` says why these members.
 */
export function patchFile(name: GrpcFileName, exports: GrpcFile, observer: FindObserver): boolean {
  if (name === 'server') return patchServers(exports, observer);
  return name === 'client-interceptors' ? patchCalls(exports, observer) : patchChannels(exports, observer);
}

/** The handlers that `addService` gave each server, as the program wrote them. */
const handlersOf = new WeakMap<GrpcServer, Map<string, Handler>>();
const noHandlers: ReadonlyMap<string, Handler> = new Map();

/**
 * A server is observed when it gets its first address, not earlier: by then the program has observed it itself if it ever does.
 *
 * `addService` and `bindAsync` are methods of the prototype, so that subclasses, and programs that took the class before, have them too.
 */
function patchServers({ Server }: GrpcFile, observer: FindObserver): boolean {
  const prototype = Server?.prototype;
  if (typeof prototype?.bindAsync !== 'function' || typeof prototype.register !== 'function') return false;
  before(prototype, 'addService', rememberHandlers);
  const binds = (server: GrpcServer) => observer()?.serverBinds(server, handlersOf.get(server) ?? noHandlers);
  before(prototype, 'bindAsync', (server, given) => {
    binds(server);
    const [, , callback] = given as Parameters<GrpcServer['bindAsync']>;
    if (typeof callback === 'function') given[2] = after(callback, () => observer()?.serverBound());
  });
  before(prototype, 'createConnectionInjector', (server) => {
    binds(server);
    observer()?.serverBound();
  });
  return true;
}

/** A function that calls `callback`, and then `last`. */
function after(callback: (...given: never) => unknown, last: () => void): (...given: unknown[]) => unknown {
  return function observed(this: unknown, ...given) {
    try {
      return Reflect.apply(callback, this, given) as unknown;
    } finally {
      last();
    }
  };
}

/**
 * Replaces a method by one that calls `first`, and then the method, or the one that `first` has put before it. `first` gets the object and
 * the arguments, which it may change.
 */
function before<Target extends object>(
  prototype: Target,
  name: string,
  first: (target: Target, given: unknown[]) => void,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  const method: unknown = descriptor?.value;
  if (typeof method !== 'function') return;
  Object.defineProperty(prototype, name, {
    ...descriptor,
    value: function observed(this: Target, ...args: unknown[]): unknown {
      const isShadowed = Object.hasOwn(this, name);
      first(this, args);
      const own: unknown = isShadowed ? undefined : Object.getOwnPropertyDescriptor(this, name)?.value;
      return Reflect.apply(typeof own === 'function' ? own : method, this, args);
    },
  });
}

/** Agents wrap `register` of the prototype. One on the server itself comes before theirs, and sees the program's handlers. */
function rememberHandlers(server: GrpcServer): void {
  if (handlersOf.has(server) || Object.hasOwn(server, 'register')) return;
  const handlers = new Map<string, Handler>();
  handlersOf.set(server, handlers);
  const { register } = server;
  server.register = function remembered(path, handler: Handler, serialize, deserialize, type): boolean {
    handlers.set(path, handler);
    return register.call(this, path, handler, serialize, deserialize, type);
  };
}

/** Each call of each client, generated or not, comes through one function, with its channel and the definition of its method. */
function patchCalls(exports: GrpcFile, observer: FindObserver): boolean {
  const { getInterceptingCall: make } = exports;
  if (typeof make !== 'function') return false;
  exports.getInterceptingCall = function observed(interceptors, method, options, channel, ...more): unknown {
    return make(interceptors, method, options, observer()?.observeChannel(channel, method) ?? channel, ...more);
  };
  return true;
}

/** The class below `Channel`, which programs do not see: each channel has one. */
function patchChannels(exports: GrpcFile, observer: FindObserver): boolean {
  const { InternalChannel } = exports;
  if (typeof InternalChannel !== 'function') return false;
  exports.InternalChannel = new Proxy(InternalChannel, {
    construct(target, args, newTarget) {
      observer()?.channelMade();
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  return true;
}
