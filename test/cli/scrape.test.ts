import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { afterEach, expect, test } from 'vitest';
import { readTarget } from '../../src/cli/target.ts';
import { runCommand } from './host.ts';

const text = '# HELP x h\n# TYPE x gauge\nx 1\n';
const servers: { close: () => unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: NetServer): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const plain = { 'content-type': 'text/plain' };
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    response.writeHead(code, plain).end(text);

const readable: [name: string, path: string, listener: RequestListener][] = [
  ['plain', '', (_request, response) => response.writeHead(200, plain).end(text)],
  [
    'gzip',
    '',
    (request, response) => {
      expect(request.headers['accept-encoding']).toContain('gzip');
      response.writeHead(200, { ...plain, 'content-encoding': 'gzip' }).end(gzipSync(text));
    },
  ],
  [
    'redirected',
    '/old',
    (request, response) => {
      if (request.url === '/old') response.writeHead(302, { location: '/new' }).end();
      else response.writeHead(request.url === '/new' ? 200 : 404, plain).end(text);
    },
  ],
  [
    '/metrics where no path is given',
    '',
    (request, response) => response.writeHead(request.url === '/metrics' ? 200 : 404, plain).end(text),
  ],
  [
    '/metrics where only a query is given',
    '?naming=go',
    (request, response) => response.writeHead(request.url === '/metrics?naming=go' ? 200 : 404, plain).end(text),
  ],
  [
    '/ where it is given',
    '/',
    (request, response) => response.writeHead(request.url === '/' ? 200 : 404, plain).end(text),
  ],
  [
    'OpenMetrics, whatever is asked for',
    '',
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0' }).end(`${text}# EOF\n`),
  ],
  [
    'asked as by Prometheus',
    '',
    ({ headers }, response) => {
      const isAsked =
        headers.accept?.startsWith('application/openmetrics-text;version=1.0.0') &&
        headers['accept-encoding'] === 'gzip' &&
        headers['x-prometheus-scrape-timeout-seconds'] === '10';
      response.writeHead(isAsked ? 200 : 404, plain).end(text);
    },
  ],
];
test.each(readable)('an endpoint is read: %s', async (_name, path, listener) => {
  const address = await listen(createServer(listener));
  expect(await runCommand(['check', `${address}${path}`])).toMatchObject({ code: 0, err: '' });
});

test('with a name and a password, which are not printed', async () => {
  const seen: unknown[] = [];
  const address = await listen(
    createServer((request, response) => {
      seen.push(request.headers.authorization, request.headers['x-scope']);
      response.writeHead(200, plain).end(text);
    }),
  );
  const { code, out } = await runCommand(['check', `http://me:pass%20word@${address}`, '--header', 'X-Scope: a: b']);
  expect(code).toBe(0);
  expect(out).toContain(`http://${address}/metrics: no problem`);
  const once = [`Basic ${btoa('me:pass word')}`, 'a: b'];
  expect(seen).toEqual([...once, ...once]); // a second scrape shows whether another process answers
});

test.each([
  ['a name alone', 'me', 'me:'],
  ['a password alone', ':word', ':word'],
  ['a password that is not encoded', 'me:50%', 'me:50%'],
  ['a password in another encoding', 'me:%ff', 'me:%ff'],
])('credentials in the URL: %s', async (_name, given, sent) => {
  const seen: unknown[] = [];
  const address = await listen(
    createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(200, plain).end(text);
    }),
  );
  const { code, out, err } = await runCommand(['check', `http://${given}@${address}`]);
  expect({ code, out, err }).toEqual({ code: 0, out: expect.stringMatching(/^http:\/\/127/), err: '' });
  expect(seen).toEqual([`Basic ${btoa(sent)}`, `Basic ${btoa(sent)}`]);
});

test.each([
  ['8000', 'http://localhost:8000/metrics'],
  [':8000', 'http://localhost:8000/metrics'],
  ['8000/stats', 'http://localhost:8000/stats'],
  ['8000?naming=go', 'http://localhost:8000/metrics?naming=go'],
  ['65535', 'http://localhost:65535/metrics'],
  ['10.0.0.1', 'http://10.0.0.1/metrics'],
  ['http://8000', 'http://0.0.31.64/metrics'],
])('a number is a port of localhost: %s', (word, url) => {
  expect(readTarget(word).url).toBe(url);
});

