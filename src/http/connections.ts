import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { monotonicSeconds } from '../core/clock.ts';
import { Guard } from './guard.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface ConnectionsOptions {
  /** Most connections; idle ones are closed to stay below. While others are accepted it may be twice as many for a moment. */
  readonly most?: number;
  /** Whether the server speaks TLS. A connection then counts before its handshake, and is read after it. By default it does not. */
  readonly isSecure?: boolean;
  /** Longest that requests are read before the event loop has its turn, in seconds. */
  readonly sliceSeconds?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

/**
 * Bytes of a connection that the HTTP parser gets at once; a request of Prometheus has about 500. The parser goes
 * through all that it was given, whatever the server does: a chunk of 64 kB, which is Node's own size, has room for 2,000
 * pipelined requests. They take 20 ms, and 100 ms when their connection is destroyed. Here there is room for 20.
 */
const sliceBytes = 512;

/**
 * The connections of a server that is not listening yet: bounds their number, and reads them so that none of them can
 * hold the event loop.
 *
 * A connection is read in slices, and only while it waits for no answer. What it sends meanwhile stays in the kernel, so
 * pipelined requests and bodies fill the sender's memory and not the service's. All connections together are read for at
 * most `sliceSeconds`, then gRPC has its turn.
 *
 * Where there are too many connections one of the address that has the most is closed: the one that has been idle for the
 * longest time. If none is idle, it is the one that has not read its answer for the longest time. So idle connections
 * neither shut out a scraper nor take the file descriptors that gRPC needs, and a flood from one address takes the places
 * of that address.
 *
 * How slices come about: a stream with a listener for 'readable' emits 'data' for each `read()` and not by itself, and
 * Node's HTTP parser listens for 'data'.
 */
export class Connections {
  readonly #guard = new Guard();
  readonly #most: number;
  readonly #sliceSeconds: number;
  readonly #now: () => number;
  /** Each with the turn in which it connected, ended its handshake or got its last answer; in this order. */
  readonly #open = new Map<Socket, number>();
  /** Those of `#open` whose handshake is under way. */
  readonly #handshakes = new Set<Socket>();
  /** Those that may have something to read. */
  readonly #readable = new Set<Socket>();
  #turn = 0;
  #isScheduled = false;
  #isClosing = false;

