import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { describeInBrowser } from './browser.ts';
import { get, tellShop } from './shop.fixture.ts';
import type { ToldService } from './told.ts';

let services: ToldService[] = [];
afterEach(() => {
  for (const service of services) service.close();
  services = [];
});

async function open(seconds = 60): Promise<ToldService> {
  const service = await tellShop(seconds);
  services.push(service);
  return service;
}

/** The boxes of all visible elements of a selector. */
const boxesOf = (page: Page, selector: string) =>
  page.evaluate<{ name: string; x: number; y: number; width: number; height: number; right: number }[]>(
    `Array.from(document.querySelectorAll(${JSON.stringify(selector)}), (element) => {
      const { x, y, width, height, right } = element.getBoundingClientRect();
      return { name: element.textContent || element.id, x, y, width, height, right };
    }).filter(({ width }) => width > 0)`,
  );

describeInBrowser('the shape of the page', (openPage) => {
  test.each([1280, 1600, 1920, 2560])('charts fill their rows at %i', async (width) => {
    const service = await open();
    const { page } = await openPage(service.url, { viewport: { width, height: 900 } });
    await expect.poll(() => page.locator('#calls figure').count()).toBeGreaterThan(3);
    const [grid] = await boxesOf(page, '#calls');
    const figures = await boxesOf(page, '#calls figure');
    for (const y of new Set(figures.map((figure) => figure.y))) {
      const row = figures.filter((figure) => figure.y === y);
      expect(Math.max(...row.map(({ right }) => right))).toBeCloseTo(grid!.right, 0);
      expect(new Set(row.map(({ height }) => Math.round(height))).size).toBe(1);
    }
    const plots = await boxesOf(page, '#calls .plot');
    expect(new Set(plots.map(({ height }) => Math.round(height))).size).toBe(1);
  });

  test('every target on a phone is at least 24 px, and numbers stay in their columns', async () => {
    const service = await open();
    const { page } = await openPage(service.url, { viewport: { width: 360, height: 740 } });
    await expect.poll(() => page.locator('#calls figure').count()).toBeGreaterThan(3);
    const targets = await boxesOf(page, 'button, a, input, summary');
    expect(targets.length).toBeGreaterThan(15);
    for (const { name, width, height } of targets) {
      expect(Math.min(width, height), name).toBeGreaterThanOrEqual(24);
    }
    await expect.poll(() => page.locator(`tr[data-method="${get}"] td.rate`).textContent()).toBe('10.0');
    const wide = await page.evaluate(`Array.from(document.querySelectorAll('#methods td'))
      .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)`);
    expect(wide).toEqual([]);
  });

  test('a chosen method brings its charts into view on a phone', async () => {
    const service = await open();
    const { page } = await openPage(service.url, { viewport: { width: 360, height: 600 } });
    const chart = page.locator('figure[data-chart="server.faults"]');
    await expect.poll(() => chart.count()).toBe(1);
    expect((await chart.boundingBox())!.y).toBeGreaterThan(600);
    await page.locator(`tr[data-method="${get}"]`).getByRole('button').click();
    await expect.poll(async () => (await chart.boundingBox())!.y).toBeLessThan(320);
  });

  test('a title wraps at underscores, and no sooner', async () => {
    const service = await open();
    const { page } = await openPage(service.url, { viewport: { width: 320, height: 900 } });
    const title = page.locator('figure[data-chart="shop_orders_created_in_the_last_night_total"] h3');
    await expect.poll(() => title.textContent()).toBe('shop_orders_created_in_the_last_night_total');
    expect(await title.locator('wbr').count()).toBe(7);
    expect((await title.boundingBox())!.height).toBeGreaterThan(30);
  });

  test('what is constant is in a table, with times as how long ago', async () => {
    const service = await open();
    const { page } = await openPage(service.url);
    const row = (family: string) => page.locator(`tr[data-family="${family}"]`);
    await expect.poll(() => row('shop_build_info').textContent()).toBe('shop_build_infocommit=abc1234');
    expect(await row('shop_pool_size').textContent()).toBe('shop_pool_size20');
    await page.locator('details.part > summary').click();
    expect(await row('process_start_time_seconds').textContent()).toBe('process_start_time_secondsup 28 min');
    expect(await page.locator('figure[data-chart="shop_pool_size"]').count()).toBe(0);
  });

  test('a histogram is a heat map on request', async () => {
    const service = await open();
    const { page, complaints } = await openPage(service.url);
    const figure = page.locator('figure[data-chart="server.latency"]');
    const button = figure.getByRole('button', { name: 'Heat map of Duration' });
    const picture = () =>
      figure.locator('canvas').evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    await expect.poll(() => figure.locator('canvas').count()).toBe(1);
    const lines = await picture();
    await button.click();
    await expect.poll(async () => (await picture()) === lines).toBe(false);
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    const map = await picture();
    await button.click();
    await expect.poll(async () => (await picture()) === map).toBe(false);
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(complaints).toEqual([]);
  });

  test('a picture of the whole page is complete, without scrolling', async () => {
    const service = await open();
    const { page } = await openPage(service.url, { viewport: { width: 600, height: 400 } });
    const figures = await page.locator('main > section figure').count();
    await expect.poll(() => page.locator('main > section figure .plot canvas').count()).toBe(figures);
  });

  test('a print is complete and light', async () => {
    const service = await open();
    const { page, complaints } = await openPage(service.url, {
      colorScheme: 'dark',
      viewport: { width: 900, height: 400 },
    });
    await expect.poll(() => page.locator('#calls figure').count()).toBeGreaterThan(3);
    const isLight = () => page.evaluate('document.documentElement.classList.contains("light")');
    expect(await isLight()).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    expect(await isLight()).toBe(true);
    expect(await page.evaluate('document.querySelector("details.part").open')).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.querySelector("#methods")).maxHeight')).toBe('none');
    const figures = await page.locator('figure').count();
    expect(await page.locator('figure canvas').count()).toBe(figures);
    await page.evaluate('dispatchEvent(new Event("afterprint"))');
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    expect(await isLight()).toBe(false);
    expect(await page.evaluate('document.querySelector("details.part").open')).toBe(false);
    expect(complaints).toEqual([]);
  });
});
