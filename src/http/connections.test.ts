import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { endConnections, expendable, serveBounded } from '../../test/support/bounded-server.ts';
import { untilClosed } from '../../test/support/wait.ts';
import type { ConnectionsOptions } from './connections.ts';

afterEach(endConnections);

const served = (answer: RequestListener, options?: ConnectionsOptions) => serveBounded(createServer(), answer, options);

/** A client that sends this at once, and reads only if it is told to. */
async function client(port: number, sends = '', reads = true): Promise<Socket & { readonly text: () => string }> {
  const socket = expendable(connect(port, '127.0.0.1'));
  let text = '';
  if (reads) socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  else socket.pause();
  await once(socket, 'connect');
  socket.write(sends);
  return Object.assign(socket, { text: () => text });
}

const get = (path = '/', headers = 'Host: x\r\n') => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;
const never: RequestListener = () => {};
const short: RequestListener = (_request, response) => void response.end('short\n');
const long: RequestListener = (_request, response) => void response.end('x'.repeat(100_000));
/** More than the kernel takes. */
const endless: RequestListener = (_request, response) => void response.end('x'.repeat(20_000_000));
const statuses = (text: string) => Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status));

/** Polls until the condition holds; the test's timeout is the limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

const floods: [name: string, answer: RequestListener][] = [
  ['whose answers never come', never],
  ['answered at once', short],
  ['answered at once with more than is read', long],
];
test.each(floods)(
  'of 2,000 pipelined requests %s few are seen, and the connection is closed',
  async (_name, answer) => {
    const { port, seen } = await served(answer);
    await client(port, get().repeat(2000), false);
    await until(() => seen.accepted.length > 0);
    await untilClosed(seen.accepted[0]!); // a client that reads nothing never sees it
    expect(seen.urls).toHaveLength(8);
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.refused).toBeLessThan(40);
  },
);

test('what is pipelined moderately is answered in its order, also to a slow reader', async () => {
  const { port, seen } = await served(long);
  const paths = Array.from({ length: 8 }, (_, index) => `/${index}`);
  const slow = await client(port, paths.map((path) => get(path)).join(''), false);
  await sleep(50);
  let length = 0;
  slow.on('data', (chunk: Buffer) => (length += chunk.length));
  slow.resume();
  await until(() => length > 800_000);
  expect(seen.urls).toEqual(paths);
});

test('the next request is read when the answer to the one before has been written', async () => {
  const waiting: (() => void)[] = [];
  const { port, seen } = await served((_request, response) => void waiting.push(() => response.end()));
  const fill = 'x'.repeat(600); // each request is longer than a slice
  const one = await client(port, ['/1', '/2', '/3'].map((path) => get(path, `Host: x\r\nFill: ${fill}\r\n`)).join(''));
  await until(() => seen.urls.length > 0);
  await sleep(50);
  expect(seen.urls).toEqual(['/1']);
  waiting[0]!();
  await until(() => seen.urls.length > 1);
  waiting[1]!();
  await until(() => seen.urls.length > 2);
  waiting[2]!();
  await until(() => statuses(one.text()).length === 3);
});

const bodies: [name: string, headers: string, chunk: string][] = [
  ['of a length', 'Host: x\r\nContent-Length: 1000000000\r\n', 'x'.repeat(65_536)],
  ['in chunks', 'Host: x\r\nTransfer-Encoding: chunked\r\n', `10000\r\n${'x'.repeat(65_536)}\r\n`],
];
test.each(bodies)(
  'an endless body %s is not read: its connection is closed with the answer',
  async (_name, headers, chunk) => {
    const { port, seen } = await served(short);
    const attacker = await client(port, `POST / HTTP/1.1\r\n${headers}\r\n`);
    while (!attacker.destroyed) {
      attacker.write(chunk);
      await sleep(1);
    }
    await untilClosed(attacker);
    expect(attacker.text()).toMatch(/^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/);
    expect(seen.accepted[0]!.bytesRead).toBeLessThan(200_000);
  },
);

test('a body that is never sent does not keep its connection', async () => {
  const { port } = await served(short);
  const attacker = await client(port, `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n`);
  await untilClosed(attacker);
  expect(statuses(attacker.text())).toEqual([200]);
});

test('requests that Node answers itself are bounded, too', async () => {
  let parsed = 0;
  const count = () => (parsed += 1);
  channel('http.server.request.start').subscribe(count);
  const { port, seen } = await served(short);
  const attacker = await client(port, get('/', '').repeat(2000)); // no Host
  await untilClosed(attacker);
  channel('http.server.request.start').unsubscribe(count);
  expect(new Set(statuses(attacker.text()))).toEqual(new Set([400]));
  expect(parsed).toBeGreaterThan(0);
  expect(parsed).toBeLessThan(60);
  expect(seen.urls).toEqual([]);
});

test('a request in many pieces, with long headers, is one request', async () => {
  const { port, seen } = await served(short);
  const one = await client(port);
  for (const piece of get('/pieces', `Host: x\r\nFill: ${'x'.repeat(9000)}\r\n`).match(/.{1,700}/gs)!) {
    one.write(piece);
    await sleep(2);
  }
  await until(() => statuses(one.text()).length === 1);
  one.write(get('/again'));
  await until(() => statuses(one.text()).length === 2);
  expect(seen.urls).toEqual(['/pieces', '/again']);
});

test('a client that leaves while its answer is being made is noticed', async () => {
  let left = false;
  const { port, seen } = await served((_request, response) => response.once('close', () => (left = true)));
  const leaving = await client(port, get());
  await until(() => seen.urls.length === 1);
  leaving.end();
  await until(() => left);
});

test('too many connections: the one that has been idle for the longest time is closed', async () => {
  const { port } = await served(short, { most: 3 });
  const first = await client(port, get());
  await until(() => statuses(first.text()).length === 1);
  const second = await client(port);
  const third = await client(port);
  first.write(get()); // no longer the one that was idle for the longest time
  await until(() => statuses(first.text()).length === 2);
  const closed: string[] = [];
  for (const [name, socket] of Object.entries({ first, second, third })) socket.once('close', () => closed.push(name));
  const fourth = await client(port, get());
  await until(() => statuses(fourth.text()).length === 1 && closed.length === 1);
  const fifth = await client(port, get());
  await until(() => statuses(fifth.text()).length === 1 && closed.length === 2);
  await sleep(50);
  expect(closed).toEqual(['second', 'third']);
});

test('200 idle connections shut nobody out', async () => {
  const { port, server } = await served(short, { most: 10 });
  await Promise.all(Array.from({ length: 200 }, () => client(port, 'GET / HTTP/1.1\r\nHos')));
  for (let time = 0; time < 5; time += 1) {
    const scraper = await client(port, get());
    await until(() => statuses(scraper.text()).length === 1);
  }
  const open = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  expect(open).toBeLessThanOrEqual(10);
});

test('answers that are not read make room, answers that are being made do not', async () => {
  const { port } = await served(
    (request, response) => {
      if (request.url === '/made') return;
      (request.url === '/unread' ? endless : short)(request, response);
    },
    { most: 2 },
  );
  const made = await client(port, get('/made'));
  const unread = await client(port, get('/unread'), false);
  await sleep(100);
  const closed: string[] = [];
  for (const [name, socket] of Object.entries({ made, unread })) socket.once('close', () => closed.push(name));
  const scraper = await client(port, get());
  await until(() => statuses(scraper.text()).length === 1);
  unread.resume(); // or it would never see that it was closed
  await until(() => closed.length > 0);
  expect(closed).toEqual(['unread']);
});

test('in one turn of the event loop no more is read than its slice allows', async () => {
  let time = 0;
  const turns: number[] = [];
  let turn = 0;
  const count = () => {
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  // Each reading of the clock is later by a whole slice.
  const { port } = await served(
    (_request, response) => {
      turns.push(turn);
      response.end();
    },
    { sliceSeconds: 1, now: () => (time += 1) },
  );
  const clients = await Promise.all(Array.from({ length: 5 }, () => client(port)));
  await sleep(50);
  for (const one of clients) one.write(get());
  await until(() => turns.length === 5);
  clearImmediate(next);
  expect(new Set(turns).size).toBe(5);
});

const beginnings: [name: string, begin: RequestListener, header: string][] = [
  ['that has not begun', () => {}, 'Connection: close\r\n'],
  ['that has begun', (_request, response) => void response.write('early\n'), ''],
];
test.each(beginnings)('once closing has begun a connection ends with its answer %s', async (_name, begin, header) => {
  const waiting: (() => void)[] = [];
  const { port, seen, server, connections } = await served((request, response) => {
    begin(request, response);
    waiting.push(() => response.end('late\n'));
  });
  const scraper = await client(port, get());
  await until(() => seen.urls.length === 1);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.close();
  waiting[0]!();
  await Promise.all([closed, once(scraper, 'close')]);
  expect(scraper.text()).toContain(`HTTP/1.1 200 OK\r\n${header}`);
  expect(scraper.text()).toContain('late\n');
});
