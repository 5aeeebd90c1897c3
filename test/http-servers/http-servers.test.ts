import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Client, http1Client, http2Client } from './client.ts';

const folder = mkdtempSync(join('test', 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A program of the page, named by the heading above it. */
interface Program {
  readonly name: string;
  readonly code: string;
  readonly path: string;
}

/** The programs of the page, each on a free port of the loopback. */
function readPrograms(): Program[] {
  return readFileSync('docs/http-servers.md', 'utf8')
    .split(/^## /m)
    .flatMap((section) => {
      const [title] = section.split('\n', 1);
      const blocks = Array.from(section.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => code!);
      return blocks.map((code) => ({ title: title!, code }));
    })
    .map(({ title, code }, index) => ({
      name: code.includes('http2') ? `${title}, HTTP/2` : title,
      code: code
        .replace('listen(9464)', "listen(0, '127.0.0.1')")
        .replace('fetch: app.fetch, port: 9464', "fetch: app.fetch, port: 0, hostname: '127.0.0.1'")
        .replace('port: 9464', "port: 0, host: '127.0.0.1'"),
      path: join(folder, `${index}.ts`),
    }));
}

const programs = readPrograms();
for (const { path, code } of programs) writeFileSync(path, code);

test('the page has these programs', () => {
  expect(programs.map(({ name }) => name)).toEqual([
    'node:http and node:http2',
    'node:http and node:http2, HTTP/2',
    'Express 5',
    'Fastify 5',
    'Fastify 5, HTTP/2',
    'Koa 3',
    'Hono 4',
    'Next.js, Bun, Deno: `Request` to `Response`',
    'NestJS 11',
    'Sockets that others have opened',
  ]);
});

/** Starts a program; resolves with a client of it. */
async function start({ name, path }: Program): Promise<Client> {
  const { server, GET } = (await import(join('../..', path))) as {
    server?: Server;
    GET?: (request: Request) => Promise<Response>;
  };
  if (GET !== undefined) return fetchClient(GET);
  if (!server!.listening) await once(server!, 'listening');
  const url = `http://127.0.0.1:${(server!.address() as AddressInfo).port}`; // it listens on a port
  const client = name.endsWith('HTTP/2') ? http2Client(url) : http1Client(url);
  closing.push(() => server!.close());
  closing.push(() => client.close());
  return client;
}

/** A client of a function that answers requests. */
function fetchClient(answer: (request: Request) => Promise<Response>): Client {
  return {
    ask: async (path, options) => {
      const response = await answer(new Request(`http://localhost${path}`, options));
      const headers = Object.fromEntries(response.headers);
      if (headers['content-encoding'] !== 'gzip')
        return { status: response.status, headers, text: await response.text() };
      return { status: response.status, headers, text: String(gunzipSync(await response.arrayBuffer())) };
    },
    close: () => {},
  };
}

const openMetrics = 'application/openmetrics-text;version=1.0.0';
const gauge = '# TYPE grpc_active_connections gauge\ngrpc_active_connections 0\n';
const scrapes: [name: string, path: string, headers: Record<string, string>, status: number, expected: object][] = [
  ['whole', '/metrics', {}, 200, { text: expect.stringContaining(gauge) as string }],
  [
    'compressed',
    '/metrics',
    { 'accept-encoding': 'gzip' },
    200,
    {
      text: expect.stringContaining(gauge) as string,
      headers: expect.objectContaining({ 'content-encoding': 'gzip' }) as object,
    },
  ],
  [
    'some families',
    '/metrics?name[]=grpc_active_connections',
    {},
    200,
    { text: expect.stringMatching(/^# HELP grpc_active_connections .*\n.*\n.* 0\n$/) as string },
  ],
  [
    'OpenMetrics',
    '/metrics',
    { accept: openMetrics },
    200,
    {
      text: expect.stringMatching(/# EOF\n$/) as string,
      headers: expect.objectContaining({
        'content-type': `${openMetrics.replace(';', '; ')}; charset=utf-8`,
      }) as object,
    },
  ],
  [
    'another vocabulary',
    '/metrics?naming=go',
    {},
    200,
    { text: expect.not.stringContaining('grpc_active_connections') as string },
  ],
  [
    'a vocabulary that is not there',
    '/metrics?naming=no',
    {},
    400,
    { text: expect.stringContaining('there is no vocabulary') as string },
  ],
];

describe.each(programs)('$name', (program) => {
  test('answers scrapes as the endpoint does, one after the other on one connection', { timeout: 60_000 }, async () => {
    const client = await start(program);
    for (const [name, path, headers, status, expected] of scrapes) {
      expect({ name, ...(await client.ask(path, { headers })) }).toMatchObject({ name, status, ...expected });
    }
    const head = await client.ask('/metrics', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers['content-type']).toContain('text/plain; version=0.0.4');
  });
});

test('socket activation: the program takes the socket that was opened before it', { timeout: 60_000 }, async () => {
  const { path } = programs.at(-1)!;
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo; // it listens on a port
  // oxlint-disable-next-line no-underscore-dangle -- Node has no public way to the descriptor of a listening socket
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  // As systemd does: descriptor 3, and the id of the process that it starts.
  const script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"';
  const node = [process.execPath, '--import', 'tsx', resolve(path)];
  const child = spawn('sh', ['-c', script, ...node], { stdio: ['ignore', 'inherit', 'inherit', fd] });
  closing.push(() => child.kill('SIGKILL'));
  const client = http1Client(`http://127.0.0.1:${port}`);
  closing.push(() => client.close());
  socket.close(); // the child's is still open: a scrape waits in it until the program is there
  expect(await client.ask('/metrics')).toMatchObject({ status: 200, text: expect.stringContaining(gauge) as string });
});
