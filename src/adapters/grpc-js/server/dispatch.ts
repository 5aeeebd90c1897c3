import { subscribe } from 'node:diagnostics_channel';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import { unknownCall } from '../../../rpc/call.ts';
import type { ServerStore } from '../../../rpc/server-store.ts';
import { type WatchedServer, watch } from '../../http2-server.ts';

/** A call that an interceptor of ours observes on a stream. */
export interface StreamObserver {
  readonly store: ServerStore;
  /** The observer that was there before, where several watch one stream. */
  readonly previous: StreamObserver | undefined;
  /** grpc-js has dispatched the stream: what it did until now it did synchronously. */
  dispatched(): void;
}

/**
 * The streams of one HTTP/2 server below grpc-js.
 *
 * grpc-js answers unknown methods and wrong content types itself and calls interceptors only for what it knows. All of it
 * happens synchronously while the server emits `stream`. So two listeners, one before grpc-js's and one after,
 * see which streams reached an interceptor and how the others were answered. Seen on 1.10 to 1.14.
 */
export class Dispatch {
  /** The stream that is being dispatched right now. */
  stream: ServerHttp2Stream | undefined = undefined;
  /** The headers that it came with. */
  headers: IncomingHttpHeaders | undefined = undefined;
  /** The last observer of this stream. */
  observer: StreamObserver | undefined = undefined;
  readonly #server: WatchedServer;
  #isReached = false;

  constructor(server: Http2Server) {
    this.#server = watch(server);
    server.prependListener('stream', (stream, headers) => this.#arrive(stream, headers));
    server.on('stream', (stream) => this.#dispatched(stream));
  }

  reportTo(store: ServerStore): void {
    this.#server.reportTo(store);
  }

  /** An interceptor was called for the stream, whether or not it observes the call. */
  reach(store: ServerStore): void {
    this.#isReached = true;
    this.#server.reachedBy(store);
  }

  #arrive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // Slow path: the last dispatch threw, so that the listener behind grpc-js's was not called.
    if (this.stream !== undefined) this.#release();
    this.stream = stream;
    this.headers = headers;
    this.#isReached = false;
    setDispatching(this);
  }

  #dispatched(stream: ServerHttp2Stream): void {
    if (!this.#isReached) this.#escaped(stream);
    this.#release();
  }

  #release(): void {
    setDispatching(undefined);
    this.stream = undefined;
    this.headers = undefined;
    let { observer } = this;
    this.observer = undefined;
    for (; observer !== undefined; observer = observer.previous) observer.dispatched();
  }

  /** grpc-js answered by itself; it has done so by now. */
  #escaped({ sentHeaders }: ServerHttp2Stream): void {
    if (sentHeaders === undefined) return;
    const code = sentHeaders['grpc-status'];
    if (code !== undefined) for (const store of this.#server.stores) unknownCall(store, Number(code));
    else if (sentHeaders[':status'] === 415) this.#server.reject('content_type');
  }
}

/**
 * The dispatch that is under way: a server sets it when it emits `stream`, and takes it back before that returns. Interceptors'
 * factories are called inside.
 */
let dispatching: Dispatch | undefined;

function setDispatching(dispatch: Dispatch | undefined): void {
  dispatching = dispatch;
}

/** The dispatch of the server that is emitting a stream right now. */
export function currentDispatch(): Dispatch | undefined {
  return dispatching;
}

const known = new WeakMap<Server, Dispatch>();

/** The dispatch of this server, which is the same for all who ask. */
export function dispatchOf(server: Http2Server): Dispatch {
  let dispatch = known.get(server);
  if (dispatch === undefined) {
    dispatch = new Dispatch(server);
    known.set(server, dispatch);
  }
  return dispatch;
}

let isWatching = false;

/**
 * Watches every HTTP/2 server of the process that starts to listen from now on, before its first connection.
 *
 * For the interceptor alone, which learns its servers only by their calls: a watched server reports to nobody
 * until a call on it reaches an interceptor of ours.
 */
export function watchListeningServers(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe('tracing:net.server.listen:asyncStart', (message) => {
    const { server } = message as { server: Server }; // As documented in node:diagnostics_channel.
    // Only servers that speak HTTP/2 have listeners for streams.
    if (server.listenerCount('stream') > 0) dispatchOf(server as Http2Server);
  });
}
