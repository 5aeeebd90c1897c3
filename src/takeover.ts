import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Books } from './books.ts';
import { MetricsError } from './core/errors.ts';
import { lastScrapeOfSeveral, type PortTaker } from './last-scrape.ts';
import { OwnerWatch } from './owner-watch.ts';
import type { Ledger } from './processes/ledger.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import { checkExposeOptions, type ExposeOptions } from './serve/expose-options.ts';
import type { LastScrapeOptions } from './serve/last-scrape.ts';
import { portInUse } from './serve/listening.ts';
import type { PreparedEndpoint } from './thread/thread-opening.ts';

/**
 * How often a process that does not have the port tries to take it, in milliseconds. It also tries when it notices the end of the
 * process that has it, which takes a millisecond.
 */
const retryEvery = 200;

/** How soon it looks who has the port after an attempt that failed, in milliseconds: twice as long each time, up to `retryEvery`. */
const lookSoon = 5;

/** How long the process that has the port may need to say so, in milliseconds. */
const patience = 5000;

/** For how long the port must have had an owner before the heir gets ready to take it, in waits. */
const calmWaits = 5;

/** How much sooner than the others the heir tries, in milliseconds. */
const heirAhead = 50;

/** How an endpoint is opened. */
export interface Opening {
  /** `lost` is called if the endpoint ends by itself. Rejects as `expose` does. */
  open(options: ExposeOptions, lost: () => void): Promise<MetricsEndpoint>;
  /** Gets all ready, so that it opens in a millisecond; undefined where there is nothing to prepare. */
  prepare(options: ExposeOptions, lost: () => void): PreparedEndpoint | undefined;
}

/**
 * Opens an endpoint of one of several processes. Any of them answers for all.
 *
 * If another process of the service has the port, this one waits, and takes the port when it becomes free. Rejects with
 * `port_in_use` if a process that has no book in the folder has it.
 */
