import { channel } from 'node:diagnostics_channel';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { MetricsError } from '../core/errors.ts';
import type { MetricFamily } from '../core/snapshot.ts';
import type { LiveSource } from '../live/live.ts';
import type { ScrapeSource } from '../scrape/renderings.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { type EndpointSource, expose, type MetricsEndpoint } from './endpoint.ts';
import type { ExposeOptions } from './expose-options.ts';

const body = '# HELP x X\n# TYPE x gauge\nx 1\n';
const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const families: MetricFamily[] = [{ name: 'x', type: 'gauge', help: 'X', series: [{ labels: {}, value: 1 }] }];

/** A source that works, and what it was told of. */
function source(collect: ScrapeSource['collect'] = () => families) {
  const told: unknown[] = [];
  return { collect, failed: (error: unknown) => told.push(error), told, stats: new ScrapeStats() };
}

const endpoints: MetricsEndpoint[] = [];
afterEach(async () => {
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

async function exposed(options: ExposeOptions = {}, from: EndpointSource = source()): Promise<MetricsEndpoint> {
  const endpoint = await expose(from, { port: 0, host: '127.0.0.1', ...options });
  endpoints.push(endpoint);
  return endpoint;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

async function ask(url: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const asked = request(url, { method, headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage]; // as documented
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer); // no encoding is set
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) };
}

const plain = 'text/plain; charset=utf-8';
const notFound = 'not found: the metrics are at /metrics\n';
const routes: [path: string, status: number, type: string, text: string][] = [
  ['/metrics', 200, contentType, body],
  ['/metrics?', 200, contentType, body],
  ['/metrics?verbose=1&x=/y?z', 200, contentType, body],
  ['/-/healthy', 200, plain, 'healthy\n'],
  ['/-/healthy?x=1', 200, plain, 'healthy\n'],
  ['/-/ready', 200, plain, 'ready\n'],
  ['/', 404, plain, notFound],
  ['/live', 404, plain, notFound],
  ['/metrics/', 404, plain, notFound],
  ['/metricsx', 404, plain, notFound],
  ['/METRICS', 404, plain, notFound],
  ['//metrics', 404, plain, notFound],
  ['/favicon.ico', 404, plain, notFound],
];
test.each(routes)('GET %s is answered %i', async (path, status, type, text) => {
  const { url } = await exposed();
  const get = await ask(url + path);
  expect(get).toMatchObject({ status, headers: { 'content-type': type, 'content-length': String(text.length) } });
  expect(get.bytes.toString()).toBe(text);
});

test('a target in absolute form, as HTTP proxies send it', async () => {
  const { port } = await exposed();
  const asked = request({ host: '127.0.0.1', port, path: 'http://shop.internal:8000/metrics?x=1', agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
});

const live: LiveSource = {
  hello: () => ({
    service: {},
    process: { host: 'a', pid: 1, node: 'v1', startedAt: 0 },
    labels: { method: 'method', status: 'status', errorType: 'error_type', state: 'state' },
    statuses: {},
    unknownMethod: 'unknown',
    queries: {},
    scraped: {},
  }),
  collect: () => [],
  start: () => () => {},
  watch: () => () => {},
  failed: () => {},
};
const hosts: [path: string, host: string, options: ExposeOptions, status: number][] = [
  ['/', 'evil.test', {}, 403],
  ['/live', 'evil.test', {}, 403],
  ['/metrics', 'evil.test', {}, 200],
  ['/-/healthy', 'evil.test', {}, 200],
  ['/', 'localhost:8000', {}, 200],
  ['/live', '127.0.0.1', {}, 200],
  ['/', 'shop.internal', { allowedHosts: ['shop.internal'] }, 200],
  ['/live', 'shop.internal', { allowedHosts: ['.internal'] }, 200],
];
test.each(hosts)('GET %s for the host %s, with %j, is answered %i', async (path, host, options, status) => {
  const { url } = await exposed({ host: 'localhost', ...options }, { ...source(), live });
  const asked = request(url + path, { headers: { host }, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.destroy();
  expect(response.statusCode).toBe(status);
  expect(response.headers).toMatchObject({
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
});

const machine = hostname();
const isListenable = await lookup(machine).then(
  () => true,
  () => false,
);
test.skipIf(!isListenable)('the name that the endpoint listens on is allowed', async () => {
  const { url } = await exposed({ host: machine }, { ...source(), live });
  expect(new URL(url).hostname).toBe(machine.toLowerCase());
  expect((await ask(`${url}/`)).status).toBe(200);
});

test('HEAD has the headers of GET', async () => {
  const { url } = await exposed();
  const { date: _date, ...get } = (await ask(`${url}/metrics`)).headers;
  const { status, headers, bytes } = await ask(`${url}/metrics`, 'HEAD');
  expect(status).toBe(200);
  expect(headers).toMatchObject(get);
  expect(bytes).toHaveLength(0);
});

test('POST is answered 405 with what is allowed', async () => {
  const { url } = await exposed();
  expect(await ask(`${url}/metrics`, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
});

test('gzip, as Prometheus asks for it', async () => {
  const { url } = await exposed();
  const { headers, bytes } = await ask(`${url}/metrics`, 'GET', { 'accept-encoding': 'gzip' });
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(bytes.length) });
  expect(gunzipSync(bytes).toString()).toBe(body);
});

test('a scrape that fails is 500, is told of, and the next one can work', async () => {
  let fails = true;
  const from = source(async () => {
    if (fails) throw new Error('a collector broke');
    return families;
  });
  const { url } = await exposed({}, from);
  const failed = await ask(`${url}/metrics`);
  expect(failed.status).toBe(500);
  expect(failed.bytes.toString()).toBe('the scrape failed: a collector broke\n');
  expect(from.told).toEqual([new Error('a collector broke')]);
  expect((await ask(`${url}/-/healthy`)).status).toBe(200);
  fails = false;
  expect((await ask(`${url}/metrics`)).bytes.toString()).toBe(body);
  expect(from.told).toHaveLength(1);
});

const badPorts = [-1, 65_536, 1.5, NaN, Infinity, '', ' 8000', '0x1F40', 'http', null, {}] as number[];
test.each(badPorts)('port %j is an invalid option', async (port) => {
  const shown = typeof port === 'number' ? String(port) : JSON.stringify(port);
  const message = `port must be a whole number from 0 to 65535, not ${shown}`;
  const thrown: unknown = await exposed({ port }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(MetricsError);
  expect(thrown).toMatchObject({ code: 'invalid_option', message });
});

const takenPorts: [where: string, options: ExposeOptions, address: string][] = [
  ['one address', { host: '127.0.0.1' }, '127.0.0.1:'],
  ['every address', {}, ''],
];
test.each(takenPorts)('a port that is taken on %s is named, with what to do', async (_where, options, address) => {
  const endpoint = await expose(source(), { port: 0, ...options });
  endpoints.push(endpoint);
  const { port } = endpoint;
  const thrown: unknown = await expose(source(), { port, ...options }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(MetricsError);
  const remedy = 'end the process that has it, choose another port, or take a free one with port 0';
  expect(thrown).toMatchObject({
    code: 'port_in_use',
    message: `port ${address}${port} is in use: ${remedy}`,
    cause: { code: 'EADDRINUSE' },
  });
});

const badHosts: [name: string, host: string, message: RegExp][] = [
  ['no such name', 'no-such-host.invalid', /^cannot listen on no-such-host\.invalid:0: .*no-such-host\.invalid/],
  ['an address of another machine', '192.0.2.1', /^cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/],
];
test.each(badHosts)('a host that cannot be listened on: %s', async (_name, host, message) => {
  const thrown: unknown = await exposed({ host }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(MetricsError);
  expect(thrown).toMatchObject({ code: 'listen_failed', message: expect.stringMatching(message) });
  expect((thrown as MetricsError).cause).toBeInstanceOf(Error);
});

const addresses = Object.values(networkInterfaces()).flat();
const hasIPv6 = addresses.some((address) => address !== undefined && isIPv6(address.address) && address.internal);
const addressesOf: [host: string | undefined, name: string, skip: boolean][] = [
  ['127.0.0.1', '127.0.0.1', false],
  ['localhost', 'localhost', false],
  ['0.0.0.0', 'localhost', false],
  ['::1', '[::1]', !hasIPv6],
  ['::', 'localhost', !hasIPv6],
  [undefined, 'localhost', false],
  ['', 'localhost', false],
];
describe.each(addressesOf)('host %j', (host, name, skip) => {
  test.skipIf(skip)('has a url that answers', async () => {
    const { url, port } = await exposed({ host });
    expect(port).toBeGreaterThan(0);
    expect(url).toBe(`http://${name}:${port}`);
    expect((await ask(`${url}/metrics`)).bytes.toString()).toBe(body);
  });
});

test('an error of the server while it runs is told of and does not end the process', async () => {
  // Node's servers emit one when they cannot accept a connection; without a listener it would be an uncaught exception.
  const servers: Server[] = [];
  const onRequest = (message: unknown) => servers.push((message as { server: Server }).server); // as documented
  channel('http.server.request.start').subscribe(onRequest);
  const from = source();
  const { url } = await exposed({}, from);
  await ask(`${url}/-/healthy`);
  channel('http.server.request.start').unsubscribe(onRequest);
  const cause = new Error('accept EMFILE');
  expect(() => servers[0]!.emit('error', cause)).not.toThrow();
  expect(from.told).toEqual([cause]);
  expect((await ask(`${url}/metrics`)).status).toBe(200);
});
