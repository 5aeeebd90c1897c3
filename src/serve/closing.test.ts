import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test, vi } from 'vitest';
import type { MetricFamily } from '../core/snapshot.ts';
import type { ScrapeSource } from '../scrape/renderings.ts';
import { ScrapeStats } from '../scrape/scrape-stats.ts';
import { expose, type MetricsEndpoint } from './endpoint.ts';

const body = '# HELP x X\n# TYPE x gauge\nx 1\n';
const families: MetricFamily[] = [{ name: 'x', type: 'gauge', help: 'X', series: [{ labels: {}, value: 1 }] }];
const source: ScrapeSource = {
  collect: () => families,
  stats: new ScrapeStats(),
  failed: (error) => {
    throw error;
  },
};

const sockets: Socket[] = [];
const agents: Agent[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const agent of agents.splice(0)) agent.destroy();
});

async function get(endpoint: MetricsEndpoint, agent: Agent | false = false): Promise<string> {
  const [response] = (await once(request(`${endpoint.url}/metrics`, { agent }).end(), 'response')) as [IncomingMessage];
  return text(response);
}

/** A client that connects, sends this and then nothing. */
async function slowClient(port: number, sends: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {}); // it is cut off on purpose
  await once(socket, 'connect');
  socket.write(sends);
  return socket;
}

/** What one side waits for and the other gives. */
function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let resolve: (() => void) | undefined;
  const given = new Promise<void>((give) => {
    resolve = give;
  });
  return { given, give: resolve! };
}

/** Milliseconds until `close` resolves. */
async function closing(endpoint: MetricsEndpoint): Promise<number> {
  const before = performance.now();
  await endpoint.close();
  return performance.now() - before;
}

/** Closes the endpoint with its timers stopped, and lets a second pass. Returns whether it was open just before that was over. */
async function closeWithinSecond(endpoint: MetricsEndpoint, served: Promise<unknown>): Promise<boolean> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isOpen = true;
  const over = () => {
    isOpen = false;
  };
  const closed = Promise.all([endpoint.close().then(over), served.then(over)]);
  await vi.advanceTimersByTimeAsync(999);
  const wasOpen = isOpen;
  await vi.advanceTimersByTimeAsync(1);
  await closed;
  return wasOpen;
}

const listening = (port = 0) => expose(source, { port, host: '127.0.0.1' });

test('close stops listening and frees the port', async () => {
  const endpoint = await listening();
  expect(await get(endpoint)).toBe(body);
  await endpoint.close();
  await expect(get(endpoint)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const again = await listening(endpoint.port);
  expect(again.port).toBe(endpoint.port);
  await again.close();
});

test('close twice is one closing', async () => {
  const endpoint = await listening();
  const first = endpoint.close();
  expect(endpoint.close()).toBe(first);
  await first;
  await expect(endpoint.close()).resolves.toBeUndefined();
});

test('close does not wait for a keep-alive connection that is idle', async () => {
  const endpoint = await listening();
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  expect(await get(endpoint, agent)).toBe(body);
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  // Node would keep it for 5 s, and what holds a connection is cut off after one.
  expect(await closing(endpoint)).toBeLessThan(800);
});

test('close resolves when the scrape under way has been read, also on a connection that is kept alive', async () => {
  const rendering = signal();
  const asked = signal();
  const collect = async () => {
    asked.give();
    await rendering.given;
    return families;
  };
  const endpoint = await expose({ ...source, collect }, { port: 0, host: '127.0.0.1' });
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  const answer = get(endpoint, agent);
  await asked.given;
  const closed = closing(endpoint);
  rendering.give();
  expect(await answer).toBe(body);
  // Node would keep the connection for 5 s, and what holds a connection is cut off after one.
  expect(await closed).toBeLessThan(500);
});

const slow: [name: string, sends: string, wasOpen: unknown][] = [
  ['nothing', '', expect.any(Boolean)], // Node 26 closes its connection at once
  ['half a request line', 'GET /met', true],
  ['half the headers', 'GET /metrics HTTP/1.1\r\nHost: x\r\n', true],
];
test.each(slow)('close cuts off, after its second, a client that sent %s', async (_name, sends, wasOpen) => {
  const endpoint = await listening();
  const socket = await slowClient(endpoint.port, sends);
  const ended = once(socket, 'close');
  socket.resume();
  await get(endpoint); // the server has seen the connection that came before
  expect(await closeWithinSecond(endpoint, ended)).toEqual(wasOpen);
});

test('a scrape under way at close gets its answer', async () => {
  const rendering = signal();
  const asked = signal();
  const endpoint = await expose(
    {
      ...source,
      collect: async () => {
        asked.give();
        await rendering.given;
        return families;
      },
    },
    { port: 0, host: '127.0.0.1' },
  );
  const answer = get(endpoint);
  await asked.given;
  const closed = endpoint.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  rendering.give();
  expect(await answer).toBe(body);
  await closed;
});

test('a scrape that outlasts the second after close is cut off', async () => {
  const asked = signal();
  const endpoint = await expose(
    {
      ...source,
      collect: () => {
        asked.give();
        return new Promise(() => {});
      },
    },
    { port: 0, host: '127.0.0.1' },
  );
  const answer = get(endpoint).catch((error: unknown) => error);
  await asked.given;
  expect(await closeWithinSecond(endpoint, answer)).toBe(true);
  expect(await answer).toMatchObject({ code: 'ECONNRESET' });
});

/** A process that exposes and then does this; `port` is the endpoint's. */
function start(then: string): { child: ChildProcess; said: Promise<string>; ended: Promise<unknown[]> } {
  const program = `
    import { expose } from ${JSON.stringify(new URL('./endpoint.ts', import.meta.url).href)};
    import { ScrapeStats } from ${JSON.stringify(new URL('../scrape/scrape-stats.ts', import.meta.url).href)};
    const source = { collect: () => ${JSON.stringify(families)}, failed: () => {}, stats: new ScrapeStats() };
    const endpoint = await expose(source, { port: 0, host: '127.0.0.1' });
    ${then}
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = once(child.stdout.setEncoding('utf8'), 'data').then(([chunk]) => String(chunk));
  return { child, said, ended: once(child, 'exit') };
}

test('close leaves nothing open', async () => {
  const { said, ended } = start(`
    await endpoint.close();
    const ours = ['Timeout', 'TCPServerWrap', 'TCPSocketWrap'];
    console.log(JSON.stringify(process.getActiveResourcesInfo().filter((resource) => ours.includes(resource))));
  `);
  expect(JSON.parse(await said)).toEqual([]);
  expect(await ended).toEqual([0, null]);
});

const clients: [name: string, hold: (port: number) => Promise<unknown>][] = [
  ['nobody connected', async () => {}],
  ['a client that sent nothing', (port) => slowClient(port, '')],
  ['a client that sent half a request', (port) => slowClient(port, 'GET /metrics HTTP/1.1\r\nHost: x\r\n')],
  ['an idle keep-alive connection', (port) => slowClient(port, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')],
];
test.each(clients)('an endpoint does not keep its process alive: %s', async (_name, hold) => {
  // It says where it is and has nothing else to do after 200 ms.
  const { child, said, ended } = start('console.log(endpoint.port); setTimeout(() => {}, 200);');
  try {
    await hold(Number(await said));
    const before = performance.now();
    // Less than the 5 s for which Node keeps an idle connection, and far less than what a half request may take.
    const late = setTimeout(() => child.kill('SIGKILL'), 4000);
    expect(await ended).toEqual([0, null]);
    clearTimeout(late);
    expect(performance.now() - before).toBeLessThan(4000);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
});
