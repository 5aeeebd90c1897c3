import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { MetricsError } from './core/errors.ts';
import type { Ledger } from './processes/ledger.ts';
import type { MetricsEndpoint } from './serve/endpoint.ts';
import type { ExposeOptions } from './serve/expose-options.ts';
import type { LastScrapeOptions } from './serve/last-scrape.ts';

/** How often a process that does not have the port tries to take it, in milliseconds. */
const retryEvery = 200;

/** How long the process that has the port may need to say so, in milliseconds. */
const patience = 5000;

/**
 * Opens an endpoint of one of several processes. Any of them answers for all.
 *
 * If another process of the service has the port, this one waits, and takes the port when it becomes free. Rejects with
 * `port_in_use` if a process that has no book in the folder has it.
 */
export async function exposeOfSeveral(
  open: () => Promise<MetricsEndpoint>,
  options: ExposeOptions = {},
  ledger: Ledger,
): Promise<MetricsEndpoint> {
  const { port = 8000, host, tls } = options;
  const standIn = new StandIn(open, ledger, { port: Number(port), host });
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await standIn.open();
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (hasOwner(ledger, Number(port))) break;
      if (performance.now() > deadline) throw strangerError(error);
    }
    await wait(retryEvery);
  }
  standIn.start();
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host ?? 'localhost'}:${port}`,
    port: Number(port),
    lastScrape: (lastScrapeOptions) => standIn.lastScrape(lastScrapeOptions),
    close: () => standIn.close(),
  };
}

/** A process that takes the port of another one when that is gone. */
class StandIn {
  readonly #open: () => Promise<MetricsEndpoint>;
  readonly #ledger: Ledger;
  readonly #address: { readonly port: number; readonly host: string | undefined };
  #endpoint: MetricsEndpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    open: () => Promise<MetricsEndpoint>,
    ledger: Ledger,
    address: { readonly port: number; readonly host: string | undefined },
  ) {
    this.#open = open;
    this.#ledger = ledger;
    this.#address = address;
  }

  /** Opens the endpoint now. Rejects with `port_in_use` if there is another one. */
  async open(): Promise<MetricsEndpoint> {
    const endpoint = await this.#open();
    this.#endpoint = endpoint;
    this.#ledger.answerOn([...this.#ledger.ports, endpoint.port]);
    return { ...endpoint, close: () => this.close() };
  }

  /** Opens the endpoint when the port is free. */
  start(): void {
    this.#timer = setTimeout(() => void this.#try(), retryEvery).unref();
  }

  /** Whoever has the port answers for this process, also after its end. */
  async lastScrape(options?: LastScrapeOptions): Promise<boolean> {
    return this.#endpoint === undefined ? true : this.#endpoint.lastScrape(options);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    if (endpoint === undefined) return;
    this.#ledger.answerOn(this.#ledger.ports.filter((port) => port !== endpoint.port));
    await endpoint.close();
  }

  /** Never rejects. */
  async #try(): Promise<void> {
    if (await isFree(this.#address)) await this.open().catch(() => {}); // another one was faster
    if (this.#isClosed) await this.close();
    else if (this.#endpoint === undefined) this.start();
  }
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

/** Whether nobody listens here. Cheaper than to open an endpoint. */
function isFree({ port, host }: { readonly port: number; readonly host: string | undefined }): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
