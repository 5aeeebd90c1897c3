import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MetricsError } from '../core/errors.ts';
import { type HandlerOptions, type RequestHandler, scrapeHandler } from './handler.ts';
import type { ScrapeSource } from './scrape.ts';
import { sendText } from './text.ts';

export interface ExposeOptions extends HandlerOptions {
  /** 0 to 65535; 0 takes a free one. */
  readonly port?: number | undefined;
  /** The address to listen on; every address of the machine by default. */
  readonly host?: string | undefined;
}

/** A running HTTP server for scrapers. It does not keep the process alive. */
export interface MetricsEndpoint {
  /** Where it answers, without a path: `http://localhost:8000`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and resolves when all connections are closed; scrapes under way get a second to finish. */
  close(): Promise<void>;
}

/** How long a scrape under way may go on after `close`, in milliseconds. */
const closeGrace = 1000;

/**
 * Starts an HTTP server: `/metrics` for scrapers, `/-/healthy` for probes, and a page at `/` that says so.
 * Rejects with `invalid_option`, `port_in_use` or `listen_failed`.
 */
export async function expose(
  source: ScrapeSource,
  { port = 8000, host, ...options }: ExposeOptions = {},
): Promise<MetricsEndpoint> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new MetricsError('invalid_option', `port ${String(port)} must be a whole number from 0 to 65535`);
  }
  const server = createServer(route(scrapeHandler(source, options)));
  server.on('connection', (socket) => socket.unref());
  const address = await listen(server, port, host);
  // Node emits one where it cannot accept a connection: without a listener it would end the process.
  server.on('error', (error) => source.failed(error));
  server.unref();
  let closed: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${address.port}`,
    port: address.port,
    close: () => {
      closed ??= close(server);
      return closed;
    },
  };
}

function route(scrape: RequestHandler): RequestHandler {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/metrics') scrape(request, response);
    else if (path === '/-/healthy') sendText(response, 200, 'healthy');
    else if (path === '/') sendIndex(response);
    else sendText(response, 404, 'not found: the metrics are at /metrics');
  };
}

function sendIndex(response: Parameters<RequestHandler>[1]): void {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>grpc-vitals</title>' +
      '<h1>grpc-vitals</h1><p>Metrics of this process for Prometheus: <a href="/metrics">/metrics</a></html>\n',
  );
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
