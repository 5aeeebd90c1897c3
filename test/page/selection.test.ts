import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { get, list, tellShop } from './shop.fixture.ts';
import type { ToldService } from './told.ts';

let services: ToldService[] = [];
afterEach(() => {
  for (const service of services) service.close();
  services = [];
});

async function open(seconds = 120): Promise<ToldService> {
  const service = await tellShop(seconds);
  services.push(service);
  return service;
}

const rate = (page: Page) => page.locator('#tiles .rate dd').textContent();
const spans = async (page: Page) => [...new Set(await page.locator('.span').allTextContents())];
const rows = (page: Page) => page.locator('tr[data-method]').filter({ visible: true }).count();
const hash = (page: Page) => page.evaluate<string>('location.hash');

describeInBrowser('what the reader selects', (openPage) => {
  test('one window is everywhere: beside the numbers, in them, and in queries', async () => {
    const service = await open();
    const { page, complaints } = await openPage(service.url);
    // 16 calls a second, and 5 more since half of the last two minutes.
    await expect.poll(() => spans(page)).toEqual(['1 min up to 10:02:00']);
    expect(await rate(page)).toBe('21.0');
    const promql = page.locator('figure[data-chart="server.rate"] .promql');
    await promql.locator('summary').click();
    await expect.poll(() => promql.locator('code').textContent()).toBe('sum(rate(s_requests[1m]))');

    await page.getByRole('button', { name: '5 min' }).click();
    await expect.poll(() => spans(page)).toEqual(['5 min up to 10:02:00']);
    expect(await rate(page)).toBe('18.5');
    await expect.poll(() => promql.locator('code').textContent()).toBe('sum(rate(s_requests[5m]))');
    expect(await hash(page)).toMatch(/window=300/);

    await page.getByRole('button', { name: '15 s' }).click();
    await expect.poll(() => spans(page)).toEqual(['15 s up to 10:02:00']);
    await expect.poll(() => promql.locator('code').textContent()).toBe('sum(rate(s_requests[1m]))');
    expect(await promql.textContent()).toContain('a shorter range holds too few scrapes');
    expect(complaints).toEqual([]);
  });

  test('the pointer moves tiles, table and all legends to its moment, and back', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    await page.getByRole('button', { name: '15 s' }).click();
    const over = page.locator('figure[data-chart="server.rate"] .u-over');
    await over.scrollIntoViewIfNeeded();
    await expect.poll(() => rate(page)).toBe('21.0');
    const { width, height } = (await over.boundingBox())!; // it is shown
    await over.hover({ position: { x: width * 0.3, y: height / 2 } });
    await expect.poll(() => rate(page)).toBe('16.0');
    const clock = await page.locator('#clock').textContent();
    expect(clock).toMatch(/^10:00:3\d$/);
    expect(await spans(page)).toEqual([`15 s up to ${clock}`]);
    expect(await page.locator('#age').textContent()).toMatch(/^1 min \d+ s ago$/);
    expect(await page.locator(`tr[data-method="${list}"] td.rate`).textContent()).toBe('5.00');
    await expect
      .poll(() => page.locator('figure[data-chart="server.rate"] li').allTextContents())
      .toContain('ListOrders5.00/s');
    await page.mouse.move(1, 1);
    await expect.poll(() => rate(page)).toBe('21.0');
    expect(await page.locator('#age').textContent()).toBe('');
  });

  test('the filter narrows tiles, table, charts and metrics', async () => {
    const service = await open(60);
    const { page } = await openPage(service.url);
    const field = page.getByLabel('Filter methods and metrics');
    const charts = (section: string) => page.locator(`#${section} figure`).count();
    await expect.poll(() => rate(page)).toBe('16.0');
    await expect.poll(() => charts('mine')).toBe(1);

    await field.fill('list');
    await expect.poll(() => rate(page)).toBe('5.00');
    expect(await rows(page)).toBe(1);
    expect(await page.locator('#scope').textContent()).toBe('1 of 3 methods');
    await expect
      .poll(() => page.locator('figure[data-chart="server.rate"] li').allTextContents())
      .toEqual(['ListOrders5.00/s']);
    expect(await charts('mine')).toBe(0);
    expect(await page.locator('#none').textContent()).toContain('No metric of yours matches');

    await field.fill('paid'); // a label of a metric
    await expect.poll(() => charts('mine')).toBe(1);
    expect(await rows(page)).toBe(0);
    expect(await page.locator('#calls').isVisible()).toBe(false);
    await field.fill('pool');
    await expect.poll(() => page.locator('tr[data-family="shop_pool_size"]').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => rate(page)).toBe('16.0');
  });

  test('the address holds what is selected, for a colleague', async () => {
    const service = await open(60);
    const { page } = await openPage(service.url);
    await expect.poll(() => rows(page)).toBe(3);
    await page.locator(`tr[data-method="${get}"]`).getByRole('button').click();
    await page.getByRole('button', { name: '5 min' }).click();
    await page.getByLabel('Filter methods and metrics').fill('orders');
    const address = await page.evaluate<string>('location.href');
    expect(new URLSearchParams(new URL(address).hash.slice(1)).get('method')).toBe(get);
    const { page: theirs } = await openPage(address);
    await expect.poll(() => theirs.locator('#scope').textContent()).toBe(get);
    expect(await rate(theirs)).toBe('10.0');
    expect(await theirs.getByRole('button', { name: '5 min' }).getAttribute('aria-pressed')).toBe('true');
    expect(await theirs.getByLabel('Filter methods and metrics').inputValue()).toBe('orders');
    // Another address in the same tab.
    await theirs.evaluate(`location.hash = '#method=${list}'`);
    await expect.poll(() => theirs.locator('#scope').textContent()).toBe(list);
    await theirs.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => hash(theirs)).not.toContain('method');
  });
});
