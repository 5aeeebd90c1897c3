import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { untilClosed } from '../../test/support/wait.ts';
import type { MetricFamily } from '../core/snapshot.ts';
import { scrapeHandler } from './handler.ts';
import type { ScrapeSource } from './renderings.ts';
import { ScrapeStats } from './scrape-stats.ts';

const body = '# HELP x Größe\n# TYPE x gauge\nx 1\n';
const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const families: MetricFamily[] = [{ name: 'x', type: 'gauge', help: 'Größe', series: [{ labels: {}, value: 1 }] }];

function source(collect: ScrapeSource['collect'], told: unknown[] = []): ScrapeSource {
  return { collect, failed: (error) => told.push(error), stats: new ScrapeStats() };
}
const working: ScrapeSource = {
  ...source(() => families),
  failed: (error) => {
    throw error;
  },
};

const servers: Server[] = [];
afterEach(async () => {
  const closing = servers.splice(0).map(async (server) => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  await Promise.all(closing);
});

/** A user's own server, with our handler for one path of it. */
async function mounted(from: ScrapeSource, path = '/internal/metrics'): Promise<string> {
  const scrape = scrapeHandler(from);
  const server = createServer((incoming, response) => {
    if (incoming.url === path) scrape(incoming, response);
    else response.end("the user's own");
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

async function ask(url: string, method = 'GET', sent: Record<string, string> = {}): Promise<Answer> {
  const asked = request(url, { method, headers: sent, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer); // no encoding is set
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) };
}

/** Without what differs from run to run. */
function stable(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { date: _date, 'process-start-time-unix': _start, 'process-instance': _instance, ...rest } = headers;
  return rest;
}

test("it answers at any path of a user's server, and nowhere else", async () => {
  const url = await mounted(working);
  const { status, headers: given, bytes } = await ask(`${url}/internal/metrics`);
  expect(status).toBe(200);
  expect(bytes.toString()).toBe(body);
  expect(stable(given)).toEqual({
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
    vary: 'Accept, Accept-Encoding',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  expect((await ask(`${url}/metrics`)).bytes.toString()).toBe("the user's own");
});

test('gzip where it is accepted, and it is the same text', async () => {
  const url = `${await mounted(working)}/internal/metrics`;
  const { headers: given, bytes } = await ask(url, 'GET', { 'accept-encoding': 'deflate, gzip;q=0.5' });
  expect(stable(given)).toEqual({
    'content-type': contentType,
    'content-encoding': 'gzip',
    'content-length': String(bytes.length),
    vary: 'Accept, Accept-Encoding',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  expect(gunzipSync(bytes).toString()).toBe(body);
  const plain = await ask(url, 'GET', { 'accept-encoding': 'gzip;q=0' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.bytes.toString()).toBe(body);
});

test.each(['', 'gzip'])('HEAD has the headers of GET and no body, with Accept-Encoding %j', async (encoding) => {
  const url = `${await mounted(working)}/internal/metrics`;
  const get = await ask(url, 'GET', { 'accept-encoding': encoding });
  const head = await ask(url, 'HEAD', { 'accept-encoding': encoding });
  expect(head.status).toBe(200);
  expect(stable(head.headers)).toEqual(stable(get.headers));
  expect(head.headers['content-length']).toBe(String(get.bytes.length));
  expect(head.bytes).toHaveLength(0);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is answered 405 with what is allowed', async (method) => {
  const url = `${await mounted(working)}/internal/metrics`;
  const { status, headers: given, bytes } = await ask(url, method);
  expect(status).toBe(405);
  expect(given.allow).toBe('GET, HEAD');
  expect(bytes.toString()).toBe(`${method} is not answered here: use GET or HEAD\n`);
});

const throwing = {
  toString: () => {
    throw new Error('no text');
  },
};
const failures: [name: string, cause: unknown, said: string][] = [
  ['an error', new Error('a collector broke'), 'a collector broke'],
  ['text', 'broken', 'broken'],
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('broken'), 'Symbol(broken)'],
  ['an object without prototype', Object.create(null), '[object Object]'],
  ['an object whose text throws', throwing, '[object Object]'],
  ['an error that quotes samples', new Error('bad:\nx{a="b"} 1\ny 2'), 'bad: x{a="b"} 1 y 2'],
];
const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? \S+$/m;
test.each(failures)('a scrape that fails is 500 without a sample, and is told of: %s', async (_name, cause, said) => {
  const told: unknown[] = [];
  const url = await mounted(source(() => Promise.reject(cause), told));
  const { status, headers: given, bytes } = await ask(`${url}/internal/metrics`, 'GET', { 'accept-encoding': 'gzip' });
  expect(status).toBe(500);
  expect(bytes.toString()).toBe(`the scrape failed: ${said}\n`);
  expect(bytes.toString()).not.toMatch(sample);
  expect(given).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' });
  expect(given['content-encoding']).toBeUndefined();
  expect(told).toEqual([cause]);
});

test('a source that throws rather than rejects is 500 too', async () => {
  const told: unknown[] = [];
  const cause = new Error('at once');
  const collect = () => {
    throw cause;
  };
  const url = await mounted(source(collect, told));
  expect((await ask(`${url}/internal/metrics`)).status).toBe(500);
  expect(told).toEqual([cause]);
});

test('a scraper that goes away before its answer costs nothing', async () => {
  let render: (() => void) | undefined;
  const rendered = new Promise<void>((resolve) => {
    render = resolve;
  });
  const told: unknown[] = [];
  let asked: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const collect = async () => {
    asked!();
    await rendered;
    return families;
  };
  const url = await mounted(source(collect, told));
  const leaving = request(`${url}/internal/metrics`, { agent: false });
  leaving.on('error', () => {}); // the socket is hung up on purpose
  leaving.end();
  await arrived;
  const left = new Promise((resolve) => {
    leaving.on('close', resolve);
  });
  leaving.destroy();
  await left;
  render!();
  expect((await ask(`${url}/internal/metrics`)).bytes.toString()).toBe(body);
  expect(told).toEqual([]);
});

const badOptions: [options: object, message: string][] = [
  ...['0', '-1', '1.5', 'Infinity'].map((given): (typeof badOptions)[number] => [
    { maxRequestsInFlight: Number(given) },
    `maxRequestsInFlight must be a whole number from 1, not ${given}`,
  ]),
  [{ maxRequestsInFlight: '40' }, 'maxRequestsInFlight must be a whole number from 1, not "40"'],
  [{ maxRequestsInFlight: null }, 'maxRequestsInFlight must be a whole number from 1, not null'],
  ...['0', '-1', '3601', 'NaN'].map((given): (typeof badOptions)[number] => [
    { timeoutSeconds: Number(given) },
    `timeoutSeconds must be a number from 0.001 to 3600, not ${given}`,
  ]),
  [{ timeoutSeconds: '10' }, 'timeoutSeconds must be a number from 0.001 to 3600, not "10"'],
  [{ timeoutSeconds: {} }, 'timeoutSeconds must be a number from 0.001 to 3600, not {}'],
  [{ timeout: 10 }, 'handler(): unknown option "timeout", which is now "timeoutSeconds"'],
  [{ maxRequests: 10 }, 'handler(): unknown option "maxRequests", did you mean "maxRequestsInFlight"?'],
];
test.each(badOptions)('%j is an invalid option', (options, message) => {
  expect(() => scrapeHandler(working, options)).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});

test.each([
  {},
  { maxRequestsInFlight: undefined, timeoutSeconds: undefined },
  { maxRequestsInFlight: 1, timeoutSeconds: 0.001 },
])('%j are valid options', (options) => {
  expect(() => scrapeHandler(working, options)).not.toThrow();
});

test('the start of the process, in whole seconds since 1970', async () => {
  const { headers: given } = await ask(`${await mounted(working)}/internal/metrics`);
  const start = Number(given['process-start-time-unix']);
  expect(Number.isInteger(start)).toBe(true);
  expect(Math.abs(Date.now() / 1000 - process.uptime() - start)).toBeLessThan(2);
});

test('a query that is longer than 8192 characters is refused', async () => {
  const [longest, longer] = ['x'.repeat(8192), 'x'.repeat(8193)];
  expect((await ask(`${await mounted(working, `/metrics?${longest}`)}/metrics?${longest}`)).status).toBe(200);
  const { status, bytes } = await ask(`${await mounted(working, `/metrics?${longer}`)}/metrics?${longer}`);
  expect(status).toBe(414);
  expect(bytes.toString()).toBe('the query is longer than 8192 characters\n');
});

test('a connection that waits for more than 8 answers is cut off, also on a server of the user', async () => {
  let collected = 0;
  const url = await mounted(
    source(() => {
      collected += 1;
      return new Promise(() => {});
    }),
  );
  const attacker = connect(Number(new URL(url).port), '127.0.0.1');
  attacker.on('error', () => {}); // it is cut off on purpose
  attacker.write('GET /internal/metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
  attacker.resume();
  await untilClosed(attacker);
  expect(collected).toBe(1);
});

test.each(['naming=go', 'naming=', 'naming=basic&naming=GO'])(
  '?%s is refused with the vocabularies that there are',
  async (query) => {
    const url = await mounted({ ...working, vocabularies: ['basic', 'otel'] }, `/metrics?${query}`);
    const { status, bytes } = await ask(`${url}/metrics?${query}`);
    expect(status).toBe(400);
    const unknown = query.slice(query.lastIndexOf('=') + 1);
    expect(bytes.toString()).toContain(`there is no vocabulary "${unknown}": naming can be basic, otel`);
  },
);

test('the vocabularies that are asked for come to the source', async () => {
  const told: unknown[] = [];
  const collect: ScrapeSource['collect'] = ({ naming }) => {
    told.push(naming);
    return families;
  };
  const path = '/metrics?naming=otel&naming=basic';
  const url = await mounted({ ...source(collect), vocabularies: ['basic', 'otel'] }, path);
  expect((await ask(url + path)).status).toBe(200);
  expect(told).toEqual([['basic', 'otel']]);
});
