import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkObject } from '../core/check-object.ts';
import { MetricsError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { sendText } from '../http/plain-text.ts';
import type { RequestHandler } from '../http/request-handler.ts';
import { Live, type LiveSource } from '../live/live.ts';
import { pageHandler } from '../live/page.ts';
import { type HandlerOptions, scrapeHandler } from '../scrape/handler.ts';
import type { ScrapeSource } from '../scrape/renderings.ts';

export interface ExposeOptions extends HandlerOptions {
  /** 0 to 65535; 0 takes a free one. */
  readonly port?: number | undefined;
  /** The address to listen on; every address of the machine by default. */
  readonly host?: string | undefined;
  /**
   * The live page at `/`, with the last ten minutes of every metric. They are read every 5 s for it, and every second with
   * those of included registries while somebody looks. `false` for neither; on by default.
   */
  readonly page?: boolean | undefined;
}

/** What an endpoint answers with. */
export interface EndpointSource extends ScrapeSource {
  /** What the live page shows; without it there is none. */
  readonly live?: LiveSource;
}

/** A running HTTP server for scrapers, and for people with a browser. It does not keep the process alive. */
export interface MetricsEndpoint {
  /** Where it answers, without a path: `http://localhost:8000`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, ends live pages, and resolves when all connections are closed; scrapes under way get a second to finish. */
  close(): Promise<void>;
}

/** How long a scrape under way may go on after `close`, in milliseconds. */
const closeGrace = 1000;

/**
 * Starts an HTTP server: `/metrics` for scrapers, `/-/healthy` for probes, and the live page at `/` with its stream at `/live`.
 * Rejects with `invalid_option`, `port_in_use` or `listen_failed`.
 */
export async function expose(source: EndpointSource, options: ExposeOptions = {}): Promise<MetricsEndpoint> {
  checkObject('expose() takes an object, such as { port: 8000 }', options);
  const { port = 8000, host, page = true, ...ofScrapes } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new MetricsError('invalid_option', `port ${printable(port)} must be a whole number from 0 to 65535`);
  }
  if (host !== undefined && typeof host !== 'string') {
    throw new MetricsError('invalid_option', `host must be a name or an address, not ${printable(host)}`);
  }
  if (typeof page !== 'boolean') {
    const remedy = 'true for the live page at /, false for none';
    throw new MetricsError('invalid_option', `page ${printable(page)} must be a boolean: ${remedy}`);
  }
  const routes = new Map([
    ['/metrics', scrapeHandler(source, ofScrapes)],
    ['/-/healthy', (_request, response) => sendText(response, 200, 'healthy')],
  ] satisfies [string, RequestHandler][]);
  const live = page && source.live !== undefined ? new Live(source.live) : undefined;
  if (live !== undefined) {
    // Loaded here and not above: who never shows the page never pays for its text.
    const { readPage } = await import('../live/page-file.ts');
    routes.set(
      '/',
      pageHandler(readPage, (error) => source.failed(error)),
    );
    routes.set('/live', (request, response) => live.answer(request, response));
  }
  const server = createServer(dispatch(routes));
  server.on('connection', (socket) => socket.unref());
  const address = await listen(server, port, host);
  // Node emits one where it cannot accept a connection: without a listener it would end the process.
  server.on('error', (error) => source.failed(error));
  server.unref();
  live?.start();
  let closed: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${address.port}`,
    port: address.port,
    close: () => {
      live?.close();
      closed ??= close(server);
      return closed;
    },
  };
}

/** Every request comes through here, whatever answers it. */
function dispatch(routes: ReadonlyMap<string, RequestHandler>): RequestHandler {
  return (request, response) => {
    const answer = routes.get(request.url?.split('?', 1)[0] ?? '');
    if (answer === undefined) sendText(response, 404, 'not found: the metrics are at /metrics');
    else answer(request, response);
  };
}

async function listen(server: Server, port: number, host: string | undefined): Promise<AddressInfo> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException; // what `listen` emits
    const where = `${host ?? ''}:${port}`;
    if (code !== 'EADDRINUSE')
      throw new MetricsError('listen_failed', `cannot listen on ${where}: ${message}`, { cause });
    const remedy = 'end the process that has it, choose another port, or take a free one with port 0';
    throw new MetricsError('port_in_use', `port ${where} is in use: ${remedy}`, { cause });
  }
  return server.address() as AddressInfo; // it listens on TCP
}

async function close(server: Server): Promise<void> {
  // Idle keep-alive connections are closed at once, as Node does since 19.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cutOff = setTimeout(() => server.closeAllConnections(), closeGrace);
  await closed;
  clearTimeout(cutOff);
}

function urlHost(host: string | undefined): string {
  if (host === undefined || ['', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