export async function exposeOfSeveral(
  opening: Opening,
  options: ExposeOptions = {},
  books: TakeoverBooks,
): Promise<MetricsEndpoint> {
  checkExposeOptions(options);
  const { host, tls } = options;
  const port = portOf(options) ?? 0;
  const { ledger } = books;
  const standIn = new StandIn(opening, books, options);
  if (port > 0) ledger.take(port);
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await standIn.open();
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (hasOwner(ledger, port)) break;
      if (performance.now() > deadline) throw strangerError(error);
    }
    await wait(retryEvery);
  }
  standIn.start();
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host ?? 'localhost'}:${port}`,
    port,
    lastScrape: (lastScrapeOptions) => standIn.lastScrape(lastScrapeOptions),
    close: () => standIn.close(),
  };
}

/** Opens an endpoint of a process that is alone. It is opened again if it ends by itself. */
export async function exposeAlone(
  opening: Opening,
  options: ExposeOptions,
  books: TakeoverBooks,
): Promise<MetricsEndpoint> {
  checkExposeOptions(options);
  return new StandIn(opening, books, options).open();
}

/** The book of this process, and what it says of its end. */
type TakeoverBooks = Pick<Books, 'ledger' | 'lifecycle' | 'included'>;

/**
 * A process that takes the port of another one when that is gone.
 *
 * All who wait watch the owner. One of them, the heir, has its endpoint ready. The others try a little later, and then watch the new owner.
 */
class StandIn implements PortTaker {
  readonly #opening: Opening;
  readonly #books: TakeoverBooks;
  readonly #ledger: Ledger;
  #options: ExposeOptions;
  #endpoint: MetricsEndpoint | undefined;
  #prepared: PreparedEndpoint | undefined;
  #watch: OwnerWatch | undefined;
  #isClosed = false;

  constructor(opening: Opening, books: TakeoverBooks, options: ExposeOptions) {
    this.#opening = opening;
    this.#books = books;
    this.#ledger = books.ledger;
    this.#options = options;
  }

  /** Opens the endpoint now. Rejects with `port_in_use` if there is another one. */
  async open(): Promise<MetricsEndpoint> {
    const { host } = this.#options;
    if (!(await this.#isFree())) throw portInUse(this.port, host);
    return this.#keep(await this.#opening.open(this.#options, this.#lose));
  }

  /** Opens the endpoint when the port is free. */
  start(): void {
    void this.#standBy();
  }

  get endpoint(): MetricsEndpoint | undefined {
    return this.#endpoint;
  }

  get port(): number {
    return this.#endpoint?.port ?? portOf(this.#options) ?? 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  lastScrape(options?: LastScrapeOptions): Promise<boolean> {
    return lastScrapeOfSeveral(this.#books, this, options);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch?.close();
    this.#ledger.take(this.port, false);
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#leave();
    await endpoint.close();
  }

  get #isWaiting(): boolean {
    return !this.#isClosed && this.#endpoint === undefined;
  }

  async #isFree(): Promise<boolean> {
    const port = portOf(this.#options);
    return port === undefined || isFree(port, this.#options.host);
  }

  #keep(endpoint: MetricsEndpoint): MetricsEndpoint {
    const { url, port } = endpoint;
    this.#endpoint = endpoint;
    // A free port stays the same when the endpoint is opened again.
    if (portOf(this.#options) !== undefined) this.#options = { ...this.#options, port };
    this.#ledger.take(port);
    this.#ledger.answerOn([...this.#ledger.ports, port]);
    return { url, port, lastScrape: (options) => this.lastScrape(options), close: () => this.close() };
  }

  /** The endpoint has ended by itself: this process opens another one, unless one of the others is faster. */
  readonly #lose = (): void => {
    this.#leave();
    if (!this.#isClosed) void this.#reopen();
  };

  #leave(): void {
    const port = this.#endpoint?.port;
    this.#endpoint = undefined;
    this.#ledger.answerOn(this.#ledger.ports.filter((one) => one !== port));
  }

  /** Never rejects. */
  async #reopen(): Promise<void> {
    await this.#try();
    if (this.#isWaiting) await this.#standBy();
  }

  /** Never rejects. */
  async #try(): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    try {
      if (prepared === undefined) await this.open();
      else this.#keep(await prepared.open());
    } catch {
      // another one has the port
    }
    if (this.#isClosed) await this.close();
  }

  /** Waits for the port, and takes it. Never rejects. */
  async #standBy(): Promise<void> {
    const watch = new OwnerWatch(this.#ledger, this.port);
    this.#watch = watch;
    let calm = 0;
    for (let pause = lookSoon; this.#isWaiting; pause = Math.min(pause * 2, retryEvery)) {
      const isLost = await watch.wait(watch.isWatching ? retryEvery : pause);
      if (isLost) pause = lookSoon;
      calm = watch.isWatching ? calm + 1 : 0;
      if (calm >= calmWaits) this.#prepare();
      if (!this.#isWaiting) break;
      if (isLost && this.#prepared === undefined && this.#isHeir === false)
        await wait(heirAhead, undefined, { ref: false });
      if ((isLost && this.#prepared !== undefined) || (await this.#isFree())) await this.#try();
    }
    watch.close();
    this.#prepared?.drop();
    this.#prepared = undefined;
  }

  /** Whether this process is to take the port; undefined where nobody is known to wait. */
  get #isHeir(): boolean | undefined {
    const heir = this.#ledger.shelf.heirOf(this.port);
    return heir && heir.file.writer.name === this.#ledger.name;
  }

  /** One process is ready to take the port: a thread that waits has some megabytes. */
  #prepare(): void {
    if (this.#isHeir === true) this.#prepared ??= this.#opening.prepare(this.#options, this.#lose);
    else if (this.#prepared !== undefined) {
      this.#prepared.drop();
      this.#prepared = undefined;
    }
  }
}

/** Undefined on a Unix socket. */
function portOf({ port = 8000, socketPath }: ExposeOptions): number | undefined {
  return socketPath === undefined ? Number(port) : undefined;
}

function isTaken(error: unknown): boolean {
  return error instanceof MetricsError && error.code === 'port_in_use';
}

function hasOwner(ledger: Ledger, port: number): boolean {
  ledger.refresh();
  return ledger.shelf.ownerOf(port) !== undefined;
}

function strangerError(cause: unknown): MetricsError {
  const { message } = cause as MetricsError; // `isTaken` says so
  const problem = 'the process that has it keeps its numbers in another folder, if it is one of this service at all';
  return new MetricsError('port_in_use', `${message}; ${problem}: give both the same processes: { folder }`, { cause });
}

/**
 * Whether nobody listens here. Cheaper than to open an endpoint. What else is wrong, the endpoint finds out. Where it is free a connection that
 * comes just now is reset: so who knows that the owner is gone opens the endpoint at once.
 */
function isFree(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
