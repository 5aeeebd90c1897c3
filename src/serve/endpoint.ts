import { createServer, type Server } from 'node:http';
import { Connections } from '../http/connections.ts';
import { checkHost } from '../http/host-check.ts';
import { sendText } from '../http/plain-text.ts';
import type { HttpRequestHandler } from '../http/request-handler.ts';
import { pathOf } from '../http/request-target.ts';
import type { Security, SecurityReport } from '../http/security.ts';
import { SecurityStats } from '../http/security-stats.ts';
import { Live, type LiveSource } from '../live/live.ts';
import { pageHandler } from '../live/page.ts';
import { answerScrapes } from '../scrape/handler.ts';
import type { ScrapeSource } from '../scrape/renderings.ts';
import { Scrapers } from '../scrape/scrapers.ts';
import { checkExposeOptions, type ExposeOptions } from './expose-options.ts';
import { type LastScrapeOptions, secondsToWait, watchScrapes } from './last-scrape.ts';
import { listenOnPort, listenOnSocket } from './listening.ts';
import { answerHealth, answerReadiness, type BlockedSeconds, type ServersState } from './readiness.ts';

/** What an endpoint answers with. */
export interface EndpointSource extends ScrapeSource {
  /** What the live page shows; without it there is none. */
  readonly live?: LiveSource;
  /** What the gRPC servers do with new calls; `serving` without it. */
  readonly serversState?: () => ServersState | Promise<ServersState>;
  /** For how long the thread that serves calls has been blocked; never by default. */
  readonly blockedSeconds?: BlockedSeconds;
  /** What TLS and users count; nobody reads it by default. */
  readonly security?: SecurityStats;
  /** Warns of what is no fault, once for each message; nobody reads it by default. */
  note?(message: string): void;
  /** Waited for when all is ready, just before the endpoint listens. If it rejects, so does `expose`. */
  beforeListening?(): Promise<void>;
}

/** A running HTTP server for scrapers, and for people with a browser. It does not keep the process alive. */
export interface MetricsEndpoint {
  /** Where it answers, without a path: `http://localhost:8000`; on a Unix socket `unix:/run/shop/metrics.sock`. */
  readonly url: string;
  /** 0 on a Unix socket. */
  readonly port: number;
  /**
   * Resolves with `true` when a scrape that begins after this call has been sent whole to the scraper that came most
   * regularly before, and with `false` after the time or when the endpoint closes. For the end of a process:
   *
   * ```ts
   * server.tryShutdown(async () => {
   *   await endpoint.lastScrape({ timeoutSeconds: 20 }); // the final counts are in Prometheus
   *   await metrics.close();
   * });
   * ```
   *
   * Keeps the process alive while it waits. Rejects with `invalid_option`.
   */
  lastScrape(options?: LastScrapeOptions): Promise<boolean>;
  /**
   * Stops listening, ends live pages, and resolves when the last answer has been read. Scrapes under way get a second to
   * finish.
   */
  close(): Promise<void>;
}

/** How long a scrape under way may go on after `close`, in milliseconds. */
const closeGrace = 1000;

/** Longest that the page may wait for a client that reads nothing, in milliseconds. */
const pagePatience = 10_000;

/** Connections beside those of scrapes: 20 for viewers of the live page, 20 for probes and idle ones. */
const otherConnections = 40;

/**
 * Whoever takes longer for the headers, or for the whole request, is closed: a scraper sends 500 bytes at once, and gives
 * up after 10 s itself. Node's own limits are 60 s and 300 s, and are looked at every 30 s. In milliseconds.
 */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
};

/**
 * Starts an HTTP server: `/metrics` for scrapers, `/-/healthy` and `/-/ready` for probes, and the live page at `/` with its
 * stream at `/live`.
 * Rejects with `invalid_option`, `invalid_web_config`, `port_in_use` or `listen_failed`.
 */
