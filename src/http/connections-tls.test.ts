import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { endConnections, expendable, serveBounded } from '../../test/support/bounded-server.ts';
import { untilClosed } from '../../test/support/wait.ts';
import type { ConnectionsOptions } from './connections.ts';

let pair: { readonly cert: string; readonly key: string };
beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  pair = { cert, key };
});

afterEach(endConnections);

const served = (answer: RequestListener, options?: ConnectionsOptions) =>
  serveBounded(createServer(pair), answer, { ...options, isSecure: true });

/** A client after its handshake. */
async function secureClient(port: number): Promise<Socket> {
  const socket = expendable(connect({ port, host: '127.0.0.1', rejectUnauthorized: false }));
  await once(socket, 'secureConnect');
  return socket;
}

/** A client that begins no handshake. */
async function silentClient(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = expendable(connectPlain({ port, host: '127.0.0.1', localAddress }));
  await once(socket, 'connect');
  return socket.resume();
}

/** How many connections the server has. */
const countOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const short: RequestListener = (_request, response) => void response.end('short\n');

/** Whether the server answers on this connection. */
async function isAnswered(socket: Socket): Promise<boolean> {
  socket.write(get('/alive'));
  const answered = once(socket, 'data').then(([chunk]) => String(chunk).startsWith('HTTP/1.1 200'));
  return Promise.race([answered, once(socket, 'close').then(() => false)]);
}

test('of 2,000 pipelined requests over TLS few are seen, and the connection is closed', async () => {
  const { port, seen } = await served(() => {});
  const attacker = await secureClient(port);
  attacker.pause().write(get('/').repeat(2000));
  // A client that reads nothing never sees that it was closed.
  while (seen.refused === 0) await sleep(5);
  expect(seen.urls).toHaveLength(8);
  attacker.resume();
  await untilClosed(attacker);
  expect(seen.refused).toBeLessThan(40);
});

test('requests over TLS are answered one after another, each once', async () => {
  const { port, seen } = await served(short);
  const client = await secureClient(port);
  let text = '';
  client.on('data', (chunk) => (text += String(chunk)));
  client.write(get('/1') + get('/2') + get('/3'));
  while (text.split('short\n').length < 4) await sleep(5);
  expect(seen.urls).toEqual(['/1', '/2', '/3']);
});

test('connections count before their handshake: those that wait for the longest time make room', async () => {
  const { server, port } = await served(short, { most: 5 });
  const silent: Socket[] = [];
  for (let index = 0; index < 5; index += 1) silent.push(await silentClient(port));
  while ((await countOf(server)) < 5) await sleep(5);
  const closed = silent.slice(0, 3).map((socket) => once(socket, 'close'));
  for (let index = 0; index < 3; index += 1) expect(await isAnswered(await secureClient(port))).toBe(true);
  await Promise.all(closed);
  expect(await countOf(server)).toBe(5);
  expect(silent.slice(3).map((socket) => socket.destroyed)).toEqual([false, false]);
});

// Elsewhere the loopback has one address.
test.runIf(process.platform === 'linux')('many handshakes of one address do not end the one of another', async () => {
  const { server, port } = await served(short, { most: 5 });
  const other = await silentClient(port, '127.0.0.2');
  const crowd: Socket[] = [];
  for (let index = 0; index < 20; index += 1) {
    crowd.push(await silentClient(port));
    while ((await countOf(server)) > 5) await sleep(5);
  }
  expect(other.destroyed).toBe(false);
  expect(crowd.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(5);
});

test('a connection counts once, before its handshake and after', async () => {
  const { server, port } = await served(short, { most: 4 });
  const clients: Socket[] = [];
  for (let index = 0; index < 4; index += 1) clients.push(await secureClient(port));
  for (const client of clients) expect(await isAnswered(client)).toBe(true);
  expect(await countOf(server)).toBe(4);
});

test('close() ends handshakes, which the server would wait for', async () => {
  const { server, connections, port } = await served(short);
  const silent = await silentClient(port);
  while ((await countOf(server)) < 1) await sleep(5);
  const closed = [once(silent, 'close'), once(server, 'close')];
  connections.close();
  server.close();
  await Promise.all(closed);
});
