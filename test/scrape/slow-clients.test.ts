import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { untilClosed } from '../support/wait.ts';
import { ask, askAndWait, bigFamily, served, until } from './fixture.ts';

/** More than the sockets of both sides take. */
const families = [bigFamily(200_000)];

afterEach(() => {
  vi.useRealTimers();
});

const left = (): string[] => {
  const ours = ['Timeout', 'Immediate', 'TCPSocketWrap', 'Zlib', 'BrotliEncoder'];
  return process.getActiveResourcesInfo().filter((resource) => ours.includes(resource));
};

const ways: [name: string, headers: string][] = [
  ['while it is rendered', ''],
  ['while it is compressed', 'Accept-Encoding: gzip\r\n'],
  ['while it is compressed by brotli', 'Accept-Encoding: br\r\n'],
];
test.each(ways)('a client that goes away %s leaves nothing', async (_name, headers) => {
  const { endpoint, stats, told } = await served(() => families);
  const before = left().length;
  const socket = await askAndWait(endpoint.port, headers);
  await until(() => stats.inFlight === 1);
  socket.destroy();
  await until(() => stats.inFlight === 0);
  // The compressing stream ends when its thread gives back what it has.
  await until(() => left().length <= before);
  expect(told).toEqual([]);
  expect(stats.requests).toEqual({ '200': 0, '500': 0, '503': 0 });
  expect(stats.errors).toEqual({ gathering: 0, encoding: 0 });
  expect(stats.size).toBe(0);
});

test('a client that never reads and closes leaves nothing', async () => {
  const { endpoint, stats, told } = await served(() => families);
  const socket = await askAndWait(endpoint.port);
  await until(() => stats.requests['200'] === 1);
  // What the sockets took is under way, the rest waits.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(stats.inFlight).toBe(1);
  socket.destroy();
  await until(() => stats.inFlight === 0);
  expect(told).toEqual([]);
  expect((await ask(`${endpoint.url}/-/healthy`)).status).toBe(200);
});

/** Reads one byte every 10 ms. */
function sip(socket: Socket): NodeJS.Timeout {
  return setInterval(() => socket.read(1), 10);
}

test.each([
  ['one that reads a byte now and then', sip],
  ['one that reads nothing', () => undefined],
] as const)(
  'a slow client is cut off after the timeout, and others are answered meanwhile: %s',
  async (_name, read) => {
    const { endpoint, url, stats, told } = await served(() => families);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const slow = await askAndWait(endpoint.port, 'X-Prometheus-Scrape-Timeout-Seconds: 2\r\n');
    const reading = read(slow);
    while (stats.requests['200'] === 0) await turn();
    expect((await ask(url, { 'x-prometheus-scrape-timeout-seconds': '30' })).status).toBe(200);
    await vi.advanceTimersByTimeAsync(1799);
    expect(stats.inFlight).toBe(1);
    await vi.advanceTimersByTimeAsync(1); // a tenth of the 2 s is for the way back
    vi.useRealTimers();
    await until(() => stats.inFlight === 0);
    clearInterval(reading);
    let bytes = 0;
    slow.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    slow.resume();
    await untilClosed(slow);
    // The scraper sees that it is not the whole.
    expect(bytes).toBeLessThan(stats.size);
    expect(told).toEqual([]);
  },
);

test('slow clients that share a rendering hold one buffer, and are counted', async () => {
  const { endpoint, stats } = await served(() => families, { maxRequestsInFlight: 5 });
  const slow = await Promise.all(Array.from({ length: 5 }, () => askAndWait(endpoint.port)));
  await until(() => stats.requests['200'] === 5);
  expect((await ask(`${endpoint.url}/metrics`)).status).toBe(503);
  for (const socket of slow) socket.destroy();
  await until(() => stats.inFlight === 0);
  expect((await ask(`${endpoint.url}/metrics`, { 'accept-encoding': 'gzip' })).status).toBe(200);
});