export async function expose(source: EndpointSource, options: ExposeOptions = {}): Promise<MetricsEndpoint> {
  checkExposeOptions(options);
  const { port: given = 8000, host, page = true, allowedHosts = [], maxRequestsInFlight, timeoutSeconds } = options;
  const limits = { maxRequestsInFlight, timeoutSeconds };
  const port = Number(given);
  const blockedSeconds = source.blockedSeconds ?? (() => 0);
  const scrapers = new Scrapers();
  let epoch = 0;
  const scrape = watchScrapes(scrapers, answerScrapes({ ...source, epoch: () => epoch }, limits));
  const routes = new Map([
    ['/metrics', source.hasProcesses === true ? onConnectionsOfTheirOwn(scrape) : scrape],
    ['/-/healthy', answerHealth(blockedSeconds)],
    ['/-/ready', answerReadiness(source.serversState ?? (() => 'serving'), blockedSeconds)],
  ] satisfies [string, HttpRequestHandler][]);
  const live = page && source.live !== undefined ? new Live(source.live) : undefined;
  if (live !== undefined) {
    // Loaded here and not above: who never shows the page never pays for its text.
    const { readPage } = await import('../live/page-file.ts');
    const answerPage = pageHandler(readPage, (error) => source.failed(error));
    const names = host === undefined ? allowedHosts : [...allowedHosts, host];
    const patientPage: HttpRequestHandler = (request, response) => {
      response.setTimeout(pagePatience);
      answerPage(request, response);
    };
    routes.set('/', checkHost(names, patientPage));
    routes.set(
      '/live',
      checkHost(names, (request, response) => live.answer(request, response)),
    );
  }
  const security = await protect(source, options, () => live?.endStreams());
  const isSecure = security?.isSecure ?? false;
  const server = security?.createServer(timeouts, createServer) ?? createServer(timeouts);
  const connections = new Connections(server, { most: (maxRequestsInFlight ?? 40) + otherConnections, isSecure });
  const openRoutes = options.protectProbes === true ? [] : probes;
  server.on('request', dispatch(routes, connections, security, openRoutes));
  const { socketPath, socketMode = 0o600 } = options;
  const listen = async () => {
    await source.beforeListening?.();
    return socketPath === undefined ? listenOnPort(server, port, host) : listenOnSocket(server, socketPath, socketMode);
  };
  const { authority, port: bound } = await listen().catch(async (error: unknown) => {
    await security?.close();
    throw error;
  });
  // Node emits one where it cannot accept a connection: without a listener it would end the process.
  server.on('error', (error) => source.failed(error));
  server.unref();
  live?.start();
  let closed: Promise<void> | undefined;
  return {
    url: authority === undefined ? `unix:${socketPath}` : `${isSecure ? 'https' : 'http'}://${authority}`,
    port: bound,
    lastScrape: async (lastScrapeOptions = {}) => {
      const seconds = secondsToWait(lastScrapeOptions);
      epoch += 1; // a rendering under way would lack what was recorded since it began
      return scrapers.waitForLast(seconds);
    },
    close: () => {
      live?.close();
      scrapers.close();
      closed ??= close(server, connections).then(() => security?.close());
      return closed;
    },
  };
}

/**
 * Closes the connection with the answer. When this process is killed, another one has the port within milliseconds. A scraper that kept a
 * connection would lose its next scrape: not all send it again.
 */
function onConnectionsOfTheirOwn(answer: HttpRequestHandler): HttpRequestHandler {
  return (request, response) => {
    response.setHeader('Connection', 'close');
    answer(request, response);
  };
}

/** Routes of probes, which answer without a user by default. */
const probes: readonly string[] = ['/-/healthy', '/-/ready'];

/** Undefined if the endpoint has neither TLS nor users. Rejects with `invalid_option` or `invalid_web_config`. */
async function protect(
  source: EndpointSource,
  options: ExposeOptions,
  accessChanged: () => void,
): Promise<Security | undefined> {
  const { tls, users, tokens, webConfig } = options;
  const report: SecurityReport = {
    stats: source.security ?? new SecurityStats(),
    note: (message) => source.note?.(message),
    failed: (error) => source.failed(error),
    accessChanged,
  };
  // Loaded here: a service without them needs neither node:tls nor node:worker_threads.
  if (webConfig !== undefined) {
    const { protectByFile } = await import('../http/web-config/protect.ts');
    return protectByFile(webConfig, tokens, report);
  }
  if (tls === undefined && users === undefined && tokens === undefined) return undefined;
  const { protectByCode } = await import('../http/security-options.ts');
  return protectByCode({ tls, users, tokens }, report);
}

/** Every request comes through here, whatever answers it. */
function dispatch(
  routes: ReadonlyMap<string, HttpRequestHandler>,
  connections: Connections,
  security: Security | undefined,
  openRoutes: readonly string[],
): HttpRequestHandler {
  return (request, response) => {
    if (!connections.admit(request, response)) return;
    const path = pathOf(request);
    const answer = routes.get(path) ?? notFound;
    security?.prepare(response);
    if (security === undefined || openRoutes.includes(path)) answer(request, response);
    else security.admit(request, response, () => answer(request, response));
  };
}

const notFound: HttpRequestHandler = (_request, response) =>
  sendText(response, 404, 'not found: the metrics are at /metrics');

async function close(server: Server, connections: Connections): Promise<void> {
  connections.close();
  // Idle keep-alive connections are closed at once, as Node does since 19.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cutOff = setTimeout(() => server.closeAllConnections(), closeGrace);
  await closed;
  clearTimeout(cutOff);
}
