import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodeText } from '../support/exposition/encode-text.ts';
import { untilClosed } from '../support/wait.ts';
import { ask, askAndWait, bigFamily, brokenFamily, served, signal, until } from './fixture.ts';

const small = bigFamily(10);
const never = () => new Promise<never>(() => {});

test.each([undefined, 3])(
  'what is above a limit of %s scrapes at once is 503 and told when to come again',
  async (limit) => {
    const gate = signal();
    const collect = async () => {
      await gate.given;
      return [small];
    };
    const { url, stats } = await served(collect, { maxRequestsInFlight: limit });
    const allowed = limit ?? 40;
    const asked = Array.from({ length: allowed }, () => ask(url));
    await until(() => stats.inFlight === allowed);
    const refused = await Promise.all([ask(url), ask(url)]);
    for (const { status, headers, bytes } of refused) {
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('1');
      expect(bytes.toString()).toBe(`${allowed} scrapes are being answered already: try again later\n`);
    }
    gate.give();
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    await until(() => stats.inFlight === 0);
    expect((await ask(url)).status).toBe(200);
    expect(stats.requests).toEqual({ '200': allowed + 1, '500': 0, '503': 2 });
  },
);

const timeouts: [name: string, timeoutSeconds: number, headers: Record<string, string>, said: string][] = [
  ['the option', 0.05, {}, '0.05'],
  ['what the scraper waits', 60, { 'x-prometheus-scrape-timeout-seconds': '0.1' }, '0.09'],
];
test.each(timeouts)(
  'a scrape that is not rendered in time is 503, by %s',
  async (_name, timeoutSeconds, headers, said) => {
    const { url, stats, told } = await served(never, { timeoutSeconds });
    const { status, bytes } = await ask(url, headers);
    expect(status).toBe(503);
    expect(bytes.toString()).toBe(`the scrape was not rendered within ${said} s\n`);
    await until(() => stats.inFlight === 0);
    expect(stats.requests).toEqual({ '200': 0, '500': 0, '503': 1 });
    expect(told).toEqual([]);
  },
);

test('the scraper can wait for longer than the option says', async () => {
  const collect = async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [small];
  };
  const { url } = await served(collect, { timeoutSeconds: 0.01 });
  expect((await ask(url)).status).toBe(503);
  expect((await ask(url, { 'x-prometheus-scrape-timeout-seconds': '30' })).status).toBe(200);
});

test('one that shares a rendering with a more patient one is 503 alone', async () => {
  const gate = signal();
  const collect = async () => {
    await gate.given;
    return [small];
  };
  const { url } = await served(collect);
  const patient = ask(url);
  expect((await ask(url, { 'x-prometheus-scrape-timeout-seconds': '0.05' })).status).toBe(503);
  gate.give();
  expect((await patient).status).toBe(200);
});

const broken: [headers: Record<string, string>][] = [
  [{}],
  [{ 'accept-encoding': 'gzip' }],
  [{ 'accept-encoding': 'br' }],
];
test.each(broken)('an encoding that breaks half-way is 500 without a sample, with %j', async (headers) => {
  const cause = new Error('a value broke');
  let families = [brokenFamily(20_000, cause)];
  const { url, stats, told } = await served(() => families);
  const { status, bytes, headers: given } = await ask(url, headers);
  expect(status).toBe(500);
  expect(bytes.toString()).toBe('the scrape failed: a value broke\n');
  expect(given['content-encoding']).toBeUndefined();
  expect(told).toEqual([cause]);
  expect(stats.errors).toEqual({ gathering: 0, encoding: 1 });
  families = [small];
  expect((await ask(url, headers)).status).toBe(200);
  await until(() => stats.inFlight === 0);
  expect(stats.requests).toEqual({ '200': 1, '500': 1, '503': 0 });
});

test('a rendering that fails is one fault, and a 500 for each who shares it', async () => {
  const gate = signal();
  const cause = new Error('a collector broke');
  const collect = async () => {
    await gate.given;
    throw cause;
  };
  const { url, stats, told } = await served(collect);
  const asked = [ask(url), ask(url), ask(url)];
  await until(() => stats.inFlight === 3);
  gate.give();
  for (const { status } of await Promise.all(asked)) expect(status).toBe(500);
  expect(told).toEqual([cause]);
  expect(stats.errors).toEqual({ gathering: 1, encoding: 0 });
  expect(stats.requests).toEqual({ '200': 0, '500': 3, '503': 0 });
});

const decompress: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  identity: (bytes) => bytes,
};
const codings: [accepted: string, coding: string][] = [
  ['gzip', 'gzip'],
  ['gzip, br', 'gzip'],
  ['br, gzip;q=0.5', 'br'],
  ['br', 'br'],
  ['identity', 'identity'],
  ['compress', 'identity'],
];
test.each(codings)('Accept-Encoding %s: %s, its size counted before', async (accepted, coding) => {
  const families = [bigFamily(3000)];
  const { url, stats } = await served(() => families);
  const { headers, bytes } = await ask(url, { 'accept-encoding': accepted });
  expect(headers['content-encoding'] ?? 'identity').toBe(coding);
  expect(headers['content-length']).toBe(String(bytes.length));
  expect(headers.vary).toBe('Accept, Accept-Encoding');
  const expected = encodeText(families);
  expect(decompress[coding]!(bytes).toString()).toBe(expected);
  expect(stats.size).toBe(expected.length);
  expect(stats.duration.count).toBe(1);
});

test('names that are asked for are all that is rendered', async () => {
  const { url } = await served(() => [bigFamily(10), bigFamily(10, 'other')]);
  expect((await ask(`${url}?name[]=other`)).bytes.toString()).toBe(encodeText([bigFamily(10, 'other')]));
  expect((await ask(`${url}?name%5B%5D=unknown`)).bytes.toString()).toBe('');
});

test('the format is that of the Accept header', async () => {
  const { url } = await served(() => [small]);
  const { headers, bytes } = await ask(url, { accept: 'application/openmetrics-text; version=1.0.0' });
  expect(headers['content-type']).toContain('application/openmetrics-text');
  expect(bytes.toString()).toMatch(/# EOF\n$/);
});

test('a scrape that is being rendered at close gets its answer', async () => {
  const families = [bigFamily(20_000)];
  const { endpoint, url, stats } = await served(() => families);
  const asked = ask(url);
  await until(() => stats.inFlight === 1);
  await endpoint.close();
  expect((await asked).bytes.toString()).toBe(encodeText(families));
  await until(() => stats.inFlight === 0);
});

test('requests one after another on one connection', async () => {
  const { endpoint, stats } = await served(() => [small]);
  const socket = await askAndWait(endpoint.port, '\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n');
  const all = text(socket);
  await untilClosed(socket);
  expect((await all).match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(2);
  await until(() => stats.inFlight === 0);
});
