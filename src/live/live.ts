import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { monotonicSeconds } from '../core/clock.ts';
import { isReading } from '../http/methods.ts';
import { sendText } from '../http/plain-text.ts';
import { Differ, type DifferOptions } from './differ.ts';
import type { ShownFamily } from './flatten.ts';
import { History, type HistoryOptions } from './history.ts';
import { format, type Hello } from './protocol.ts';
import { eventBytes, retryBytes } from './sse.ts';
import { steadyClock } from './steady-clock.ts';
import { Viewer, type ViewerOptions } from './viewer.ts';

/** What the live page shows, and who is told of what goes wrong with it. */
export interface LiveSource {
  /** Who speaks; asked for each viewer. */
  hello(): Omit<Hello, 'format' | 'run' | 'now' | 'interval'> & Partial<Pick<Hello, 'run'>>;
  /** Whether it may have counted before the stream starts; false by default. */
  readonly hasBegun?: boolean;
  /** Everything at this moment: while nobody looks only what costs nothing to ask for. */
  collect(isLookedAt: boolean): readonly ShownFamily[] | Promise<readonly ShownFamily[]>;
  /** Called when the stream starts. The function that it returns is called when the stream closes. */
  start(): () => void;
  /** Called when somebody begins to look. The function that it returns is called when nobody looks any more. */
  watch(): () => void;
  failed(error: unknown): void;
}

/** Every field has a default; the default is in the signature of the constructor. */
export interface LiveOptions extends DifferOptions, HistoryOptions, ViewerOptions {
  /** Least seconds between frames while somebody looks. */
  readonly interval?: number;
  /** Least seconds between frames while nobody does. */
  readonly idleInterval?: number;
  /** Largest share of one core that reading may take while somebody looks: where it would, frames are further apart. */
  readonly share?: number;
  /** The same while nobody does. */
  readonly idleShare?: number;
  readonly maxViewers?: number;
  /** Where all places are taken: a viewer that has read nothing for so many seconds gives up its place. */
  readonly givesUpPlaceAfter?: number;
  /** Seconds since 1970, never falling. */
  readonly clock?: () => number;
}

/** Most seconds between frames, so that one slow reading does not leave a hole; the page takes silence of 5 s for a service that hangs. */
const longestInterval = 3;
const longestIdleInterval = 15;

/** How long a viewer who was cut off waits before connecting again, in milliseconds. */
const retry = 1000;

/**
 * The stream behind the live page. From `start` on it remembers the last minutes; while somebody looks it tells them what is new,
 * read once and written down once for all of them. None of its timers keeps the process alive.
 */
export class Live {
  readonly #source: LiveSource;
  readonly #options: LiveOptions &
    Required<
      Pick<
        LiveOptions,
        'interval' | 'idleInterval' | 'share' | 'idleShare' | 'maxViewers' | 'givesUpPlaceAfter' | 'clock'
      >
    >;
  readonly #run = randomUUID();
  readonly #history: History;
  readonly #differ: Differ;
  readonly #viewers = new Set<Viewer>();
  #timer: NodeJS.Timeout | undefined;
  #stop: () => void = () => {};
  #unwatch: () => void = () => {};
  #isSampling = false;
  #sampledAt = -Infinity;
  #isClosed = false;
  #last: number;
  #first: Promise<void> | undefined;
  #isBased = false;

  constructor(
    source: LiveSource,
    {
      interval = 1,
      idleInterval = 5,
      share = 0.003,
      idleShare = 0.0005,
      maxViewers = 20,
      givesUpPlaceAfter = 10,
      clock = steadyClock(),
      ...options
    }: LiveOptions = {},
  ) {
    this.#source = source;
    this.#options = { interval, idleInterval, share, idleShare, maxViewers, givesUpPlaceAfter, clock, ...options };
    this.#last = round(clock());
    this.#history = new History(this.#last, options);
    this.#differ = new Differ({ failed: (error) => source.failed(error), ...options });
  }

