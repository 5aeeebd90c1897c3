import { existsSync, renameSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { atAddress, hasSocketFiles } from './socket-address.ts';

/** The ending of sockets. */
export const lifelineEnding = '.life';

/**
 * A socket beside a book, which says nothing. A connection to it lasts as long as its process, also while that is blocked, and the kernel
 * closes it at the moment of death: in another pid namespace, for a thread, and for a process that has got another one's number.
 *
 * It does not keep the process alive.
 */
export class Lifeline {
  readonly #fileName: string;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #hasFile: boolean;
  #books = 1;

  /** Listens from now on. `name` is that of the book. Throws where sockets are not possible. */
  constructor(folder: string, name: string, platform: NodeJS.Platform = process.platform) {
    this.#fileName = `${name}${lifelineEnding}`;
    this.#hasFile = hasSocketFiles(platform);
    this.#server = createServer((connection) => this.#keep(connection)).unref();
    this.#server.on('error', () => {}); // Node listens at once, and reports a problem later: `listening` says it now
    // Node unlinks the path of a socket that it closes. The name stays, so that whoever connects is refused, which proves the death.
    const draft = this.#hasFile ? `new-${this.#fileName}` : this.#fileName;
    atAddress(folder, draft, (path) => this.#server.listen({ path, exclusive: true }), platform);
    if (!this.#server.listening) throw new Error(`no socket can be made in ${folder}`);
    if (this.#hasFile) renameSync(join(folder, draft), join(folder, this.#fileName));
  }

  /** Whether others still find it in this folder. */
  isIn(folder: string): boolean {
    return !this.#hasFile || existsSync(join(folder, this.#fileName));
  }

  /** Whether the same socket can stand beside the next book of this name: a pipe of Windows has no folder, and its name is taken. */
  isFor(name: string): boolean {
    return !this.#hasFile && this.#fileName === `${name}${lifelineEnding}`;
  }

  /** Stands beside one more book: `close` is to be called for each. */
  share(): this {
    this.#books += 1;
    return this;
  }

  /** Ends all connections, so that whoever has one looks again. */
  release(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  close(): void {
    this.#books -= 1;
    if (this.#books > 0) return;
    this.#server.close();
    this.release();
  }

  #keep(connection: Socket): void {
    this.#connections.add(connection);
    connection.unref();
    connection.on('error', () => {}); // `close` follows
    connection.once('close', () => this.#connections.delete(connection));
    connection.resume();
  }
}

/** How a connection to a lifeline ended: Node's code of the error, if there was one, and whether it had been open. */
export interface LostLine {
  readonly code: string | undefined;
  readonly wasOpen: boolean;
}

/** What is told of a connection to a lifeline. `lost` is called once, later, and not after it was stopped. */
export interface LineListener {
  opened?(): void;
  lost(how: LostLine): void;
}

/** Connects to the lifeline of the process with a book of this name. Returns a function that stops it. Never throws. */
export function connectLifeline(
  folder: string,
  name: string,
  listener: LineListener,
  platform: NodeJS.Platform = process.platform,
): () => void {
  let isStopped = false;
  let wasOpen = false;
  let code: string | undefined;
  const lost = () => {
    if (!isStopped) listener.lost({ code, wasOpen });
  };
  let socket: Socket | undefined;
  try {
    socket = atAddress(folder, `${name}${lifelineEnding}`, (path) => connect({ path }), platform);
    socket.unref();
    socket.once('connect', () => {
      wasOpen = true;
      if (!isStopped) listener.opened?.();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    socket.once('close', lost);
    socket.resume();
  } catch (error) {
    ({ code } = error as NodeJS.ErrnoException); // what `fs` throws
    setImmediate(lost);
  }
  return () => {
    isStopped = true;
    socket?.destroy();
  };
}
