import { subscribe } from 'node:diagnostics_channel';
import type { Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Rejection, ServerStore } from '../rpc/server-store.ts';

/** A call that an interceptor of ours observes on a stream. */
export interface StreamObserver {
  readonly store: ServerStore;
  /** The observer that was there before, where several watch one stream. */
  readonly previous: StreamObserver | undefined;
  /** grpc-js has dispatched the stream: what it did until now it did synchronously. */
  dispatched(): void;
}

/**
 * One HTTP/2 server below grpc-js: its connections, and the streams that never reach an interceptor.
 *
 * grpc-js answers unknown methods and wrong content types itself and calls interceptors only for what it knows. All of it
 * happens synchronously while the server emits `stream`, so two listeners, one before grpc-js's and one after,
 * see which streams reached an interceptor and how the others were answered.
 */
export class WatchedServer {
  readonly #stores = new Set<ServerStore>();
  #open = 0;
  #stream: ServerHttp2Stream | undefined;
  #reached = false;
  #observer: StreamObserver | undefined;

  constructor(server: Http2Server) {
    server.on('session', (session) => this.#opened(session));
    server.prependListener('stream', (stream) => this.#arrive(stream));
    server.on('stream', (stream) => this.#dispatched(stream));
    server.on('sessionError', (error) => {
      if (isBadPreface(error)) this.#rejected('protocol');
    });
    // TLS only. Not `unknownProtocol`: a listener there would take over the answer.
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol !== 'h2') this.#rejected('protocol');
    });
    server.on('tlsClientError', () => this.#rejected('tls_handshake'));
  }

  /** From now on this server's connections and rejections are the store's, with the connections that are open already. */
  reportTo(store: ServerStore): void {
    if (this.#stores.has(store)) return;
    this.#stores.add(store);
    store.faults.guard('connection', () => {
      store.connections += this.#open;
    });
  }

  /** An interceptor was called for the stream that is being dispatched, whether or not it observes the call. */
  reach(store: ServerStore): void {
    this.#reached = true;
    this.reportTo(store);
  }

  get stream(): ServerHttp2Stream | undefined {
    return this.#stream;
  }

  get observer(): StreamObserver | undefined {
    return this.#observer;
  }

  observe(observer: StreamObserver): void {
    this.#observer = observer;
  }

  #opened(session: Http2Session): void {
    this.#connections(1);
    session.once('close', () => this.#connections(-1));
  }

  #connections(change: number): void {
    this.#open += change;
    this.#each('connection', (store) => {
      store.connections += change;
    });
  }

  #rejected(reason: Rejection): void {
    this.#each('connection', (store) => {
      store.rejected[reason] += 1;
    });
  }

  #arrive(stream: ServerHttp2Stream): void {
    // Slow path: the last dispatch threw, so that the listener behind grpc-js's was not called.
    if (this.#stream !== undefined) this.#release();
    this.#stream = stream;
    this.#reached = false;
    setDispatching(this);
  }

  #dispatched(stream: ServerHttp2Stream): void {
    if (!this.#reached) this.#escaped(stream);
    this.#release();
  }

  #release(): void {
    setDispatching(undefined);
    this.#stream = undefined;
    let observer = this.#observer;
    this.#observer = undefined;
    for (; observer !== undefined; observer = observer.previous) observer.dispatched();
  }

  /** grpc-js answered by itself; it has done so by now. */
  #escaped(stream: ServerHttp2Stream): void {
    const headers = stream.sentHeaders;
    if (headers === undefined) return;
    const code = headers['grpc-status'];
    if (code !== undefined) this.#each('call', (store) => store.unknown(Number(code)));
    else if (headers[':status'] === 415) this.#rejected('content_type');
  }

  #each(stage: 'call' | 'connection', report: (store: ServerStore) => void): void {
    for (const store of this.#stores) store.faults.guard(stage, () => report(store));
  }
}

let dispatching: WatchedServer | undefined;

function setDispatching(server: WatchedServer | undefined): void {
  dispatching = server;
}

/** The server that is emitting a stream right now: an interceptor's factory is called inside. */
export function dispatchingServer(): WatchedServer | undefined {
  return dispatching;
}

const watched = new WeakMap<Server, WatchedServer>();

export function watch(server: Http2Server): WatchedServer {
  let known = watched.get(server);
  if (known === undefined) {
    known = new WatchedServer(server);
    watched.set(server, known);
  }
  return known;
}

let watching = false;

/**
 * Watches every HTTP/2 server of the process that starts to listen from now on, before its first connection.
 *
 * For the interceptor alone, which learns its servers only by their calls: a watched server reports to nobody
 * until a call on it reaches an interceptor of ours.
 */
export function watchListeningServers(): void {
  if (watching) return;
  watching = true;
  subscribe('tracing:net.server.listen:asyncStart', (message) => {
    const { server } = message as { server: Server }; // As documented in node:diagnostics_channel.
    // Only servers that speak HTTP/2 have listeners for streams.
    if (server.listenerCount('stream') > 0) watch(server as Http2Server);
  });
}

/** nghttp2's NGHTTP2_ERR_BAD_CLIENT_MAGIC: what was said on a plaintext connection is not HTTP/2, mostly HTTP/1.1. */
function isBadPreface(error: Error): boolean {
  return 'errno' in error && error.errno === -903;
}
