import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { MetricFamily } from '../../src/core/snapshot.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { Answer } from '../../src/scrape/answer.ts';
import { scrapeFetch } from '../../src/scrape/fetch.ts';
import { FetchExchange } from '../../src/scrape/fetch-exchange.ts';
import { scrapeHandler } from '../../src/scrape/handler.ts';
import type { ScrapeSource } from '../../src/scrape/renderings.ts';
import { ScrapeStats } from '../../src/scrape/scrape-stats.ts';
import { bigFamily, until } from './fixture.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const families: readonly MetricFamily[] = [
  { name: 'jobs_total', type: 'counter', help: 'Größe', series: [{ labels: {}, value: 1 }] },
  bigFamily(3000),
];

function source(collect: ScrapeSource['collect'] = () => families): ScrapeSource {
  return { collect, failed: () => {}, stats: new ScrapeStats(), vocabularies: ['basic', 'go'] };
}

interface Asked {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

async function overHttp(from: ScrapeSource, { method = 'GET', query = '', headers = {} }: Asked): Promise<Answered> {
  const server = createServer(scrapeHandler(from));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const asked = request({ port, host: '127.0.0.1', path: `/metrics${query}`, method, headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, headers: { ...response.headers }, bytes: await buffer(response) };
}

async function asResponse(from: ScrapeSource, { method = 'GET', query = '', headers = {} }: Asked): Promise<Answered> {
  const response = await scrapeFetch(from)(new Request(`http://shop/metrics${query}`, { method, headers }));
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), bytes };
}

/** Without what belongs to the connection, and what differs from run to run. */
function comparable({ status, headers, bytes }: Answered): object {
  const {
    date: _date,
    connection: _connection,
    'process-instance': _,
    'process-start-time-unix': __,
    'content-length': length,
    ...rest
  } = headers;
  return { status, headers: rest, length: status === 200 ? length : undefined, bytes };
}

const never = () => new Promise<never>(() => {});
const failing = () => {
  throw new Error('no database');
};
const scrapes: [name: string, asked: Asked, collect?: ScrapeSource['collect']][] = [
  ['text', {}],
  ['OpenMetrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } }],
  [
    'protobuf',
    {
      headers: {
        accept: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
      },
    },
  ],
  ['gzip', { headers: { 'accept-encoding': 'gzip' } }],
  ['brotli', { headers: { 'accept-encoding': 'br' } }],
  ['some names', { query: '?name[]=jobs_total&name[]=x' }],
  ['a vocabulary', { query: '?naming=go' }],
  ['an unknown vocabulary', { query: '?naming=x' }],
  ['a query that is too long', { query: `?name[]=${'x'.repeat(10_000)}` }],
  ['HEAD', { method: 'HEAD' }],
  ['HEAD, gzip', { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } }],
  ['HEAD of what fails', { method: 'HEAD' }, failing],
  ['POST', { method: 'POST' }],
  ['DELETE', { method: 'DELETE' }],
  ['a scrape that fails', {}, failing],
  ['one that takes too long', { headers: { 'x-prometheus-scrape-timeout-seconds': '0.05' } }, never],
];
test.each(scrapes)('fetch() answers as handler() does: %s', async (_name, asked, collect) => {
  const [http, fetched] = [source(collect), source(collect)];
  const [expected, found] = [await overHttp(http, asked), await asResponse(fetched, asked)];
  expect(comparable(found)).toEqual(comparable(expected));
  await until(() => http.stats.inFlight === 0 && fetched.stats.inFlight === 0);
  expect(fetched.stats.requests).toEqual(http.stats.requests);
  expect(fetched.stats.errors).toEqual(http.stats.errors);
  expect(fetched.stats.size).toBe(http.stats.size);
});

test('what is compressed is the same text', async () => {
  const { bytes } = await asResponse(source(), {});
  const decompress = { gzip: gunzipSync, br: brotliDecompressSync };
  for (const [coding, read] of Object.entries(decompress)) {
    const compressed = await asResponse(source(), { headers: { 'accept-encoding': coding } });
    expect(compressed.headers['content-encoding']).toBe(coding);
    expect(read(compressed.bytes).equals(bytes)).toBe(true);
  }
});

test('at most 40 scrapes are answered at the same time', async () => {
  const from = source(never);
  const fetched = scrapeFetch(from);
  const leaving = new AbortController();
  const waiting = Array.from({ length: 40 }, () =>
    fetched(new Request('http://shop/metrics', { signal: leaving.signal })),
  );
  const response = await fetched(new Request('http://shop/metrics'));
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(from.stats.inFlight).toBe(40);
  leaving.abort();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 499));
  expect(from.stats.inFlight).toBe(0);
});

describe('a scrape ends', () => {
  test('when its body has been read', async () => {
    const from = source();
    const response = await scrapeFetch(from)(new Request('http://shop/metrics'));
    expect(from.stats.inFlight).toBe(1);
    await response.arrayBuffer();
    expect(from.stats.inFlight).toBe(0);
  });

  test('when its body is cancelled', async () => {
    const from = source();
    const response = await scrapeFetch(from)(new Request('http://shop/metrics'));
    await response.body!.cancel();
    expect(from.stats.inFlight).toBe(0);
  });

  test('when its client leaves', async () => {
    const from = source();
    const leaving = new AbortController();
    await scrapeFetch(from)(new Request('http://shop/metrics', { signal: leaving.signal }));
    leaving.abort();
    expect(from.stats.inFlight).toBe(0);
  });

  test('when its client had left before', async () => {
    const from = source();
    const { status } = await scrapeFetch(from)(new Request('http://shop/metrics', { signal: AbortSignal.abort() }));
    expect([status, from.stats.inFlight]).toEqual([499, 0]);
  });

  test('when nobody reads it, and who reads then sees that it is broken', async () => {
    const exchange = new FetchExchange(new Request('http://shop/metrics'));
    let released = 0;
    const answer = new Answer(exchange, {
      seconds: 60,
      unreadSeconds: 0.05,
      released: () => (released += 1),
      stats: new ScrapeStats(),
    });
    const chunks = [Buffer.from('x 1\n'), Buffer.from('y 1\n')];
    answer.waitFor((waiter) => {
      queueMicrotask(() => waiter.done({ chunks, length: 8, size: 8 }));
      return () => {};
    }, {});
    const response = await exchange.response;
    await until(() => released === 1);
    await expect(response.text()).rejects.toThrow('cut off');
  });
});

test('fetch() of metrics counts its scrapes', async () => {
  const metrics = new GrpcMetrics();
  const text = async () => (await metrics.fetch(new Request('http://shop/metrics'))).text();
  expect(await text()).toContain('promhttp_metric_handler_requests_total{code="200"} 0\n');
  expect(await text()).toContain('promhttp_metric_handler_requests_total{code="200"} 1\n');
  const { contentType, body } = await metrics.render();
  const response = new Response(body, { headers: { 'content-type': contentType } }); // type-checks, too
  expect(await response.text()).toContain('promhttp_metric_handler_requests_in_flight 0\n');
});

test.each(['http://shop/metrics', undefined, null, {}, { url: '/metrics' }])(
  'fetch() of what is no Request is a clear error: %j',
  async (given) => {
    await expect(new GrpcMetrics().fetch(given as Request)).rejects.toMatchObject({ code: 'invalid_option' });
  },
);