  constructor(
    server: Server,
    { most = 80, isSecure = false, sliceSeconds = 0.002, now = monotonicSeconds }: ConnectionsOptions = {},
  ) {
    this.#most = most;
    this.#sliceSeconds = sliceSeconds;
    this.#now = now;
    server.maxConnections = most * 2;
    if (isSecure) {
      server.on('connection', (socket: Socket) => this.#greet(socket));
      server.on('secureConnection', (socket: Socket) => this.#addSecure(socket));
    } else server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** Whether to answer the request. Call it once for each request, before anything is written. */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#guard.admit(request, response)) return false;
    if (this.#isClosing) response.setHeader('Connection', 'close');
    response.once('close', () => this.#settled(request.socket));
    return true;
  }

  /** From now on a connection is closed with the last answer that it waits for. */
  close(): void {
    this.#isClosing = true;
    // Node's HTTP server does not know them yet, and would wait for them.
    for (const socket of this.#handshakes) socket.destroy();
    for (const socket of this.#open.keys()) {
      for (const response of this.#guard.outstanding(socket)) {
        if (!response.headersSent) response.setHeader('Connection', 'close');
      }
    }
  }

  /** Counts a connection whose handshake begins. */
  #greet(socket: Socket): void {
    this.#handshakes.add(socket);
    this.#count(socket);
    socket.once('close', () => this.#handshakes.delete(socket));
  }

  /** Puts the socket of TLS in the place of the one below it. */
  #addSecure(socket: Socket): void {
    // Which one is below is not public, and two connections never have the same peer. On a Unix socket they have none:
    // then it is the first one, and the number is right all the same.
    const { remoteAddress, remotePort } = socket;
    for (const below of this.#handshakes) {
      if (below.remotePort !== remotePort || below.remoteAddress !== remoteAddress) continue;
      this.#handshakes.delete(below);
      this.#open.delete(below);
      break;
    }
    if (socket.destroyed) return;
    if (this.#isClosing) socket.destroy();
    else this.#add(socket);
  }

  #add(socket: Socket): void {
    this.#count(socket);
    socket.on('readable', () => this.#mayRead(socket));
  }

  #count(socket: Socket): void {
    socket.unref();
    this.#open.set(socket, this.#turn);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#readable.delete(socket);
    });
    if (this.#open.size > this.#most) this.#schedule();
  }

  #mayRead(socket: Socket): void {
    this.#readable.add(socket);
    this.#schedule();
  }

  #settled(socket: Socket): void {
    if (socket.destroyed || this.#guard.outstanding(socket).size > 0) return;
    if (this.#isClosing) socket.destroySoon();
    this.#open.delete(socket);
    this.#open.set(socket, this.#turn);
    this.#mayRead(socket);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    this.#turn += 1;
    const start = this.#now();
    for (const socket of Array.from(this.#readable)) {
      this.#readable.delete(socket);
      this.#read(socket);
      if (this.#now() - start >= this.#sliceSeconds) break;
    }
    this.#trim();
    if (this.#readable.size > 0) this.#schedule();
  };

  /** Reads up to the next request. What is behind it waits until the answer is under way. */
  #read(socket: Socket): void {
    // The end of a stream is emitted when it is read.
    if (socket.readableLength === 0) socket.read(0);
    const { bytesWritten } = socket;
    try {
      while (this.#hasRequest(socket) && socket.bytesWritten === bytesWritten) {
        socket.read(Math.min(sliceBytes, socket.readableLength));
      }
    } catch {
      socket.destroy(); // what the parser throws must not end the process
    }
    if (this.#hasRequest(socket)) this.#readable.add(socket);
  }

  #hasRequest(socket: Socket): boolean {
    return !socket.destroyed && socket.readableLength > 0 && this.#guard.outstanding(socket).size === 0;
  }

  #trim(): void {
    let excess = this.#open.size - this.#most;
    if (excess <= 0) return;
    const crowd = new Crowd(this.#open.keys());
    const close = (socket: Socket) => {
      this.#open.delete(socket);
      crowd.remove(socket);
      socket.destroy();
      excess -= 1;
    };
    let isNew = false;
    const idle: Socket[] = [];
    for (const [socket, turn] of this.#open) {
      if (this.#readable.has(socket) || this.#guard.outstanding(socket).size > 0) continue;
      // The request of a new connection is seen in the turn after the next one.
      if (this.#turn - turn < 2) isNew = true;
      else idle.push(socket);
    }
    for (let closable = Math.min(excess, idle.length); closable > 0; closable -= 1) close(crowd.takeFirst(idle));
    if (isNew) {
      if (excess > 0) this.#schedule();
      return;
    }
    for (const socket of this.#open.keys()) {
      if (excess > 0 && socket.writableLength > 0) close(socket);
    }
  }
}

/** How many connections each address has. */
class Crowd {
  readonly #counts = new Map<string | undefined, number>();

  constructor(sockets: Iterable<Socket>) {
    for (const { remoteAddress } of sockets) {
      this.#counts.set(remoteAddress, (this.#counts.get(remoteAddress) ?? 0) + 1);
    }
  }

  /** Takes out of these the first one of the address that has the most connections. There is at least one. */
  takeFirst(sockets: Socket[]): Socket {
    const counts = sockets.map(({ remoteAddress }) => this.#counts.get(remoteAddress) ?? 0);
    const [socket] = sockets.splice(counts.indexOf(Math.max(...counts)), 1);
    return socket!;
  }

  remove({ remoteAddress }: Socket): void {
    this.#counts.set(remoteAddress, (this.#counts.get(remoteAddress) ?? 0) - 1);
  }
}
