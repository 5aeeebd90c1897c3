import * as grpc from '@grpc/grpc-js';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Books, countOf } from '../../examples/books.ts';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, runPlan, runTraffic } from '../../examples/traffic.ts';
import { format } from '../../src/page/format.ts';
import { syntaxErrors } from '../support/deploy/promql.ts';
import { shopMethods } from '../support/expected.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';
import { describeInBrowser, screenshot, violations } from './browser.ts';

const credentials = grpc.credentials.createInsecure();

/** The numbers of the table, by method and column. */
function numbersOf(page: Page): Promise<Record<string, Record<string, string>>> {
  return page.evaluate(`Object.fromEntries(Array.from(document.querySelectorAll('tr[data-method]'), (row) => [
    row.dataset.method,
    Object.fromEntries([
      ...Array.from(row.querySelectorAll('td'), (cell) => [cell.className, cell.textContent]),
      ['shares', row.querySelector('.statuses small').title],
    ]),
  ]))`);
}

/** The numbers of the headline. */
function headlineOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate(`Object.fromEntries(Array.from(document.querySelectorAll('#tiles > div'), (tile) => [
    tile.querySelector('dt').textContent,
    tile.querySelector('dd').textContent,
  ]))`);
}

function open(): Promise<Shop> {
  const server = grpc.ServerCredentials.createInsecure();
  return openShop({ credentials: server, host: '127.0.0.1', port: 0, metricsPort: 0 });
}

const pageOf = (shop: Shop) => new URL('/', shop.metricsUrl).href;

