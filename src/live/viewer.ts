import type { ServerResponse } from 'node:http';
import type { History } from './history.ts';
import { comment } from './sse.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface ViewerOptions {
  /** Longest that a socket may take nothing, in seconds. */
  readonly patience?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

/** A comment, which browsers ignore. */
const ping = comment(65_536);
/** More than the kernel of a usual Linux keeps for a connection whose client reads nothing: 4 MB to send, and 128 kB received. */
const mostPings = 80;
/** Seconds from one time to the next: whoever asks for a place that is not there must not cause megabytes each time. */
const pingPause = 10;

/**
 * One who looks: a place in the history, and the response that is told what comes after it.
 *
 * Nothing is queued for one who reads slowly: when the socket has taken what it was given, the history has what is next. So a viewer
 * holds at most one message beyond the socket's own buffer, and at its beginning the base. One whose place has been folded away, or who takes
 * nothing for long, is cut off: a browser connects again, and begins anew.
 */
export class Viewer {
  readonly #response: ServerResponse;
  readonly #history: History;
  readonly #patience: number;
  readonly #now: () => number;
  #next: number;
  #fullSince: number | undefined;
  #pings = 0;
  #pingedAt = -Infinity;

  /** The response's headers are sent with `greeting`. */
  constructor(
    response: ServerResponse,
    history: History,
    greeting: readonly Buffer[],
    { patience = 30, now = () => performance.now() / 1000 }: ViewerOptions = {},
  ) {
    this.#response = response;
    this.#history = history;
    this.#patience = patience;
    this.#now = now;
    this.#next = history.begin;
    response.on('error', () => {}); // whatever it is, the response closes
    response.on('drain', this.#drained);
    for (const bytes of [...greeting, history.base()]) this.#write(bytes);
    this.tell();
  }

  /** Sends what is new, as far as the socket takes it. */
  tell(): void {
    const history = this.#history;
    if (this.#response.writableEnded || this.#response.destroyed) return; // it has not closed yet
    if (this.#next < history.begin) this.#response.destroy();
    else if (this.#fullSince !== undefined) {
      if (this.#now() - this.#fullSince > this.#patience) this.#response.destroy();
    } else {
      while (this.#next < history.end && this.#fullSince === undefined) {
        this.#write(history.at(this.#next));
        this.#next += 1;
      }
    }
  }

  /** For how long the socket has taken nothing of what it was given, in seconds; 0 if nothing is left. */
  get unreadSeconds(): number {
    return this.#fullSince === undefined ? 0 : this.#now() - this.#fullSince;
  }

  /**
   * Finds out whether anybody reads; `unreadSeconds` says it a while later.
   *
   * Frames are small: they disappear in the kernel's buffers for minutes, whoever is at the other end. So comments fill
   * these, one in each turn of the event loop, until the kernel takes no more at once. Where somebody reads it takes more a moment later.
   * Over a network that is after some 100 kB, on the loopback after 3 MB.
   */
  ping(): void {
    if (this.#now() - this.#pingedAt < pingPause) return;
    this.#pingedAt = this.#now();
    this.#pings = mostPings;
    this.#ping();
  }

  /** Ends the response, at once where its socket takes nothing. */
  end(): void {
    this.#response.off('drain', this.#drained);
    if (this.#fullSince === undefined) this.#response.end();
    else this.#response.destroy();
  }

  readonly #ping = (): void => {
    const isFull = this.#fullSince !== undefined || this.#response.writableEnded || this.#response.destroyed;
    if (isFull) this.#pings = 0;
    if (this.#pings === 0) return;
    this.#pings -= 1;
    this.#write(ping);
    setImmediate(this.#ping);
  };

  #write(bytes: Buffer): void {
    if (!this.#response.write(bytes)) this.#fullSince ??= this.#now();
  }

  readonly #drained = (): void => {
    this.#fullSince = undefined;
    this.tell();
  };
}
