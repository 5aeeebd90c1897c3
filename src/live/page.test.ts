import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { pageHandler, policyOf } from './page.ts';

const html = '<!doctype html><title>ü</title><style>a{}</style><script>let a = "<style>no</style>";</script>\n';
const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** `pages` are what each reading returns; an Error is thrown. */
async function served(...pages: (string | Error)[]) {
  const read = () => {
    const page = pages.shift();
    if (page === undefined) throw new Error('the page was read too often');
    if (page instanceof Error) throw page;
    return brotliCompressSync(page);
  };
  const failures: unknown[] = [];
  const server = createServer(pageHandler(read, (error) => failures.push(error)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  const ask = async (headers: Record<string, string> = {}, method = 'GET') => {
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const asked = request({ port, method, headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
  };
  return { ask, failures };
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
      "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'",
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

test('the page is read once', async () => {
  const { ask, failures } = await served(html);
  await ask();
  expect((await ask()).body.toString()).toBe(html);
  expect(failures).toEqual([]);
});

test('a page that cannot be read is a 500 that says why, is reported, and is read again for the next request', async () => {
  const error = new Error('there is no live page');
  const { ask, failures } = await served(error, html);
  const { status, headers, body } = await ask();
  expect(status).toBe(500);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body.toString()).toBe('there is no live page\n');
  expect(failures).toEqual([error]);
  expect((await ask()).body.toString()).toBe(html);
});
