import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { checkHost } from './host-check.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function checked(names: readonly string[]): Promise<number> {
  const server = createServer(checkHost(names, (_request, response) => void response.end('in')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}

async function ask(port: number, host: string, path = '/') {
  const asked = request({ port, path, host: '127.0.0.1', headers: { host }, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, text: await text(response) };
}

const hosts: [host: string, names: string[], isAllowed: boolean][] = [
  ['127.0.0.1', [], true],
  ['127.0.0.1:8000', [], true],
  ['10.1.2.3', [], true],
  ['[::1]', [], true],
  ['[::1]:8000', [], true],
  ['[fe80::1]:8000', [], true],
  ['localhost', [], true],
  ['LOCALHOST:8000', [], true],
  ['localhost.', [], true],
  ['shop.localhost:8000', [], true],
  ['evil.test', [], false],
  ['evil.test:8000', [], false],
  ['localhost.evil.test', [], false],
  ['evil-localhost', [], false],
  ['127.0.0.1.evil.test', [], false],
  ['1.2.3', [], false],
  ['[evil.test]', [], false],
  ['metrics.internal', ['metrics.internal'], true],
  ['Metrics.Internal:8000', ['metrics.internal'], true],
  ['metrics.internal', ['Metrics.Internal'], true],
  ['metrics.internal.', ['metrics.internal'], true],
  ['x.metrics.internal', ['metrics.internal'], false],
  ['internal', ['.internal'], true],
  ['a.b.internal', ['.internal'], true],
  ['evilinternal', ['.internal'], false],
  ['127.0.0.1@evil.test', [], false],
  ['localhost:8000:evil', [], false],
  ['localhost, evil.test', [], false],
];
test.each(hosts)('Host %j where the names are %j: %j', async (host, names, isAllowed) => {
  const { status } = await ask(await checked(names), host);
  expect(status).toBe(isAllowed ? 200 : 403);
});

test('a refusal names the option, and does not repeat a long name', async () => {
  const port = await checked([]);
  expect((await ask(port, 'Shop:8000')).text).toBe(
    'the page of this endpoint is not for the host "shop": use its IP address or localhost, ' +
      'or allow the name: expose({ allowedHosts: ["shop"] }). The metrics are at /metrics\n',
  );
  expect((await ask(port, 'x'.repeat(5000))).text.length).toBeLessThan(500);
});

test('the host of an absolute target counts, not the header', async () => {
  const port = await checked([]);
  expect((await ask(port, 'localhost', 'http://evil.test/')).status).toBe(403);
  expect((await ask(port, 'evil.test', 'http://localhost/')).status).toBe(200);
});

test('a request without a host, which no browser sends, passes', async () => {
  const socket = connect(await checked([]), '127.0.0.1');
  closing.push(() => socket.destroy());
  socket.write('GET / HTTP/1.0\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});
