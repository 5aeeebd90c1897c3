import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Books } from './books.ts';
import { MetricsError } from './core/errors.ts';
import { lastScrapeOfSeveral, type PortTaker } from './last-scrape.ts';
import type { Ledger } from './processes/ledger.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import { checkExposeOptions, type ExposeOptions } from './serve/expose-options.ts';
import type { LastScrapeOptions } from './serve/last-scrape.ts';
import { portInUse } from './serve/listening.ts';

/** How often a process that does not have the port tries to take it, in milliseconds. */
const retryEvery = 200;

/** How long the process that has the port may need to say so, in milliseconds. */
const patience = 5000;

/** Opens an endpoint with these options. `lost` is called if it ends by itself. Rejects as `expose` does. */
export type OpenEndpoint = (options: ExposeOptions, lost: () => void) => Promise<MetricsEndpoint>;

/**
 * Opens an endpoint of one of several processes. Any of them answers for all.
 *
 * If another process of the service has the port, this one waits, and takes the port when it becomes free. Rejects with
 * `port_in_use` if a process that has no book in the folder has it.
 */
export async function exposeOfSeveral(
  open: OpenEndpoint,
  options: ExposeOptions = {},
  books: TakeoverBooks,
): Promise<MetricsEndpoint> {
  checkExposeOptions(options);
  const { host, tls } = options;
  const port = portOf(options) ?? 0;
  const { ledger } = books;
  const standIn = new StandIn(open, books, options);
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
  open: OpenEndpoint,
  options: ExposeOptions,
  books: TakeoverBooks,
): Promise<MetricsEndpoint> {
  checkExposeOptions(options);
  return new StandIn(open, books, options).open();
}

/** The book of this process, and what it says of its end. */
type TakeoverBooks = Pick<Books, 'ledger' | 'lifecycle'>;

/** A process that takes the port of another one when that is gone. */
class StandIn implements PortTaker {
  readonly #open: OpenEndpoint;
  readonly #books: TakeoverBooks;
  readonly #ledger: Ledger;
  #options: ExposeOptions;
  #endpoint: MetricsEndpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(open: OpenEndpoint, books: TakeoverBooks, options: ExposeOptions) {
    this.#open = open;
    this.#books = books;
    this.#ledger = books.ledger;
    this.#options = options;
  }

  /** Opens the endpoint now. Rejects with `port_in_use` if there is another one. */
  async open(): Promise<MetricsEndpoint> {
    const { host } = this.#options;
    const port = portOf(this.#options);
    if (port !== undefined && !(await isFree(port, host))) throw portInUse(port, host);
    const endpoint = await this.#open(this.#options, () => this.#lose(endpoint));
    this.#endpoint = endpoint;
    // A free port stays the same when the endpoint is opened again.
    if (port !== undefined) this.#options = { ...this.#options, port: endpoint.port };
    this.#ledger.take(endpoint.port);
    this.#ledger.answerOn([...this.#ledger.ports, endpoint.port]);
    return { ...endpoint, lastScrape: (options) => this.lastScrape(options), close: () => this.close() };
  }

  /** Opens the endpoint when the port is free. */
  start(): void {
    this.#timer = setTimeout(() => void this.#try(), retryEvery).unref();
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
    clearTimeout(this.#timer);
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#leave(endpoint);
    await endpoint.close();
  }

  /** The endpoint has ended by itself: this process opens another one, unless one of the others is faster. */
  #lose(endpoint: MetricsEndpoint): void {
    this.#leave(endpoint);
    if (!this.#isClosed) void this.#try();
  }

  #leave(endpoint: MetricsEndpoint): void {
    this.#endpoint = undefined;
    this.#ledger.answerOn(this.#ledger.ports.filter((port) => port !== endpoint.port));
  }

  /** Never rejects. */
  async #try(): Promise<void> {
    await this.open().catch(() => {}); // another one has the port
    if (this.#isClosed) await this.close();
    else if (this.#endpoint === undefined) this.start();
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

/** Whether nobody listens here. Cheaper than to open an endpoint. What else is wrong, the endpoint finds out. */
function isFree(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