test.each(['99999', ':99999', '8000x:1:2'])('what is no port is no URL: %s', async (word) => {
  const { code, err } = await runCommand(['check', word]);
  expect([code, err]).toEqual([2, expect.stringContaining('is no URL of an endpoint: write http://host:port/metrics')]);
});

test('a port that other protocols have is read', async () => {
  const server = createServer(status(200));
  // Blocked by fetch; another test may have it.
  const blocked = [10080, 6667, 6697, 6000, 4190];
  for (const port of blocked) {
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    servers.push(server);
    expect(await runCommand(['check', `127.0.0.1:${port}`])).toMatchObject({ code: 0, err: '' });
    return;
  }
  throw new Error('none of the ports is free');
});

test.each(['http://joe:zyzz@host:99999', 'joe:zyzz@host:99999', 'http://joe:zy/zz@host', 'ftp://joe:zy@zz@host'])(
  'a password is not printed, whatever is wrong with the URL: %s',
  async (url) => {
    const { code, err } = await runCommand(['check', url]);
    expect(code).toBe(2);
    expect(err).not.toMatch(/joe|zy|zz/);
    expect(err).toMatch(/host.* is no URL of an endpoint/);
  },
);

test('a header that HTTP does not allow is refused, and not printed', async () => {
  for (const value of ['sEcret\u0100', 'sEcret\u0001', 'sEcret\nx: y']) {
    const { code, err } = await runCommand(['check', 'host', '--header', `Authorization: ${value}`]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('a --header is not of the form') });
    expect(err).not.toContain('sEcret');
  }
});

test('headers are for the origin that was named, not for where it redirects to', async () => {
  const seen: unknown[] = [];
  const note = ({ url, headers }: IncomingMessage) =>
    seen.push([url, headers.authorization, headers['x-api-key'], headers.accept !== undefined]);
  const other = await listen(
    createServer((request, response) => {
      note(request);
      response.writeHead(200, plain).end(text);
    }),
  );
  const address = await listen(
    createServer((request, response) => {
      note(request);
      const location = request.url === '/here' ? `http://${other}/there` : '/here';
      response.writeHead(307, { location }).end();
    }),
  );
  const { code } = await runCommand(['check', `http://me:pw@${address}/metrics`, '--header', 'X-Api-Key: k']);
  expect(code).toBe(0);
  const basic = `Basic ${btoa('me:pw')}`;
  const once = [
    ['/metrics', basic, 'k', true],
    ['/here', basic, 'k', true],
    ['/there', undefined, undefined, true],
  ];
  expect(seen).toEqual([...once, ...once]);
});

