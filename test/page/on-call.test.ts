import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { describeInBrowser, violations } from './browser.ts';
import { get, list, tellShop } from './shop.fixture.ts';
import type { ToldService } from './told.ts';

let services: ToldService[] = [];
afterEach(() => {
  for (const service of services) service.close();
  services = [];
});

async function open(seconds = 90): Promise<ToldService> {
  const service = await tellShop(seconds);
  services.push(service);
  return service;
}

/** The headline's numbers by class. */
const tilesOf = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(`Object.fromEntries(Array.from(document.querySelectorAll('#tiles > div'), (tile) => [
    tile.className.split(' ')[0], tile.querySelector('dd').textContent,
  ]))`);
const cell = (page: Page, method: string, name: string) => page.locator(`tr[data-method="${method}"] td.${name}`);
const legend = async (page: Page, chart: string) =>
  (await page.locator(`figure[data-chart="${chart}"] li`).allTextContents()).toSorted();
const colorOf = (page: Page, selector: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).color`);

describeInBrowser('the page for whoever is paged', (openPage) => {
  test('server faults have a ratio of their own, and other statuses are quiet', async () => {
    const service = await open(60);
    const { page, complaints } = await openPage(service.url);
    // Of 15 calls a second: the calls of a method that the server lacks are no fault of the server.
    await expect
      .poll(() => tilesOf(page))
      .toMatchObject({ rate: '16.0', faults: '6.7%', callers: '12.5%', cancelled: '6.3%' });
    await expect.poll(() => cell(page, get, 'faults').textContent()).toBe('10.0%');
    expect(await cell(page, list, 'faults').textContent()).toBe('0%');
    expect(await cell(page, 'unknown', 'faults').textContent()).toBe('–');
    await expect.poll(() => legend(page, 'server.faults')).toEqual(['of all calls6.7%']);
    expect(await legend(page, 'server.status')).toEqual([
      'CANCELLED1.00/s',
      'INTERNAL1.00/s',
      'NOT_FOUND2.00/s',
      'UNIMPLEMENTED1.00/s',
    ]);
    expect(await page.locator('tr.alarm').count()).toBe(1);
    expect(await page.title()).toBe('6.7% faults · shop · shop-7d9 · pid 42');
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('a status has the colour of its family wherever it is shown', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    await expect.poll(() => page.locator('tr .statuses i').count()).toBeGreaterThan(4);
    const alarm = await colorOf(page, '#tiles .alarm dd');
    const bars: string[] = await page.evaluate(
      `Array.from(document.querySelectorAll('tr[data-method="${get}"] .statuses i'), (part) => getComputedStyle(part).color)`,
    );
    const [ok, internal, notFound] = bars;
    expect(new Set([ok, internal, notFound]).size).toBe(3);
    expect(internal).toBe(alarm);
    expect(await colorOf(page, 'figure[data-chart="server.faults"] li i')).toBe(alarm);
    const swatches: Record<string, string> = await page.evaluate(
      `Object.fromEntries(Array.from(document.querySelectorAll('figure[data-chart="server.status"] li'), (line) => [
        line.title, getComputedStyle(line.querySelector('i')).color,
      ]))`,
    );
    expect(swatches).toMatchObject({ INTERNAL: internal, UNIMPLEMENTED: internal, NOT_FOUND: notFound });
    expect([ok, internal, notFound]).not.toContain(swatches.CANCELLED);
  });

  test('a histogram says no more than it knows', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    await expect.poll(() => cell(page, get, 'p99').textContent()).toBe('<5 ms');
    expect(await cell(page, list, 'p50').textContent()).toBe('>10 s');
    await expect.poll(() => legend(page, 'server.latency')).toEqual(['P50<5 ms', 'P95>10 s', 'P99>10 s']);
    expect(await tilesOf(page)).toMatchObject({ p50: '<5 ms', p99: '>10 s' });
  });

  test('says which process this is, and for how long it has run', async () => {
    const service = await open();
    service.restart({ process: { host: 'shop-7d9', pid: 42, node: 'v24.1.0', startedAt: 36_000 - 1620 } });
    service.say(36_100, []);
    const { page } = await openPage(service.url);
    await expect.poll(() => page.locator('#who').textContent()).toBe('shop-7d9 · pid 42 · Node v24.1.0 · up 28 min');
    expect(await page.title()).toBe('shop · shop-7d9 · pid 42');
  });

  test('names the classes of the exceptions of a method', async () => {
    const service = await open();
    const { page } = await openPage(`${service.url}#method=${get}`);
    await expect.poll(() => legend(page, 'server.exceptions')).toEqual(['RangeError1.00/s']);
  });

  test('a service that nobody has called of late says so, and none that was never called', async () => {
    const service = await open(0);
    const requests = (count: number) => [
      [{ name: 's_requests', type: 'counter' }, { method: get, status: 'OK' }, count] as const,
    ];
    for (const second of [1, 2, 3]) service.say(36_000 + second, requests(0));
    const { page } = await openPage(service.url);
    const first = page.locator('#first');
    await expect.poll(() => first.locator('code').textContent()).toContain('shop.v1.Orders/GetOrder');
    expect(await first.textContent()).toContain('No calls yet.');
    service.restart({ run: 'second', now: 36_010 });
    for (const second of [11, 12, 13]) service.say(36_000 + second, requests(7));
    const { page: late } = await openPage(service.url);
    await expect
      .poll(() => late.locator('#first').textContent())
      .toMatch(/^No call in the last minutes, 7 before them/);
    service.say(36_014, requests(8));
    await expect.poll(() => late.locator('#first').isVisible()).toBe(false);
  });

  test('uses the words of the field', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    await expect.poll(() => page.locator('figure').count()).toBeGreaterThan(5);
    const text = await page.evaluate<string>('document.body.innerText');
    expect(text).toContain('Server faults');
    expect(text).not.toMatch(/weakcb|\bBusy\b|not OK|\d ?us\b/);
  });
});
