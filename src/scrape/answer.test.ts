import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Answer } from './answer.ts';
import type { Body } from './compressed.ts';
import { NodeExchange } from './node-exchange.ts';
import { ScrapeStats } from './scrape-stats.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** More than the kernel takes for a client that reads nothing. */
const chunks = Array.from({ length: 200 }, () => Buffer.alloc(65_536));
const body: Body = { chunks, length: 200 * 65_536, size: 0 };

/** The answer with this body to a client that reads when it is told to. */
async function answered(unreadSeconds: number, turn?: () => Promise<void>) {
  const seen = { released: 0, answer: undefined as Answer | undefined };
  const server = createServer((request, response) => {
    const released = () => (seen.released += 1);
    const answer = new Answer(new NodeExchange(request, response, turn), {
      seconds: 60,
      unreadSeconds,
      released,
      stats: new ScrapeStats(),
    });
    seen.answer = answer;
    answer.waitFor((waiter) => {
      queueMicrotask(() => waiter.done(body));
      return () => {};
    }, {});
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on TCP
  sockets.push(client);
  client.on('error', () => {}); // it may be cut off
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => seen.answer?.body).toBe(body);
  return { seen, client };
}

test('a client that reads nothing is cut off', async () => {
  const { seen, client } = await answered(0.3);
  await expect.poll(() => seen.released).toBe(1);
  let length = 0;
  client.on('data', (chunk: Buffer) => (length += chunk.length));
  client.resume();
  await new Promise((resolve) => client.once('close', resolve));
  expect(length).toBeLessThan(body.length);
});

test('a client that reads slowly gets all of it', async () => {
  const { seen, client } = await answered(0.5);
  let length = 0;
  let pauses = 0;
  client.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length < (pauses + 1) * 500_000) return;
    pauses += 1;
    client.pause();
    setTimeout(() => client.resume(), 40);
  });
  client.resume();
  await expect.poll(() => length, { timeout: 15_000 }).toBeGreaterThanOrEqual(body.length);
  expect(pauses).toBeGreaterThan(20);
  expect(seen.released).toBe(1);
});

test('the event loop has a turn after each chunk, though the kernel takes megabytes at once', async () => {
  let turns = 0;
  const { client } = await answered(60, async () => {
    turns += 1;
    await setImmediate();
  });
  let length = 0;
  client.on('data', (chunk: Buffer) => (length += chunk.length));
  client.resume();
  await expect.poll(() => length, { timeout: 15_000 }).toBeGreaterThanOrEqual(body.length);
  expect(turns).toBe(chunks.length);
});

test('how long the client has read nothing is known, and 0 again when it reads', async () => {
  const { seen, client } = await answered(60);
  await expect.poll(() => seen.answer!.unreadSeconds).toBeGreaterThan(0.2);
  client.resume();
  await expect.poll(() => seen.answer!.unreadSeconds).toBeLessThan(0.1);
});
