import { monotonicSeconds } from '../core/clock.ts';
import { printable } from '../core/printable.ts';
import type { Body } from './compressed.ts';
import type { Exchange, HeaderFields } from './exchange.ts';
import type { Occupant } from './places.ts';
import type { Waiter } from './renderings.ts';
import type { ScrapeStats } from './scrape-stats.ts';

/** Milliseconds in which a 503 must be taken before it is cut off. */
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
 * The answer to a scrape, from its request until nothing of it is left: no timer, no listener, no share in a rendering.
 * Sends what was rendered as fast as the client reads, and ends what takes too long.
 */
export class Answer implements Occupant {
  readonly #exchange: Exchange;
  readonly #options: AnswerOptions;
  readonly #startedAt = monotonicSeconds();
  #timer: NodeJS.Timeout;
  #unread: NodeJS.Timeout | undefined;
  #readAt: number | undefined;
  #body: Body | undefined;
  #leave: () => void = () => {};
  #released = false;

  constructor(exchange: Exchange, options: AnswerOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#timer = setTimeout(() => this.#tooLate(), options.seconds * 1000).unref();
    exchange.onEnd(() => this.#release());
  }

  get body(): Body | undefined {
    return this.#body;
  }

  get unreadSeconds(): number {
    return this.#readAt === undefined ? 0 : monotonicSeconds() - this.#readAt;
  }

  /** Joins a rendering, and answers with these headers when it is done. */
  waitFor(join: (waiter: Waiter) => () => void, headers: HeaderFields): void {
    this.#leave = join({
      done: (body) => {
        try {
          this.#send(body, headers);
        } catch (error) {
          // Others have touched the response. The rendering must not see that.
          this.#fail(error);
        }
      },
      failed: (error) => this.#fail(error),
    });
  }

  /** Half of an answer is worse than none: so the scraper sees that it is broken. */
  cutOff(): void {
    this.#exchange.cutOff();
  }

  #send(body: Body, headers: HeaderFields): void {
    this.#body = body;
    this.#unread = setTimeout(() => this.cutOff(), (this.#options.unreadSeconds ?? 5) * 1000).unref();
    this.#exchange.send({ ...headers, 'Content-Length': String(body.length) }, this.#chunks(body));
    const { stats } = this.#options;
    stats.requests['200'] += 1;
    stats.duration.observe(monotonicSeconds() - this.#startedAt);
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
    if (this.#exchange.isStarted) {
      this.cutOff();
      return;
    }
    this.#options.stats.requests['500'] += 1;
    this.#exchange.refuse(500, `the scrape failed: ${reason(error)}`);
  }

  #tooLate(): void {
    this.#leave();
    if (this.#exchange.isStarted) {
      this.cutOff();
      return;
    }
    this.#options.stats.requests['503'] += 1;
    this.#timer = setTimeout(() => this.cutOff(), refusalGrace).unref();
    this.#exchange.refuse(503, `the scrape was not rendered within ${Number(this.#options.seconds.toFixed(3))} s`);
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#unread);
    this.#leave();
    this.#options.released();
  }
}

/** What was thrown, on one line: no line of it can be taken for a sample. */
function reason(error: unknown): string {
  return printable(error instanceof Error ? error.message : error).replace(/\s+/g, ' ');
}