describeWith(['prometheus3'], 'what the page says of calls', ({ prometheus3 }) => {
  let shop: Shop;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    shop = await open();
    const targets = [{ targets: [new URL(shop.metricsUrl).host] }];
    const scrape = { job_name: 'shop', metrics_path: '/metrics', static_configs: targets };
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: [scrape] };
    prometheus = await startPrometheus({ binary: prometheus3, config });
  }, 60_000);
  afterAll(async () => {
    await prometheus?.stop();
    await shop?.close();
  });

  describeInBrowser('in the browser', (openPage) => {
    test("is what the clients' books and Prometheus say", { timeout: 60_000 }, async () => {
      const { page, complaints } = await openPage(pageOf(shop));
      await expect.poll(() => page.getByRole('status').first().textContent()).toMatch(/^Live/);
      expect(await headlineOf(page)).toMatchObject({
        'Calls/s': '0.00',
        'Server faults': '–',
        P95: '–',
        'In flight': '0',
      });

      let read: Promise<Awaited<ReturnType<typeof numbersOf>>> = Promise.resolve({});
      const books: Books = await runPlan({
        address: shop.address,
        credentials,
        plan: { ...evenPlan(4), bugInStream: 0 },
        // While the clients are connected.
        whileOpen: async (seen) => {
          read = untilItHas(page, seen);
          const headline = await read.then(() => headlineOf(page));
          expect(headline).toMatchObject({ 'In flight': '0', Connections: '3' });
        },
      });
      const numbers = await read;
      expect(Object.keys(numbers).toSorted()).toEqual([...shopMethods, 'unknown'].toSorted());
      // All rates are of one window. It has all calls, and begins with a frame: of a minute, or up to 5 s before while nobody looked.
      const windows = shopMethods.map((method) => countOf(books, method) / Number(numbers[method]!.rate));
      const seconds = Math.max(...windows);
      expect(Math.min(...windows)).toBeGreaterThan(seconds * 0.95);
      expect(seconds).toBeGreaterThan(1);
      expect(seconds).toBeLessThan(66);

      await prometheus.waitForScrapes(2);
      for (const quantile of [0.5, 0.95, 0.99]) {
        const buckets = 'sum by (method, le) (grpc_request_duration_seconds_bucket)';
        const answer = await prometheus.query(`histogram_quantile(${quantile}, ${buckets})`);
        // Where Prometheus guesses below the first bound, the page says that it is below.
        const textOf = (value: number) => (value <= 0.005 ? '<5 ms' : format(value, 's'));
        const said = Object.fromEntries(answer.map(({ labels, value }) => [labels.method, textOf(value)]));
        const shown = Object.entries(numbers).map(([method, cells]) => [method, cells[`p${quantile * 100}`]]);
        expect(Object.fromEntries(shown)).toEqual(said);
      }
      const faults = '{status=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"}';
      const byMethod = (selector: string) => `sum by (method) (grpc_requests_total${selector})`;
      const ratios = await prometheus.query(`${byMethod(faults)} / ${byMethod('')}`);
      const said = ratios.map(({ labels, value }) => [labels.method, format(value, '%')]);
      expect(said.length).toBeGreaterThanOrEqual(shopMethods.length);
      for (const [method, share] of said) {
        if (method !== 'unknown') expect(numbers[method!]!.faults, method).toBe(share);
      }
      expect(complaints).toEqual([]);
    });

    test('gives queries to copy, which Prometheus answers', async () => {
      await prometheus.waitForScrapes(2);
      const { page } = await openPage(pageOf(shop));
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: '5 min' }).click();
      // What has not changed since the page knows it is in a table.
      await runPlan({ address: shop.address, credentials, plan: { ...evenPlan(1), bugInStream: 0 } });
      await expect.poll(() => page.locator('figure[data-chart="business_operations_total"]').count()).toBe(1);
      await expect.poll(() => page.locator('.promql summary').count()).toBeGreaterThan(8);
      for (const summary of await page.locator('.promql summary').all()) {
        if (await summary.isVisible()) await summary.click();
      }
      const buttons = page.getByRole('button', { name: /^Copy PromQL of/ });
      await expect.poll(() => buttons.count()).toBeGreaterThan(8);
      const queries = new Set<string>();
      for (const button of await buttons.all()) {
        if (!(await button.isVisible())) continue;
        const query = (await button.locator('xpath=../code').textContent())!; // it is beside it
        await button.click();
        await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(query);
        queries.add(query);
      }
      expect(queries.size).toBeGreaterThan(8);
      for (const query of queries) expect(syntaxErrors(query), query).toEqual([]);
      expect(queries).toContain('sum by (method) (rate(grpc_requests_total[5m]))');
      const own = Array.from(queries).filter((query) => query.includes('business_operations_total'));
      expect(own).toHaveLength(1);
      expect(await prometheus.query(own[0]!)).not.toEqual([]);
    });
  });
});

/** Waits until the table has these calls, no other calls, and rows of one frame; resolves to all rows. */
async function untilItHas(page: Page, books: Books): ReturnType<typeof numbersOf> {
  const shares = shopMethods.map((method) => {
    const calls = countOf(books, method);
    return Array.from(books.calls.get(method)!, ([status, count]) => `${status} ${format(count / calls, '%')}`).sort();
  });
  let numbers: Awaited<ReturnType<typeof numbersOf>> = {};
  const read = async () => {
    const before = JSON.stringify(numbers);
    numbers = await numbersOf(page);
    return {
      shares: shopMethods.map((method) => numbers[method]?.shares?.split('\n').sort()),
      inFlight: shopMethods.map((method) => numbers[method]?.inFlight),
      isSame: JSON.stringify(numbers) === before,
    };
  };
  const expected = { shares, inFlight: shopMethods.map(() => '0'), isSame: true };
  await expect.poll(read, { timeout: 10_000, interval: 100 }).toEqual(expected);
  return numbers;
}

/** Seconds of traffic before the page is looked at; for pictures there should be some past. */
const warmUp = Number(process.env.WARM_UP ?? 0);

