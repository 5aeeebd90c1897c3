import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { hello, type Snapshot } from '../../src/page/stream.fixture.ts';
import { describeInBrowser } from './browser.ts';
import { ToldService } from './told.ts';

let closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.toReversed()) close();
  closing = [];
});

async function open(): Promise<ToldService> {
  const service = await ToldService.open();
  closing.push(() => service.close());
  return service;
}

const calls = (count: number): Snapshot => [
  [{ name: 's_requests', type: 'counter' }, { method: '/a.A/Get', status: 'OK' }, count],
];

const statusOf = (page: Page) => page.locator('#status').textContent();
const clockOf = (page: Page) => page.locator('#clock').textContent();

/** As if another tab were in front of it, or no longer. */
function show(page: Page, visibility: 'hidden' | 'visible'): Promise<unknown> {
  return page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${visibility}', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'))`);
}

describeInBrowser('the page that listens', (openPage) => {
  test('asks anew where nothing comes through an open connection', async () => {
    const service = await open();
    const { page } = await openPage(service.url, { hasClock: true });
    for (const t of [1, 2]) service.say(t, calls(t));
    await expect.poll(() => statusOf(page)).toBe('Live');
    await page.clock.runFor(5000);
    await expect.poll(() => statusOf(page)).toBe('No answer since 00:00:02');
    expect(service.asked).toBe(1);
    await page.clock.runFor(10_000);
    await expect.poll(() => service.asked).toBe(2);
    await expect.poll(() => service.viewers).toBe(1);
    service.say(3, calls(3));
    await expect.poll(() => statusOf(page)).toBe('Live again');
  });

  test('says so where nothing comes from the beginning', async () => {
    const service = await open();
    service.refuse = () => {};
    const { page } = await openPage(service.url, { hasClock: true });
    await expect.poll(() => service.asked).toBe(1);
    await page.clock.runFor(5000);
    await expect.poll(() => statusOf(page)).toBe('No answer');
  });

  const refusals: [name: string, status: number, type: string, text: string, said: string][] = [
    [
      'the service',
      503,
      'text/plain; charset=utf-8',
      '20 viewers are looking already\n',
      '20 viewers are looking already',
    ],
    ['a proxy', 502, 'text/html', '<h1>no</h1>', '502 Bad Gateway'],
  ];
  test.each(refusals)('says why it is refused: %s', async (_name, status, type, text, said) => {
    const service = await open();
    service.refuse = (response) => response.writeHead(status, { 'content-type': type }).end(text);
    const { page } = await openPage(service.url, { hasClock: true });
    await expect.poll(() => statusOf(page)).toBe(`Not connected: ${said}`);
    service.refuse = undefined;
    service.say(1, calls(1));
    await page.clock.runFor(3000);
    await expect.poll(() => statusOf(page)).toBe('Live again');
  });

  test('is no viewer while nobody sees it, and knows afterwards what was', async () => {
    const service = await open();
    service.say(1, calls(1));
    const { page, complaints } = await openPage(service.url, { hasClock: true });
    await expect.poll(() => statusOf(page)).toBe('Live');
    await show(page, 'hidden');
    let second = 1;
    const pass = async (seconds: number) => {
      for (const end = second + seconds; second < end; ) {
        second += 4;
        service.say(second, calls(second));
        await expect.poll(() => clockOf(page)).toBe(`00:00:${String(second).padStart(2, '0')}`);
        await page.clock.runFor(4000);
      }
    };
    await pass(12);
    await show(page, 'visible'); // soon enough
    await show(page, 'hidden');
    await pass(12);
    expect([service.asked, service.viewers]).toEqual([1, 1]);
    await pass(8);
    await expect.poll(() => service.viewers).toBe(0);
    expect(await statusOf(page)).toBe('Live until 00:00:33');
    service.say(40, calls(40));
    await show(page, 'visible');
    await expect.poll(() => statusOf(page)).toBe('Live');
    await expect.poll(() => clockOf(page)).toBe('00:00:40');
    expect([service.asked, service.viewers]).toEqual([2, 1]);
    expect(complaints).toEqual([]);
  });

  test('keeps what it is paused at, for hours, and listens no more when there is no room', async () => {
    const service = await open();
    for (let t = 1000; t <= 1600; t += 1) service.say(t, calls(t * (t % 100)));
    const { page } = await openPage(service.url);
    const line = () => page.locator('.spark path').getAttribute('d');
    await expect.poll(clockOf.bind(undefined, page)).toBe('00:26:40');
    await page.keyboard.press('p');
    await expect.poll(line).not.toBe('');
    const before = await line();
    for (let t = 1601; t <= 2190; t += 1) service.say(t, calls(t));
    await page.waitForTimeout(500);
    expect([service.viewers, await clockOf(page), await line()]).toEqual([1, '00:26:40', before]);
    for (let t = 2191; t <= 2210; t += 1) service.say(t, calls(t));
    await expect.poll(() => service.viewers).toBe(0);
    await page.getByRole('button', { name: '5 min' }).click();
    await expect.poll(line).not.toBe(before);
    await page.getByRole('button', { name: '1 min' }).click();
    await expect.poll(line).toBe(before);
    for (let t = 2211; t <= 9000; t += 1) service.say(t, calls(t));
    expect(await clockOf(page)).toBe('00:26:40');
    await page.keyboard.press('p');
    await expect.poll(() => clockOf(page)).toBe('02:30:00');
    expect(await statusOf(page)).toBe('Live');
  });

  test('does not read what another version of the service tells', async () => {
    const service = await open();
    const { page, complaints } = await openPage(service.url);
    service.say(1, calls(1));
    await expect.poll(() => statusOf(page)).toBe('Live');
    service.restart({ run: 'second', format: hello().format + 1 });
    await expect.poll(() => statusOf(page)).toMatch(/^The service has another version .*: load the page again$/);
    expect(complaints.filter((complaint) => complaint.startsWith('error'))).toEqual([]);
  });

  test('gives the queries of the run that it shows', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    service.say(1, calls(1));
    const shown = page.locator('figure[data-chart="server.rate"] .promql');
    const query = async () => {
      if ((await shown.getAttribute('open')) === null) await shown.locator('summary').click();
      return shown.locator('code').textContent();
    };
    await expect.poll(query).toBe('sum(rate(s_requests[1m]))');
    service.restart({ run: 'second', queries: { 'server.rate': 'other' } });
    service.say(2, calls(1));
    await expect.poll(query).toBe('other');
  });

  test('works below a path of a proxy', async () => {
    const service = await open();
    service.say(1, calls(1));
    const proxy = createServer((incoming, outgoing) => {
      const { url, headers } = incoming;
      if (!url!.startsWith('/vitals/')) return outgoing.writeHead(404).end();
      const { port } = new URL(service.url);
      const asked = request({ port, path: url!.slice('/vitals'.length), headers }, (answer) => {
        answer.pipe(outgoing.writeHead(answer.statusCode!, answer.headers));
      });
      asked.on('error', () => outgoing.destroy());
      return asked.end();
    }).listen(0, '127.0.0.1');
    closing.push(() => {
      proxy.close();
      proxy.closeAllConnections();
    });
    await once(proxy, 'listening');
    const { page, complaints } = await openPage(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/vitals/`);
    await expect.poll(() => statusOf(page)).toBe('Live');
    expect(await page.evaluate("document.querySelector('nav a').pathname")).toBe('/vitals/metrics');
    expect(complaints).toEqual([]);
  });
});