const unreadable: [name: string, listener: RequestListener, says: string][] = [
  ['no such path', status(404), 'answers HTTP 404, not 200 (is this the path of its metrics? It is often /metrics)'],
  ['no credentials', status(401), 'answers HTTP 401, not 200 (it wants credentials'],
  ['overloaded', status(503), 'answers HTTP 503, not 200 (it is overloaded'],
  ['broken', status(500), 'answers HTTP 500, not 200 (see the log of the service)'],
  ['no content', status(204), 'answers HTTP 204, not 200 (is this the URL of its metrics?)'],
  [
    'a page',
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    'answers with a document, not with metrics (is this their URL? It is often /metrics)',
  ],
  [
    'protobuf alone',
    (_request, response) => response.writeHead(200, { 'content-type': 'application/vnd.google.protobuf' }).end('x'),
    'answers with application/vnd.google.protobuf, not with',
  ],
  [
    'a circle',
    (_request, response) => response.writeHead(302, { location: '/metrics' }).end(),
    'it redirects in a circle',
  ],
  ...['data:text/plain,x 1', 'file:///etc/hostname', 'http://'].map((location): [string, RequestListener, string] => [
    `redirected to ${location}`,
    (_request, response) => response.writeHead(302, { location }).end(),
    'it redirects to what is no URL of HTTP',
  ]),
  [
    'no gzip though it says so',
    (_request, response) => response.writeHead(200, { ...plain, 'content-encoding': 'gzip' }).end(text),
    'Z_DATA_ERROR (is a proxy changing it?)',
  ],
  [
    'cut off',
    (_request, response) => {
      response.writeHead(200, { ...plain, 'content-length': '1000' }).write('x');
      setTimeout(() => response.destroy(), 20);
    },
    'the connection was cut',
  ],
  [
    'without an end',
    (_request, response) => {
      response.writeHead(200, plain);
      const megabyte = Buffer.alloc(1 << 20, `# ${'x'.repeat(1 << 16)}\n`);
      const send = () => {
        for (let free = true; free && !response.destroyed; ) free = response.write(megabyte);
        response.once('drain', send);
      };
      send();
    },
    'its answer is longer than 500 MB',
  ],
  [
    'compressed as nobody asked for',
    (_request, response) =>
      // Node 24 knows zstd.
      response
        .writeHead(200, { ...plain, 'content-encoding': 'unheard-of' })
        .end(Buffer.from('28b52ffd2000010000', 'hex')),
    'compressed in a way',
  ],
  [
    'gzip that does not say so',
    (_request, response) => response.writeHead(200, plain).end(gzipSync(text)),
    'compressed in a way',
  ],
  ['silence', () => {}, 'no answer within 0.2 s (is it overloaded? --timeout gives it longer)'],
  ['half an answer', (_request, response) => void response.writeHead(200, plain).write('x'), 'no answer within 0.2 s'],
];
test.each(unreadable)('an endpoint cannot be read: %s', async (name, listener, says) => {
  const server = createServer(listener);
  servers.push({ close: () => server.closeAllConnections() });
  const address = await listen(server);
  const { code, out, err } = await runCommand([
    'check',
    address,
    '--timeout',
    name === 'without an end' ? '10s' : '200ms',
  ]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(`grpc-vitals: http://${address}/metrics: `);
  expect(err).toContain(says);
});

test('nobody listens', async () => {
  const address = await listen(createTcpServer());
  await new Promise((resolve) => (servers.pop() as Server).close(resolve));
  const { err } = await runCommand(['check', address]);
  expect(err).toContain('nobody listens there: ECONNREFUSED (is the service running, and on this port?)');
});

test('there is no such host', async () => {
  const { err } = await runCommand(['check', 'nowhere.invalid']);
  expect(err).toMatch(/there is no such host: (ENOTFOUND|EAI_AGAIN) \(is the name right\?\)/);
});

test('a certificate of its own', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const server = createTlsServer({ key, cert }, status(200));
  const address = await listen(server);
  const trusting = await runCommand(['check', `https://${address}`]);
  expect(trusting.err).toContain(
    "its certificate is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT (put its CA's file in NODE_EXTRA_CA_CERTS)",
  );
  const other = await runCommand(['check', address]);
  expect(other.err).toContain('does it want https://?');
});

test('https where there is none', async () => {
  const { err } = await runCommand(['check', `https://${await listen(createServer(status(200)))}`]);
  expect(err).toMatch(/it does not speak TLS as it should: (ERR_SSL|EPROTO)/);
});

test('a Content-Type does not steer the terminal', async () => {
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/\x9B2J\r\nContent-Length: 1\r\n\r\nx', 'latin1');
  const server = createTcpServer((socket) => socket.once('data', () => socket.end(answer)));
  const { out } = await runCommand(['check', await listen(server)]);
  expect(out).toContain('Content-Type: "text/\uFFFD2J" is malformed');
});

test.each(['700ms', '0.0001s', '1.1s'])('a timeout that is no whole number of milliseconds: %s', async (timeout) => {
  const address = await listen(createServer(status(200)));
  const { code, err } = await runCommand(['check', address, '--timeout', timeout]);
  if (timeout !== '0.0001s') expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(code === 0 || err.includes('no answer within')).toBe(true);
});

test('the port of gRPC', async () => {
  const server = createTcpServer((socket) => socket.end(Buffer.from('000006040000000000000500004000', 'hex')));
  const { err } = await runCommand(['check', await listen(server)]);
  expect(err).toMatch(/it does not speak HTTP\/1\.1: (HPE_\w+|HTTPParserError) \(/); // on Node 20, on Node 24
});
