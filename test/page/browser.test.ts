import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInBrowser, screenshot, violations } from './browser.ts';

/** Pages of one server, by the path; `OTHER` is another origin. */
const pages: Readonly<Record<string, string>> = {
  clean: '<script>fetch("/data"); new EventSource("/events"); const gone = new EventSource("/events")</script>',
  closes: '<script>const stream = new EventSource("/events"); stream.onopen = () => stream.close()</script>',
  style: '<p style="color: red">hello</p>',
  eval: '<script>try { eval("1") } catch {}</script>',
  logs: '<script>console.error("a", "b"); console.warn("c"); console.log("d")</script>',
  throws: '<script>setTimeout(() => { throw new Error("thrown") })</script>',
  rejects: '<script>Promise.reject(new Error("rejected"))</script>',
  missing: '<script>fetch("/no-such")</script>',
  broken: '<script>fetch("/hang-up").catch(() => {})</script>',
  foreign: '<script>fetch("OTHER/clean").catch(() => {})</script>',
  'foreign-image': '<img alt="a picture" src="http://pictures.test/a.png">',
  'foreign-socket': '<script>new WebSocket("OTHER/socket".replace("http", "ws"))</script>',
  'foreign-beacon': '<script>navigator.sendBeacon("OTHER/beacon", "x")</script>',
  unlabelled: '<input><p id="pale">hello</p>',
  idle: '',
  moves: '<script>move(() => {})</script>',
};

/** All pages have it; the policy lets scripts in, and no style but by the nonce, so that `style` shows a violation. */
const frame = (body: string) => `<!doctype html><html lang="en"><head><title>A page</title>
<link rel="icon" href="data:,"><style nonce="n">#pale { color: #ccc; background: #fff } #box { width: 50px }</style>
<script>
const move = (work) => {
  let at = 0;
  const step = () => { work(); box.style.transform = 'translateX(' + (at++ % 100) + 'px)'; requestAnimationFrame(step); };
  requestAnimationFrame(step);
};
</script></head><body><main><h1>A page</h1><div id="box">x</div>${body}</main></body></html>`;

let servers: Server[];
let origin: string;
let other: string;

beforeAll(async () => {
  servers = [0, 1].map(() =>
    createServer((request, response) => {
      const path = request.url!.slice(1);
      const body = pages[path];
      if (path === 'hang-up') return response.destroy();
      if (path === 'data') return response.end('x');
      if (path === 'events')
        return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: x\n\n');
      if (body === undefined) return response.writeHead(404).end();
      const inline = "script-src 'unsafe-inline'; style-src 'nonce-n'";
      const policy = `default-src 'none'; img-src * data:; connect-src *; ${inline}`;
      const headers = { 'content-type': 'text/html', 'content-security-policy': policy };
      return response.writeHead(200, headers).end(frame(body.replaceAll('OTHER', other)));
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  [origin, other] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`) as [
    string, // one for each server
    string,
  ];
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

describeInBrowser('a page in the browser', (openPage) => {
  test.each(['clean', 'closes', 'idle', 'moves'])('%s: no complaint', async (path) => {
    const { page, complaints } = await openPage(`${origin}/${path}`);
    await sleep(300);
    await page.goto('about:blank');
    expect(complaints).toEqual([]);
  });

  const complaining: [path: string, complaints: RegExp[]][] = [
    ['style', [/^csp: style-src-attr blocks inline$/, /^console: .*inline style/]],
    ['eval', [/^csp: script-src blocks eval$/]],
    ['logs', [/^console: a b$/, /^console: c$/]],
    ['throws', [/^error: thrown$/]],
    ['rejects', [/^error: rejected$/]],
    ['missing', [/^failed: .*\/no-such: 404$/, /^console: .*404/]],
    ['broken', [/^failed: .*\/hang-up: net::ERR_EMPTY_RESPONSE$/, /^console: .*ERR_EMPTY_RESPONSE/]],
    ['foreign', [/^foreign: http:.*\/clean$/]],
    ['foreign-image', [/^foreign: http:\/\/pictures\.test\/a\.png$/, /^failed: .*ERR_NAME_NOT_RESOLVED/]],
    ['foreign-socket', [/^foreign: ws:.*\/socket$/]],
    ['foreign-beacon', [/^foreign: http:.*\/beacon$/]],
  ];
  test.each(complaining)('%s: complaints', async (path, expected) => {
    const { complaints } = await openPage(`${origin}/${path}`);
    const all = expected.map((pattern) => expect.stringMatching(pattern));
    await expect.poll(() => complaints).toEqual(expect.arrayContaining(all));
  });

  test('a page that is not served fails to open', async () => {
    const port = new URL(origin).port;
    await expect(openPage(`http://127.0.0.1:${port === '1' ? 2 : 1}/`)).rejects.toThrow(/ERR_/);
  });

  test('a page is seen as it was asked for', async () => {
    const asked = { viewport: { width: 360, height: 640 }, colorScheme: 'dark', reducedMotion: 'reduce' } as const;
    const seen = `[innerWidth, innerHeight, ...['(prefers-color-scheme: dark)', '(prefers-reduced-motion)']
      .map((query) => matchMedia(query).matches)]`;
    const { page } = await openPage(`${origin}/idle`, asked);
    expect(await page.evaluate(seen)).toEqual([360, 640, true, true]);
    const { page: usual } = await openPage(`${origin}/idle`);
    expect(await usual.evaluate(seen)).toEqual([1280, 800, false, false]);
  });

  test('text has letters: the browser has a font', async () => {
    const { page } = await openPage(`${origin}/idle`);
    const width = (text: string) =>
      page.evaluate(`(() => {
        const range = document.createRange();
        box.replaceChildren(document.createElement('span'));
        box.firstChild.textContent = '${text}';
        return box.firstChild.getBoundingClientRect().width;
      })()`);
    expect(await width('iii')).toBeGreaterThan(0);
    expect(await width('WWW')).toBeGreaterThan(Number(await width('iii')) * 2);
  });

  test('axe finds nothing wrong with a page that is right', async () => {
    const { page, complaints } = await openPage(`${origin}/idle`);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('axe finds an input without a name and text that is too pale', async () => {
    const { page } = await openPage(`${origin}/unlabelled`);
    expect(await violations(page)).toEqual([
      expect.stringMatching(/^color-contrast: .*: #pale$/),
      expect.stringMatching(/^label: .*: input$/),
    ]);
  });

  test('a screenshot is of the whole page', async () => {
    const { page } = await openPage(`${origin}/idle`, { viewport: { width: 400, height: 300 } });
    await page.evaluate('box.style.height = "900px"');
    const path = await screenshot(page, 'browser-test');
    const png = readFileSync(path);
    rmSync(path);
    // Width and height in PNG's header.
    expect([png.readUInt32BE(16), png.readUInt32BE(20) > 900]).toEqual([400, true]);
  });
});
