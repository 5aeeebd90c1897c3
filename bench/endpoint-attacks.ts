import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an attacker saw: counts by what happened. */
export type Seen = Record<string, number>;

interface Attack {
  /** Lines of the endpoint's metrics, of some 110 bytes each. */
  readonly lines: number;
  /** Attacks the port until `isOver`, and counts into `seen`. */
  run(port: number, seen: Seen, isOver: () => boolean): Promise<void>;
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
const long = 15_000;
const count = (seen: Seen, what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

/** One connection that counts how it ended, and what it was answered. */
function open(port: number, seen: Seen, reads: boolean): Socket {
  const socket = connect(port, '127.0.0.1');
  count(seen, 'connections');
  socket.on('error', () => {}); // it closes
  if (reads) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d+)/g)) count(seen, status!);
    });
  } else socket.pause();
  return socket;
}

interface Holding {
  /** Whether answers are read. */
  readonly reads?: boolean;
  /** From the end of a connection to the next one. */
  readonly pauseSeconds?: number;
  /** After so long a connection is given up: one that does not read never sees that it was closed. */
  readonly lifeSeconds?: number;
}

/** Keeps so many connections. */
function hold(
  many: number,
  { reads = false, pauseSeconds = 0.1, lifeSeconds = 2 }: Holding,
  attack: (socket: Socket) => void,
): Attack['run'] {
  return async (port, seen, isOver) => {
    const attackAgain = async (): Promise<void> => {
      while (!isOver()) {
        const socket = open(port, seen, reads);
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        attack(socket);
        const end = performance.now() + lifeSeconds * 1000;
        while (!isOver() && !socket.destroyed && performance.now() < end) await Promise.race([closed, sleep(200)]);
        if (!socket.destroyed) count(seen, 'left open');
        socket.destroy();
        await sleep(pauseSeconds * 1000);
      }
    };
    await Promise.all(Array.from({ length: many }, attackAgain));
    while (!isOver()) await sleep(100);
  };
}

/** Connections that each send the next request when they have read the answer. */
function ask(many: number, perSecond: number, request: (index: number) => string): Attack['run'] {
  return hold(many, { reads: true, lifeSeconds: Infinity }, (socket) => {
    let index = 0;
    let isFree = true;
    const timer = setInterval(
      () => {
        if (!isFree) return;
        isFree = false;
        socket.write(request(index));
        index += 1;
      },
      (1000 * many) / perSecond,
    );
    socket.on('data', () => (isFree = true));
    socket.once('close', () => clearInterval(timer));
  });
}

const drip = (text: string) => (socket: Socket) => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]!), 1000);
  socket.once('close', () => clearInterval(timer));
};

const stream = (head: string, chunk: string) => (socket: Socket) => {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
};

/** Every attack of the facts that the endpoint is built on, and their relatives; all stay within 800 connections. */
export const attacks: Readonly<Record<string, Attack>> = {
  'nothing, for comparison': { lines: 5000, run: hold(0, {}, () => {}) },
  '40 connections pipeline 2,000 GET / and read nothing': {
    lines: 5000,
    run: hold(40, {}, (socket) => socket.write(get('/').repeat(2000))),
  },
  '800 connections pipeline 2,000 GET /metrics and read nothing': {
    lines: 5000,
    run: hold(800, {}, (socket) => socket.write(get('/metrics').repeat(2000))),
  },
  '100 connections pipeline requests without Host': {
    lines: 5000,
    run: hold(100, { reads: true }, (socket) => socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(2000))),
  },
  '40 endless bodies': {
    lines: 5000,
    run: hold(
      40,
      { reads: true, lifeSeconds: Infinity },
      stream('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n', 'x'.repeat(65_536)),
    ),
  },
  '800 idle connections': {
    lines: 5000,
    run: hold(800, { reads: true, pauseSeconds: 1, lifeSeconds: Infinity }, () => {}),
  },
  '400 connections send a byte of a header each second': {
    lines: 5000,
    run: hold(
      400,
      { reads: true, pauseSeconds: 1, lifeSeconds: Infinity },
      drip(get('/metrics', `Fill: ${'x'.repeat(1000)}\r\n`)),
    ),
  },
  '320 requests a second with an Accept of 15 kB': {
    lines: 100,
    run: ask(40, 320, () => get('/metrics?name[]=up', `Accept: ${'a,'.repeat(long / 2)}\r\n`)),
  },
  '320 requests a second for 500 names': {
    lines: 100,
    run: ask(40, 320, (index) => {
      const names = Array.from({ length: 500 }, (_, name) => `name[]=${index}x${name}`);
      return get(`/metrics?${names.join('&')}`);
    }),
  },
  '100 scrapes of 5.5 MB that are not read': {
    lines: 50_000,
    run: hold(100, { lifeSeconds: 20 }, (socket) =>
      socket.write(get('/metrics', 'X-Prometheus-Scrape-Timeout-Seconds: 120\r\n')),
    ),
  },
  '20 viewers of the live page that read nothing': {
    lines: 5000,
    run: hold(20, { lifeSeconds: Infinity }, (socket) => socket.write(get('/live'))),
  },
  '20 viewers of the live page that come and go': {
    lines: 5000,
    run: hold(20, { reads: true, pauseSeconds: 0 }, (socket) => {
      socket.write(get('/live'));
      socket.once('data', () => setTimeout(() => socket.destroy(), 20));
    }),
  },
  '40 scrapes at once, each of another kind, all the time': {
    lines: 50_000,
    run: ask(40, 40, (index) => {
      const coding = ['gzip', 'br', 'identity'][index % 3];
      const escaping = ['underscores', 'dots', 'values', 'allow-utf-8'][index % 4];
      const accept = `text/plain;version=0.0.4;escaping=${escaping}`;
      return get(
        `/metrics?name[]=${index % 10}&name[]=jobs_total`,
        `Accept: ${accept}\r\nAccept-Encoding: ${coding}\r\n`,
      );
    }),
  },
  '20 connections scrape as fast as they can': {
    lines: 5000,
    run: ask(20, 2000, () => get('/metrics', 'Accept-Encoding: gzip\r\n')),
  },
  '500 new connections a second': {
    lines: 5000,
    run: hold(50, { reads: true }, (socket) => {
      socket.once('connect', () => socket.end(get('/-/healthy')));
    }),
  },
};
