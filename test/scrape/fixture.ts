import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import type { MetricFamily, NumberSeries } from '../../src/core/snapshot.ts';
import type { ScrapeSource } from '../../src/scrape/renderings.ts';
import { ScrapeStats } from '../../src/scrape/scrape-stats.ts';
import { expose, type MetricsEndpoint } from '../../src/serve/endpoint.ts';
import type { ExposeOptions } from '../../src/serve/expose-options.ts';

/** A gauge with so many series, of about 100 bytes each. */
export function bigFamily(lines: number, name = 'big'): MetricFamily {
  const series = Array.from({ length: lines }, (_, index) => ({
    labels: { method: `/shop.v1.Shop/Method${index % 100}`, shard: `shard-${index}`, zone: 'eu-central-1' },
    value: index * 1.5,
  }));
  return { name, type: 'gauge', help: 'Big', series };
}

/** As `bigFamily`, but whoever writes it down fails half-way. */
export function brokenFamily(lines: number, cause: Error): MetricFamily {
  const big = bigFamily(lines);
  const broken: NumberSeries = {
    labels: {},
    get value(): number {
      throw cause;
    },
  };
  const series = [...big.series] as NumberSeries[]; // it is a gauge
  series[lines / 2] = broken;
  return { ...big, type: 'gauge', series };
}

export interface Served {
  readonly endpoint: MetricsEndpoint;
  readonly url: string;
  readonly stats: ScrapeStats;
  /** What the source was told of. */
  readonly told: unknown[];
}

const endpoints: MetricsEndpoint[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

/** An endpoint on a free port, closed after the test; with `hasProcesses` one that answers for several. */
export async function served(
  collect: ScrapeSource['collect'],
  options: ExposeOptions = {},
  { hasProcesses = false }: Pick<ScrapeSource, 'hasProcesses'> = {},
): Promise<Served> {
  const stats = new ScrapeStats();
  const told: unknown[] = [];
  const failed = (error: unknown) => told.push(error);
  const source = { collect, failed, stats, vocabularies: ['basic', 'go'], hasProcesses };
  const endpoint = await expose(source, { port: 0, host: '127.0.0.1', ...options });
  endpoints.push(endpoint);
  return { endpoint, url: `${endpoint.url}/metrics`, stats, told };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Rejects where the answer breaks off. */
export async function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const asked = request(url, { headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
  return { status: response.statusCode, headers: response.headers, bytes: await buffer(response) };
}

/** A client that asks and then reads nothing until it is told to. */
export async function askAndWait(port: number, headers = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  sockets.push(socket);
  socket.on('error', () => {}); // it is cut off on purpose
  await once(socket, 'connect');
  socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  return socket;
}

/** Waits until `holds`; the test's own timeout is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What one side waits for and the other gives. */
export function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let resolve: (() => void) | undefined;
  const given = new Promise<void>((give) => {
    resolve = give;
  });
  return { given, give: resolve! };
}
