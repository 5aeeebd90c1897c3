import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { codes, NotGrpc, StatusError } from './errors.ts';
import type { Messages } from './frames.ts';

/** What handlers and middlewares know of a request. One object for both. */
export interface Context {
  readonly headers: IncomingHttpHeaders;
  /** Undefined where the server has no such route. */
  readonly route: Route | undefined;
  /** Milliseconds since 1970; Infinity for none, and NaN for one that cannot be read. */
  readonly deadline: number;
  /** Aborts when the client has left or the deadline has passed, and its reason says which. */
  readonly signal: AbortSignal;
  readonly stream: ServerHttp2Stream;
}

type Reply = Messages | Buffer;
/** Answers one message, or several. */
export type Handler = (request: Messages, context: Context) => Reply | Promise<Reply>;

export type Next = (request: Messages) => Messages;
/** Runs around a handler and around what the framework refuses by itself. */
export type Middleware = (request: Messages, context: Context, next: Next) => Messages;

/** One method. Its messages are bytes; the checks throw for bytes that are no message of it. */
export interface Route {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Undefined where it is not implemented. */
  handler: Handler | undefined;
  readonly checkRequest?: (message: Buffer) => unknown;
  readonly checkResponse?: (message: Buffer) => unknown;
}

/** The middlewares, the first outermost, and the handler behind them. */
export function chain(middlewares: readonly Middleware[], context: Context): Next {
  return middlewares.reduceRight<Next>(
    (next, middleware) => (request) => middleware(request, context, next),
    (request) => answer(request, context),
  );
}

async function* answer(request: Messages, context: Context): AsyncGenerator<Buffer> {
  const { route, headers, deadline } = context;
  if (!/^application\/grpc(\+|$)/.test(headers['content-type'] ?? '')) throw new NotGrpc();
  if (route?.handler === undefined) throw new StatusError(codes.unimplemented, 'no such method');
  if (Number.isNaN(deadline)) throw new StatusError(codes.internal, 'a timeout that cannot be read');
  context.signal.throwIfAborted();
  const messages = route.requestStream ? request : await one(request);
  const reply = await route.handler(messages, context);
  if (Buffer.isBuffer(reply)) yield reply;
  else yield* reply;
}

/** A request that does not stream has one message. */
async function one(request: Messages): Promise<Messages> {
  const messages: Buffer[] = [];
  for await (const message of request) messages.push(message);
  if (messages.length !== 1) throw new StatusError(codes.unimplemented, 'not one message');
  return (async function* () {
    yield* messages;
  })();
}