describeInBrowser('the page of a busy shop', (openPage) => {
  let shop: Shop;
  const stop = new AbortController();
  let traffic: Promise<unknown> | undefined;

  beforeAll(
    async () => {
      shop = await open();
      traffic = runTraffic({ address: shop.address, credentials, rate: 60, signal: stop.signal });
      await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
    },
    30_000 + warmUp * 1000,
  );
  afterAll(async () => {
    stop.abort();
    await traffic;
    await shop?.close();
  });

  const looks = [
    { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 1340 } },
    { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
    { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' },
  ] as const;
  test.each(looks)('can be read by all, and fits: $name', async ({ name, ...options }) => {
    const { page, complaints } = await openPage(pageOf(shop), options);
    await expect.poll(() => page.locator('tr[data-method]').count()).toBeGreaterThan(4);
    await expect.poll(() => page.locator('figure canvas').count()).toBeGreaterThan(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
    expect(await violations(page)).toEqual([]);
    const method = page.locator('tr[data-method="/shop.v1.Orders/GetOrder"]').getByRole('button');
    await method.click();
    await expect.poll(() => page.locator('#scope').textContent()).toBe('/shop.v1.Orders/GetOrder');
    expect(await violations(page)).toEqual([]);
    await method.click();
    const clock = () => page.locator('#clock').textContent();
    await expect.poll(clock).not.toBe(await clock()); // the next frame has it
    await page.evaluate('scrollTo(0, 0)');
    await screenshot(page, `page-${name}`, name !== 'phone');
    expect(complaints).toEqual([]);
  });

  test('says that a query was copied, for as long after the last one as after the first', async () => {
    const { page } = await openPage(pageOf(shop));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('figure[data-chart="server.latency"] summary').click();
    const buttons = page.getByRole('button', { name: /^Copy PromQL of Duration/ });
    await expect.poll(() => buttons.count()).toBe(3);
    const said = () => page.locator('#said').textContent();
    const done = () => page.locator('.done').allTextContents();
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await buttons.nth(0).click();
    await expect.poll(done).toEqual(['Copy P50']);
    await page.clock.runFor(1000);
    await buttons.nth(1).click();
    await expect.poll(done).toEqual(['Copy P95']);
    await page.clock.runFor(1000); // the first one's time is over
    expect([await said(), await done()]).toEqual(['Copied', ['Copy P95']]);
    await page.clock.runFor(1000);
    expect([await said(), await done()]).toEqual(['', []]);
  });

  test('shows a query to copy where there is no clipboard', async () => {
    const { page, complaints } = await openPage(pageOf(shop));
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })'); // as of an insecure origin
    await page.locator('figure[data-chart="server.latency"] summary').click();
    const button = page.getByRole('button', { name: 'Copy PromQL of Duration, P95' });
    await button.click();
    const field = page.getByLabel('Text to copy');
    expect(await field.inputValue()).toMatch(/^histogram_quantile\(0\.95, /);
    expect(await page.evaluate('getSelection().toString()')).toBe(await field.inputValue());
    await field.blur();
    await expect.poll(() => field.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('is sorted by what is asked for', async () => {
    const { page } = await openPage(pageOf(shop));
    await expect.poll(() => page.locator('tr[data-method]').count()).toBeGreaterThan(4);
    const methods = async () => Object.keys(await numbersOf(page));
    const header = page.getByRole('columnheader', { name: 'Method' });
    await header.getByRole('button').click();
    await expect.poll(methods).toEqual([...shopMethods, 'unknown'].toSorted());
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    await header.getByRole('button').click();
    await expect.poll(methods).toEqual([...shopMethods, 'unknown'].toSorted().toReversed());
    expect(await header.getAttribute('aria-sort')).toBe('descending');
  });

  test("has the user's own metrics and the process", async () => {
    const { page } = await openPage(pageOf(shop));
    for (const chart of ['business_operations_total', 'business_order_value_euros', 'runtime.lag', 'runtime.memory']) {
      const figure = page.locator(`figure[data-chart="${chart}"]`);
      await figure.scrollIntoViewIfNeeded();
      await expect.poll(() => figure.locator('canvas').count(), { message: chart }).toBe(1);
      await expect.poll(() => figure.locator('li b').first().textContent(), { message: chart }).toMatch(/^\d/);
    }
  });
});
