import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Seen } from './endpoint-attacks.ts';
import { access, type EndpointName } from './security-access.ts';

/** Where an attack goes, and what it has. */
interface Target {
  readonly port: number;
  /** The folder of certificates. */
  readonly folder: string;
  readonly seen: Seen;
  readonly isOver: () => boolean;
}

interface SecurityAttack {
  readonly endpoint: EndpointName;
  run(target: Target): Promise<void>;
}

const count = (seen: Seen, what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

/** Scrapers are at 127.0.0.1. */
const attackersAddress = '127.0.0.2';

/** How a client over TLS connects. node:tls passes `localAddress` on, and its types do not say so. */
const local = { host: '127.0.0.1', rejectUnauthorized: false, localAddress: attackersAddress };

/** How long the attacker waits for a connection to do something, in milliseconds. */
const patience = 15_000;

/** Ends when the connection does, and says how. */
function ended(socket: Socket, seen: Seen, request?: string): Promise<void> {
  return new Promise((resolve) => {
    let answered = '';
    let failure = '';
    socket.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => (failure = code));
    socket.on('data', (chunk: Buffer) => {
      answered ||= /^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 'bytes';
      if (request !== undefined) socket.destroy();
    });
    const late = setTimeout(() => socket.destroy(new Error('late')), patience);
    socket.once('close', () => {
      clearTimeout(late);
      count(seen, answered || failure || 'closed');
      resolve();
    });
    if (request !== undefined) socket.write(request);
  });
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

/** So many clients that each do this again and again, with a pause between. */
function repeat(many: number, pauseSeconds: number, act: (target: Target, index: number) => Promise<unknown>) {
  return async (target: Target): Promise<void> => {
    let index = 0;
    const client = async () => {
      while (!target.isOver()) {
        index += 1;
        await act(target, index);
        await sleep(pauseSeconds * 1000);
      }
    };
    await Promise.all(Array.from({ length: many }, client));
  };
}

/** One handshake with these options, and a scrape if it succeeds. */
function handshake(options: (target: Target) => ConnectionOptions) {
  return async (target: Target): Promise<void> => {
    const socket = connect({ port: target.port, ...local, ...options(target) });
    await ended(socket, target.seen, get('/metrics'));
  };
}

const pairOf = (name: string) => (target: Target) => ({
  cert: readFileSync(`${target.folder}/${name}.crt`),
  key: readFileSync(`${target.folder}/${name}.key`),
});

/** A request over a connection of its own, from an address of the loopback. */
async function ask(target: Target, request: string, localAddress = attackersAddress): Promise<void> {
  const raw = connectPlain({ port: target.port, host: '127.0.0.1', localAddress });
  raw.on('error', () => {}); // the socket above it reports it
  await ended(connect({ socket: raw, rejectUnauthorized: false }), target.seen, request);
}

const basic = (user: string, password: string) =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

/** One of 60,000 addresses of the loopback. */
const addressOf = (index: number) => `127.1.${Math.floor(index / 250) % 240}.${(index % 250) + 1}`;

const tricks: readonly string[] = [
  '//metrics',
  '/./metrics',
  '/%6detrics',
  '/-/healthy/../metrics',
  '/-/healthy%2f..%2fmetrics',
  '/-/healthy/..;/metrics',
  '/-/healthy\\..\\metrics',
  '/live',
  '/',
  'http://localhost/metrics',
  'http://user:password@localhost/metrics',
  '/metrics?x=/-/healthy',
  '/metrics#/-/healthy',
];

/** A connection that sends a byte of a TLS handshake each second, or nothing. */
function hold(bytes: Buffer) {
  return async ({ port, seen }: Target): Promise<void> => {
    const socket = connectPlain({ port, host: '127.0.0.1', localAddress: attackersAddress });
    let at = 0;
    const timer = setInterval(() => {
      if (at < bytes.length) socket.write(bytes.subarray(at, at + 1));
      at += 1;
    }, 1000);
    socket.once('close', () => clearInterval(timer));
    await ended(socket, seen);
  };
}

/** A record of a handshake that is longer than what is ever sent. */
const slowHello = Buffer.concat([
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  randomBytes(60),
]);

async function renegotiate({ port, seen }: Target): Promise<void> {
  const socket: TLSSocket = connect({ port, ...local, maxVersion: 'TLSv1.2' });
  const over = ended(socket, seen);
  socket.once('secureConnect', () => {
    socket.renegotiate({}, (error) => {
      count(seen, error === null ? 'renegotiated' : 'renegotiation refused');
      socket.destroy();
    });
  });
  await over;
}

export const attacks: Readonly<Record<string, SecurityAttack>> = {
  'nothing, for comparison': { endpoint: 'users', run: repeat(1, 0.1, async () => {}) },
  'TLS 1.0 and 1.1': {
    endpoint: 'users',
    run: repeat(
      10,
      0.05,
      handshake(() => ({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })),
    ),
  },
  'ciphers without authentication': {
    endpoint: 'users',
    run: repeat(
      10,
      0.05,
      handshake(() => ({ maxVersion: 'TLSv1.2', ciphers: 'aNULL@SECLEVEL=0' })),
    ),
  },
  renegotiation: { endpoint: 'users', run: repeat(10, 0.05, renegotiate) },
  'no client certificate': {
    endpoint: 'mutual',
    run: repeat(
      10,
      0.05,
      handshake(() => ({})),
    ),
  },
  'client certificates of another authority': {
    endpoint: 'mutual',
    run: repeat(10, 0.05, handshake(pairOf('foreign'))),
  },
  'client certificates that have expired': { endpoint: 'mutual', run: repeat(10, 0.05, handshake(pairOf('expired'))) },
  'client certificates of servers': { endpoint: 'mutual', run: repeat(10, 0.05, handshake(pairOf('server'))) },
  'a name that looks like several names': { endpoint: 'mutual', run: repeat(10, 0.05, handshake(pairOf('trick'))) },
  'a name that begins with the right one': { endpoint: 'mutual', run: repeat(10, 0.05, handshake(pairOf('longer'))) },
  'the right name as a common name': { endpoint: 'mutual', run: repeat(10, 0.05, handshake(pairOf('common'))) },
  'passwords, guessed from one address': {
    endpoint: 'users',
    run: repeat(20, 0, (target, index) => ask(target, get('/metrics', basic(access.user, `guess ${index}`)))),
  },
  'passwords, guessed from thousands of addresses': {
    endpoint: 'users',
    run: repeat(20, 0, (target, index) =>
      ask(target, get('/metrics', basic(access.user, `guess ${index}`)), addressOf(index)),
    ),
  },
  'tokens, guessed from one address': {
    endpoint: 'users',
    run: repeat(20, 0, (target, index) =>
      ask(target, get('/metrics', `Authorization: Bearer ${'b'.repeat(index % 64)}\r\n`)),
    ),
  },
  'paths that are meant to go around the users': {
    endpoint: 'users',
    run: repeat(20, 0.01, (target, index) => ask(target, get(tricks[index % tricks.length]!))),
  },
  '400 connections send a byte of a handshake each second': {
    endpoint: 'mutual',
    run: repeat(400, 1, hold(slowHello)),
  },
  '800 connections begin no handshake': { endpoint: 'mutual', run: repeat(800, 1, hold(Buffer.alloc(0))) },
  '50 connections make handshakes as fast as they can': {
    endpoint: 'users',
    run: repeat(
      50,
      0,
      handshake(() => ({})),
    ),
  },
  '50 connections send nonsense': {
    endpoint: 'users',
    run: repeat(50, 0.01, async ({ port, seen }) => {
      const socket = connectPlain({ port, host: '127.0.0.1', localAddress: attackersAddress });
      socket.write(randomBytes(4000));
      await ended(socket, seen);
    }),
  },
  '40 connections pipeline 2,000 GET / over TLS and read nothing': {
    endpoint: 'users',
    run: repeat(40, 0.1, async ({ port, seen, isOver }) => {
      const socket = connect({ port, ...local }).pause();
      const over = ended(socket, seen);
      socket.pause().write(get('/').repeat(2000));
      for (let waited = 0; waited < 20 && !isOver(); waited += 1) await sleep(100);
      socket.destroy();
      await over;
    }),
  },
};
