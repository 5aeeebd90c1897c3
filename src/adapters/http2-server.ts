import type { Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Rejection, ServerStore } from '../rpc/server-store.ts';
import { Addresses } from './addresses.ts';

/** The connections of one HTTP/2 server, and what it turns away before it is a request. */
export class WatchedServer {
  readonly #server: Http2Server;
  readonly #stores = new Set<ServerStore>();
  #open = 0;
  #certificateExpiry: number | undefined;

  constructor(server: Http2Server) {
    this.#server = server;
    server.on('session', (session) => this.#opened(session));
    server.on('sessionError', (error) => {
      if (isBadPreface(error)) this.reject('protocol');
    });
    // TLS only. Not `unknownProtocol`: a listener there would take over the answer.
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol !== 'h2' && !allowsHttp1(server)) this.reject('protocol');
      this.#presented(expiryOf(socket));
    });
    server.on('tlsClientError', () => this.reject('tls_handshake'));
    server.once('close', () => this.#presented(undefined));
  }

  /** The stores that record this server. */
  get stores(): Iterable<ServerStore> {
    return this.#stores;
  }

  /** From now on the store records this server's connections and rejections, and the connections that are open already. */
  reportTo(store: ServerStore): void {
    if (this.#stores.has(store)) return;
    this.#stores.add(store);
    store.changeConnections(this.#open);
    store.presentCertificate(this, this.#certificateExpiry);
  }

  /**
   * As `reportTo`, for a server with a call under way whose gRPC server is not known: the store learns its state too. A
   * server that has calls and does not listen gets its connections from elsewhere.
   */
  reachedBy(store: ServerStore): void {
    if (this.#stores.has(store)) return;
    this.reportTo(store);
    const addresses = new Addresses();
    if (this.#server.listening) addresses.add(this.#server);
    else addresses.addInjected(this.#server);
    store.servers.add(addresses);
  }

  reject(reason: Rejection): void {
    for (const store of this.#stores) store.reject(reason);
  }

  /** A connection got this certificate. A server can change it at any time, so each handshake is asked. */
  #presented(expirySeconds: number | undefined): void {
    if (expirySeconds === this.#certificateExpiry) return;
    this.#certificateExpiry = expirySeconds;
    for (const store of this.#stores) store.presentCertificate(this, expirySeconds);
  }

  #opened(session: Http2Session): void {
    this.#change(1);
    session.once('close', () => this.#change(-1));
  }

  #change(change: number): void {
    this.#open += change;
    for (const store of this.#stores) store.changeConnections(change);
  }
}

/** On a server that is watched. Every copy of this package in a process uses the same symbol, whatever its version. */
const isWatched: unique symbol = Symbol.for('grpc-vitals.watched');

const watched = new WeakMap<Server, WatchedServer>();

/** The watch of this server, which is the same for all who ask. Best before its first connection. */
export function watch(server: Http2Server): WatchedServer {
  let known = watched.get(server);
  if (known === undefined) {
    known = new WatchedServer(server);
    watched.set(server, known);
    Object.defineProperty(server, isWatched, { value: true });
  }
  return known;
}

/** Node gives the timeouts of an HTTP/1.1 server to one with `allowHTTP1`, and to no other. Seen on Node 20 to 26. */
function allowsHttp1(server: Http2Server): boolean {
  return 'headersTimeout' in server;
}

/** nghttp2's NGHTTP2_ERR_BAD_CLIENT_MAGIC: a plaintext connection does not begin as HTTP/2 does, mostly HTTP/1.1. */
function isBadPreface(error: Error): boolean {
  return 'errno' in error && error.errno === -903;
}

/** When the certificate that the server presented expires, in seconds since 1970. */
function expiryOf(socket: TLSSocket): number | undefined {
  const certificate = socket.getX509Certificate();
  return certificate === undefined ? undefined : Date.parse(certificate.validTo) / 1000;
}

/**
 * The status that gRPC has on the wire: in trailers, or in headers that are the whole answer. `hasOwnHeaders` says that the handler
 * has sent headers: a status among these is metadata, which says nothing.
 */
export function sentStatus(
  { sentTrailers, sentHeaders }: ServerHttp2Stream,
  hasOwnHeaders: boolean = false,
): number | undefined {
  const code = sentTrailers?.['grpc-status'] ?? (hasOwnHeaders ? undefined : sentHeaders?.['grpc-status']);
  return code === undefined ? undefined : Number(code);
}
