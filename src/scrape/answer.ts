import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { monotonicSeconds } from '../core/clock.ts';
import { printable } from '../core/printable.ts';
import { sendText } from '../http/plain-text.ts';
import type { Body } from './compressed.ts';
import type { Occupant } from './places.ts';
import type { Waiter } from './renderings.ts';
import type { ScrapeStats } from './scrape-stats.ts';

/** Milliseconds in which a 503 must be taken before its socket is destroyed. */
const refusalGrace = 1000;

interface AnswerOptions {
  /** Until the last byte. */
  readonly seconds: number;
  /**
   * Until the client must have read a chunk of what is sent, which is up to 128 kB; 5 by default. Only answers that are
   * larger than the kernel's buffers wait for that, and whoever is slower would need minutes for one.
   */
  readonly unreadSeconds?: number;
  /** Called once: when the last byte was handed over, or the client has left. */
  readonly released: () => void;
  readonly stats: ScrapeStats;
}

/**
 * One response to a scrape, from its request until nothing of it is left: no timer, no listener, no share in a rendering.
 * Sends what was rendered as fast as the client reads, and ends what takes too long.
 */
export class Answer implements Occupant {
  readonly #response: ServerResponse;
  readonly #options: AnswerOptions;
  readonly #startedAt = monotonicSeconds();
  #timer: NodeJS.Timeout;
  #unread: NodeJS.Timeout | undefined;
  #readAt: number | undefined;
  #body: Body | undefined;
  #leave: () => void = () => {};
  #released = false;

  constructor(response: ServerResponse, options: AnswerOptions) {
    this.#response = response;
    this.#options = options;
    this.#timer = setTimeout(() => this.#tooLate(), options.seconds * 1000).unref();
    response.once('finish', this.#release);
    response.once('close', this.#release);
  }

  get body(): Body | undefined {
    return this.#body;
  }

  get unreadSeconds(): number {
    return this.#readAt === undefined ? 0 : monotonicSeconds() - this.#readAt;
  }

  /** Joins a rendering, and answers with these headers when it is done. */
  waitFor(join: (waiter: Waiter) => () => void, headers: Readonly<Record<string, string>>): void {
    this.#leave = join({
      done: (body) => {
        // What is sent can fail too, where others have touched the response; none of it may reach the rendering.
        this.#send(body, headers).catch((error: unknown) => this.#fail(error));
      },
      failed: (error) => this.#fail(error),
    });
  }

  /** Half of an answer is worse than none: so the scraper sees that it is broken. */
  cutOff(): void {
    this.#response.destroy();
  }

  async #send(body: Body, headers: Readonly<Record<string, string>>): Promise<void> {
    const response = this.#response;
    response.writeHead(200, { ...headers, 'Content-Length': body.length });
    const { stats } = this.#options;
    stats.requests['200'] += 1;
    stats.duration.observe(monotonicSeconds() - this.#startedAt);
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    this.#body = body;
    this.#unread = setTimeout(() => this.cutOff(), (this.#options.unreadSeconds ?? 5) * 1000).unref();
    // Rejects when the client leaves: the response is destroyed then.
    await pipeline(Readable.from(this.#chunks(body)), response).catch(() => {});
  }

  /** The next chunk is asked for when the client has read one before it. */
  *#chunks({ chunks }: Body): Generator<Uint8Array, void> {
    for (const chunk of chunks) {
      this.#readAt = monotonicSeconds();
      this.#unread?.refresh();
      yield chunk;
    }
  }

  #fail(error: unknown): void {
    if (this.#response.headersSent) {
      this.#response.destroy();
      return;
    }
    this.#options.stats.requests['500'] += 1;
    sendText(this.#response, 500, `the scrape failed: ${reason(error)}`);
  }

  #tooLate(): void {
    this.#leave();
    if (this.#response.headersSent) {
      this.cutOff();
      return;
    }
    this.#options.stats.requests['503'] += 1;
    this.#timer = setTimeout(() => this.#response.destroy(), refusalGrace).unref();
    sendText(this.#response, 503, `the scrape was not rendered within ${Number(this.#options.seconds.toFixed(3))} s`);
  }

  readonly #release = (): void => {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#unread);
    this.#response.off('finish', this.#release);
    this.#response.off('close', this.#release);
    this.#leave();
    this.#options.released();
  };
}

/** What was thrown, on one line: no line of it can be taken for a sample. */
function reason(error: unknown): string {
  return printable(error instanceof Error ? error.message : error).replace(/\s+/g, ' ');
}
