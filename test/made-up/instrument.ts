import { beginHttpCall } from '../../src/adapters/http-call.ts';
import { sentStatus, watch } from '../../src/adapters/http2-server.ts';
import {
  answeredCall,
  declareMethod,
  endCall,
  findMethod,
  forgetCall,
  lostStatus,
  measureMethod,
  receivedMessage,
  sentMessage,
  unknownCall,
} from '../../src/rpc/call.ts';
import type { Call } from '../../src/rpc/call-state.ts';
import { handlerBegins, handlerThrew } from '../../src/rpc/handler.ts';
import { methodType } from '../../src/rpc/methods/method-type.ts';
import type { ServerStore } from '../../src/rpc/server-store.ts';
import { NotGrpc, StatusError } from './framework/errors.ts';
import type { Messages } from './framework/frames.ts';
import type { Context, Middleware, Route } from './framework/routes.ts';
import type { Server } from './framework/server.ts';

/*
 * The adapter of the made-up framework, as one of this package would be.
 *
 * What is odd about the framework: the outermost middleware sees every request, also to paths that are no route. Whether a
 * request is gRPC at all is decided behind the middlewares, when its call has begun here. Messages are pulled: a message was
 * written when the next one is asked for. The framework ends calls below its middlewares, so the stream shows the status.
 */

/** Records the calls and the connections of a server whose routes are complete. Before `listen`. */
export function instrument(server: Server, store: ServerStore): void {
  watch(server.http2).reportTo(store);
  for (const route of server.routes.values()) observeRoute(route, store);
  server.middlewares.unshift(recorder(store));
}

function observeRoute(route: Route, store: ServerStore): void {
  const { path, handler } = route;
  declareMethod(store, path, methodType(route));
  measureMethod(store, path);
  if (handler === undefined) return;
  route.handler = (request, context) => {
    handlerBegins(store, context);
    return handler(request, context);
  };
}

function recorder(store: ServerStore): Middleware {
  return (request, context, next) => {
    const { route, stream } = context;
    if (route === undefined) {
      stream.once('close', () => {
        const code = sentStatus(stream);
        if (code !== undefined) unknownCall(store, code);
      });
      return withoutCall(store, () => next(request));
    }
    const method = findMethod(store, route.path);
    if (method === null) return next(request);
    const { headers, deadline } = context;
    const call = beginHttpCall(store, method, { headers, socket: stream.session?.socket }, deadline, context);
    stream.once('close', () => endCall(call, sentStatus(stream) ?? lostStatus(call)));
    return replies(call, store, context, () => next(requests(request, call)));
  };
}

async function* requests(messages: Messages, call: Call): AsyncGenerator<Buffer> {
  for await (const message of messages) {
    receivedMessage(call, message.length);
    yield message;
  }
}

async function* replies(
  call: Call,
  store: ServerStore,
  context: Context,
  next: () => Messages,
): AsyncGenerator<Buffer> {
  try {
    for await (const message of next()) {
      answeredCall(call);
      yield message;
      sentMessage(call, message.length);
    }
    answeredCall(call);
  } catch (error) {
    if (error instanceof NotGrpc) {
      forgetCall(call);
      store.reject('content_type');
    } else if (error !== context.signal.reason) {
      answeredCall(call);
      if (!(error instanceof StatusError)) handlerThrew(context, error);
    }
    throw error;
  }
}

/** The answer to a request that calls no method. */
async function* withoutCall(store: ServerStore, next: () => Messages): AsyncGenerator<Buffer> {
  try {
    yield* next();
  } catch (error) {
    if (error instanceof NotGrpc) store.reject('content_type');
    throw error;
  }
}
