import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import { pageFile, pageHandler, policyOf } from './page.ts';

const html = '<!doctype html><title>ü</title><style>a{}</style><script>let a = "<style>no</style>";</script>\n';
const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-page-'));
const closing: (() => unknown)[] = [];
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

async function served(content?: string) {
  const path = join(folder, `${Math.random()}.html`);
  if (content !== undefined) writeFileSync(path, content);
  const failures: unknown[] = [];
  const server = createServer(pageHandler(pathToFileURL(path), (error) => failures.push(error)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  const ask = async (headers: Record<string, string> = {}, method = 'GET') => {
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const asked = request({ port, method, headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
  };
  return { ask, path, failures };
}

test('the page comes with a policy that allows what is in it, and nothing else', async () => {
  const { ask } = await served(html);
  const { status, headers, body } = await ask();
  expect(status).toBe(200);
  expect(body.toString()).toBe(html);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-length': String(Buffer.byteLength(html)),
    'cache-control': 'no-cache',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'content-security-policy':
      `default-src 'none'; script-src ${hashOf('let a = "<style>no</style>";')}; style-src ${hashOf('a{}')}; ` +
      "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  });
});

const policies: [name: string, page: string, scripts: string, styles: string][] = [
  ['none', '<p>x', "'none'", "'none'"],
  ['attributes and capitals', '<SCRIPT type="module" >a</SCRIPT\n>', hashOf('a'), "'none'"],
  ['two', '<script>a</script><script>b\n</script>', `${hashOf('a')} ${hashOf('b\n')}`, "'none'"],
  ['the same twice', '<style>a</style><style>a</style>', "'none'", hashOf('a')],
  ['in a comment', '<!-- <script>a</script> --><script>b</script>', hashOf('b'), "'none'"],
  ['a comment in a script', '<script>"<!--"</script><style>s</style>', hashOf('"<!--"'), hashOf('s')],
  ['line ends', '<script>a\r\nb\rc</script>', hashOf('a\nb\nc'), "'none'"],
];
test.each(policies)('policy: %s', (_name, page, scripts, styles) => {
  expect(policyOf(page)).toContain(`; script-src ${scripts}; style-src ${styles}; `);
});

const codings: [accept: string, coding: string | undefined, decode: (body: Buffer) => Buffer][] = [
  ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
  ['gzip, deflate', 'gzip', gunzipSync],
  ['gzip, br;q=0', 'gzip', gunzipSync],
  ['x-gzip;q=0.5, deflate', undefined, (body) => body],
  ['br', 'br', brotliDecompressSync],
  ['br, gzip;q=0.5', 'br', brotliDecompressSync],
  ['zstd', undefined, (body) => body],
  ['identity', undefined, (body) => body],
];
test.each(codings)('compressed as is accepted: %s', async (accept, coding, decode) => {
  const { ask } = await served(html);
  for (let time = 0; time < 2; time += 1) {
    const { headers, body } = await ask({ 'accept-encoding': accept });
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers.vary).toBe('Accept-Encoding');
    expect(decode(body).toString()).toBe(html);
  }
});

test('what is known is not sent again, until it is another', async () => {
  const { ask } = await served(html);
  const { headers } = await ask();
  const tag = headers.etag!;
  const known = await ask({ 'if-none-match': `"x", W/${tag}` });
  expect(known).toMatchObject({ status: 304, headers: { etag: tag, 'cache-control': 'no-cache' } });
  expect(known.body).toHaveLength(0);
  expect(known.headers['content-security-policy']).toBe(headers['content-security-policy']);
  expect(await ask({ 'if-none-match': tag, 'accept-encoding': 'gzip' })).toMatchObject({ status: 200 });
  const other = await served(`${html} `);
  expect(await other.ask({ 'if-none-match': tag })).toMatchObject({ status: 200 });
});

test('HEAD has the headers of GET', async () => {
  const { ask } = await served(html);
  const { date: _date, ...headers } = (await ask()).headers;
  const head = await ask({}, 'HEAD');
  expect(head).toMatchObject({ status: 200, headers });
  expect(head.body).toHaveLength(0);
});

test('other methods are answered 405', async () => {
  const { ask } = await served(html);
  expect(await ask({}, 'DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
});

test('it is read once', async () => {
  const { ask, path } = await served(html);
  await ask();
  rmSync(path);
  expect((await ask()).body.toString()).toBe(html);
});

test('a page that is not there is said, with what to do, counted, and found when it is', async () => {
  const { ask, path, failures } = await served();
  const { status, headers, body } = await ask();
  expect(status).toBe(500);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body.toString()).toContain(`the page is not there, at ${path}: build it with`);
  expect(failures).toHaveLength(1);
  writeFileSync(path, html);
  expect((await ask()).body.toString()).toBe(html);
});

test('the build puts it where it is looked for', () => {
  expect(fileURLToPath(pageFile)).toBe(join(import.meta.dirname, '../../dist/page.html'));
});