  start(): void {
    this.#stop = this.#source.start();
    this.#first = this.#sample().finally(() => {
      this.#first = undefined;
    });
  }

  /** How many are looking. */
  get viewers(): number {
    return this.#viewers.size;
  }

  /** Ends every stream. Browsers ask for another one, with what they know of the user. */
  endStreams(): void {
    for (const viewer of this.#viewers) viewer.end();
  }

  /** Ends every stream at once, and all timers. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.endStreams();
    this.#clear();
    this.#stop();
    this.#stop = () => {};
  }

  /** Answers a request for the stream. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    if (!isReading(request, response)) return;
    if (isFromElsewhere(request)) {
      sendText(response, 403, 'the stream is for the page of this address alone');
      return;
    }
    if (this.#first !== undefined && this.#source.hasBegun === true) {
      // What was counted before must not look as if it happened now.
      void this.#first.then(() => this.answer(request, response));
      return;
    }
    const { maxViewers } = this.#options;
    if (this.#isClosed || !this.#hasPlace()) {
      response.setHeader('Retry-After', '5');
      const problem = this.#isClosed ? 'the endpoint is being closed' : `${maxViewers} viewers are looking already`;
      sendText(response, 503, `${problem}: try again later`);
      return;
    }
    try {
      this.#stream(request, response);
    } catch (error) {
      this.#source.failed(error);
      response.destroy();
    }
  }

  /** Whether one more may look; where there is no place, one who does not read gives up its own. */
  #hasPlace(): boolean {
    const { maxViewers, givesUpPlaceAfter } = this.#options;
    if (this.#viewers.size < maxViewers) return true;
    const [slowest] = [...this.#viewers].sort((one, other) => other.unreadSeconds - one.unreadSeconds);
    if (slowest === undefined || slowest.unreadSeconds < givesUpPlaceAfter) {
      this.#ping();
      return false;
    }
    this.#remove(slowest);
    slowest.end();
    return true;
  }

  /** Asks the viewers whether they read. */
  #ping(): void {
    for (const viewer of this.#viewers) viewer.ping();
  }

  #stream({ method }: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform', // a proxy that compresses it would hold it back, too
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Accel-Buffering': 'no', // nginx would hold it back
      Connection: 'close',
    });
    if (response.destroyed) return; // its client left while others handled the request
    if (method === 'HEAD') {
      response.end();
      return;
    }
    const { interval, clock } = this.#options;
    const hello: Hello = { format, run: this.#run, ...this.#source.hello(), now: round(clock()), interval };
    const greeting = [retryBytes(retry), eventBytes('hello', hello)];
    const viewer = new Viewer(response, this.#history, greeting, this.#options);
    response.once('close', () => this.#remove(viewer));
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#watch();
    if (this.#viewers.size === this.#options.maxViewers) this.#ping();
  }

  #watch(): void {
    this.#unwatch = this.#source.watch();
    this.#schedule();
  }

  #remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return;
    this.#clear();
    this.#schedule();
  }

  #clear(): void {
    this.#viewers.clear();
    this.#unwatch();
    this.#unwatch = () => {};
  }

  /** From the last reading on, so that viewers who come and go cause no more readings than one who stays. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const { interval, idleInterval, share, idleShare } = this.#options;
    const isLookedAt = this.#viewers.size > 0;
    const [least, most, longest] = isLookedAt
      ? [interval, share, longestInterval]
      : [idleInterval, idleShare, longestIdleInterval];
    const seconds = Math.max(least, Math.min(this.#differ.busy / most, longest));
    const left = Math.max(0, this.#sampledAt + seconds - monotonicSeconds());
    this.#timer = setTimeout(() => void this.#sample(), left * 1000).unref();
  }

  /** Never rejects. Never two at a time: the next one is put off until it has ended. */
  async #sample(): Promise<void> {
    if (this.#isSampling) return;
    this.#isSampling = true;
    try {
      await this.#addFrame();
    } catch (error) {
      this.#source.failed(error);
    } finally {
      this.#isSampling = false;
      this.#sampledAt = monotonicSeconds();
    }
    for (const viewer of this.#viewers) viewer.tell();
    this.#schedule();
  }

  async #addFrame(): Promise<void> {
    const families = await this.#source.collect(this.#viewers.size > 0);
    this.#last = Math.max(round(this.#options.clock()), round(this.#last + 0.001));
    const frame = await this.#differ.next(this.#last, families);
    if (this.#isClosed) return;
    const isBase = this.#source.hasBegun === true && !this.#isBased;
    this.#isBased = true;
    if (isBase && this.#viewers.size === 0) this.#history.beginWith(frame);
    else this.#history.add(frame);
  }
}

/** Whether a page of another origin asks, as far as browsers say: it could read nothing, but take the place of a viewer. */
function isFromElsewhere({ headers }: IncomingMessage): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
}

/** To milliseconds. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
