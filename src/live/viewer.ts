import type { ServerResponse } from 'node:http';
import type { History } from './history.ts';

/** Every field has a default; the default is in the signature of the constructor. */
export interface ViewerOptions {
  /** Longest that a socket may take nothing, in seconds. */
  readonly patience?: number;
  /** Monotonic clock, in seconds. */
  readonly now?: () => number;
}

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

  /** Ends the response, at once where its socket takes nothing. */
  end(): void {
    this.#response.off('drain', this.#drained);
    if (this.#fullSince === undefined) this.#response.end();
    else this.#response.destroy();
  }

  #write(bytes: Buffer): void {
    if (!this.#response.write(bytes)) this.#fullSince ??= this.#now();
  }

  readonly #drained = (): void => {
    this.#fullSince = undefined;
    this.tell();
  };
}
