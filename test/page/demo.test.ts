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

/** Is excluded by default. */
const healthCheck = '/grpc.health.v1.Health/Check';

/** The numbers of the table, by method and column. */
function numbersOf(page: Page): Promise<Record<string, Record<string, string>>> {
  return page.evaluate(`Object.fromEntries(Array.from(document.querySelectorAll('tr[data-method]'), (row) => [
    row.dataset.method,
    Object.fromEntries(Array.from(row.querySelectorAll('td'), (cell) => [cell.className, cell.textContent])),
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
      expect(await headlineOf(page)).toMatchObject({ 'Rate/s': '0.00', Errors: '–', P95: '–', 'In flight': '0' });
      // While nobody looked there were few frames: from now on the window of 15 s has one for each second.
      await page.waitForTimeout(16_000);

      let read: Promise<Awaited<ReturnType<typeof numbersOf>>> = Promise.resolve({});
      const books: Books = await runPlan({
        address: shop.address,
        credentials,
        plan: { ...evenPlan(4), bugInStream: 0 },
        // While the clients are connected, and all calls are in the page's window of 15 s.
        whileOpen: async (seen) => {
          read = untilItHas(page, countOf(seen) - countOf(seen, healthCheck));
          const headline = await read.then(() => headlineOf(page));
          expect(headline).toMatchObject({ 'In flight': '0', Connections: '3' });
        },
      });
      const numbers = await read;
      expect(Object.keys(numbers).toSorted()).toEqual([...shopMethods, 'unknown'].toSorted());
      for (const method of shopMethods) {
        const calls = countOf(books, method);
        const ok = books.calls.get(method)!.get('OK') ?? 0;
        expect(numbers[method], method).toMatchObject({ errors: format((calls - ok) / calls, '%'), inFlight: '0' });
        // A window begins with a frame, and these are some more than a second apart: it is up to that much shorter than 15 s.
        expect(Number(numbers[method]!.rate), method).toBeGreaterThan((calls / 15) * 0.95);
        expect(Number(numbers[method]!.rate), method).toBeLessThan((calls / 15) * 1.1);
      }

      await prometheus.waitForScrapes(2);
      for (const quantile of [0.5, 0.95, 0.99]) {
        const buckets = 'sum by (method, le) (grpc_request_duration_seconds_bucket)';
        const answer = await prometheus.query(`histogram_quantile(${quantile}, ${buckets})`);
        const said = Object.fromEntries(answer.map(({ labels, value }) => [labels.method, format(value, 's')]));
        const shown = Object.entries(numbers).map(([method, cells]) => [method, cells[`p${quantile * 100}`]]);
        expect(Object.fromEntries(shown)).toEqual(said);
      }
      expect(complaints).toEqual([]);
    });

    test('gives queries to copy, which Prometheus answers', async () => {
      await prometheus.waitForScrapes(2);
      const { page } = await openPage(pageOf(shop));
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const buttons = page.getByRole('button', { name: /^Copy PromQL of/ });
      await expect.poll(() => buttons.count()).toBeGreaterThan(8);
      const queries = new Set<string>();
      for (const button of await buttons.all()) {
        if (!(await button.isVisible())) continue;
        const query = (await button.getAttribute('title'))!;
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

/** What is said when nothing is under way any more: charts are drawn one after another. */
async function settled(page: Page, say: () => Promise<string>): Promise<string> {
  let last = await say();
  const isSame = async () => {
    const before = last;
    await page.waitForTimeout(300);
    last = await say();
    return last === before;
  };
  await expect.poll(isSame).toBe(true);
  return last;
}

/** Waits until the table has so many calls in its window; all of its rows then. */
async function untilItHas(page: Page, calls: number): ReturnType<typeof numbersOf> {
  const rate = async () => Number((await headlineOf(page))['Rate/s']);
  await expect.poll(rate, { timeout: 5000 }).toBeGreaterThan((calls / 15) * 0.97);
  await page.waitForTimeout(1100); // rows are of the same frame, and nothing is under way
  return numbersOf(page);
}

/** Seconds of traffic before the page is looked at; for pictures there should be some past. */
const warmUp = Number(process.env.WARM_UP ?? 5);

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
    await page.getByRole('button', { name: '1 min' }).click();
    await page.waitForTimeout(1500); // the next frame has it
    await page.evaluate('scrollTo(0, 0)');
    await screenshot(page, `page-${name}`, name !== 'phone');
    expect(complaints).toEqual([]);
  });

  test('goes on by itself', async () => {
    const { page } = await openPage(pageOf(shop));
    const seen = new Set<string>();
    const clock = async () => seen.add((await page.locator('#clock').textContent())!).size;
    await expect.poll(clock, { timeout: 15_000 }).toBeGreaterThan(3);
  });

  test('works without a mouse', async () => {
    const { page } = await openPage(pageOf(shop));
    const rows = page.locator('tr[data-method]');
    await expect.poll(() => rows.count()).toBeGreaterThan(4);
    const visible = () => rows.filter({ visible: true }).count();
    const scope = () => page.locator('#scope').textContent();
    const { keyboard } = page;

    await keyboard.press('/');
    await keyboard.type('watch');
    await expect.poll(visible).toBe(1);
    await keyboard.press('Escape'); // empties it
    await expect.poll(visible).toBeGreaterThan(4);
    await keyboard.press('Escape'); // leaves it

    await rows.first().getByRole('button').focus();
    // Rows stay where they are while one of them has the focus.
    const second = await page.evaluate("document.activeElement.closest('tr').nextElementSibling.dataset.method");
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect.poll(scope).toBe(second);
    await keyboard.press('Escape');
    await expect.poll(scope).toBe('All methods');

    const clock = () => page.locator('#clock').textContent();
    await keyboard.press('p');
    await expect.poll(() => page.locator('#pause').getAttribute('aria-pressed')).toBe('true');
    const paused = await clock();
    await page.waitForTimeout(2500);
    expect(await clock()).toBe(paused);
    await keyboard.press('p');
    await expect.poll(clock).not.toBe(paused);
  });

  test('goes back to a moment, with the numbers that it had, and on again', async () => {
    const { page } = await openPage(pageOf(shop));
    const { keyboard } = page;
    const clock = async () => (await page.locator('#clock').textContent())!;
    // Rows by name: which is above which follows the rates with some delay.
    const shown = () =>
      page.evaluate<string[]>(`(() => {
        const texts = (of) => Array.from(document.querySelectorAll(of), ({ textContent }) => textContent);
        return [...texts('#clock, #tiles > div'), ...texts('tr[data-method]').sort()];
      })()`);
    const rates = () => page.locator('tr[data-method] td.rate').allTextContents();
    await expect.poll(async () => (await rates()).length > 4 && !(await rates()).includes('')).toBe(true); // all are drawn
    const then = await shown();
    await page.waitForTimeout(3000);

    await keyboard.press('ArrowLeft');
    expect(await page.locator('#pause').getAttribute('aria-pressed')).toBe('true');
    const last = await settled(page, clock);
    for (let steps = 0; steps < 10 && (await settled(page, clock)) !== then[0]; steps += 1) {
      await keyboard.press('ArrowLeft');
    }
    expect(await shown()).toEqual(expect.arrayContaining(then)); // and rows that have come since
    for (let steps = 0; steps < 10 && (await settled(page, clock)) !== last; steps += 1) {
      await keyboard.press('ArrowRight');
    }
    expect(await clock()).toBe(last);
    await keyboard.press('p');
    await expect.poll(clock).not.toBe(last);
  });

  test('says what was, where the pointer is, and at the same time in all charts', async () => {
    const { page } = await openPage(pageOf(shop));
    const chart = (id: string) => page.locator(`figure[data-chart="${id}"]`);
    const said = async (id: string) => (await chart(id).locator('li b').allTextContents()).join(' ');
    await expect.poll(() => chart('server.latency').locator('canvas').count()).toBe(1);
    await page.waitForTimeout(3000); // there is a past
    await page.keyboard.press('p');
    const now = await settled(page, () => said('server.rate'));
    const over = chart('server.rate').locator('.u-over');
    const { width, height } = (await over.boundingBox())!; // it is shown
    const seen = { rate: new Set<string>(), latency: new Set<string>() };
    for (let share = 0.5; share < 1; share += 0.02) {
      await over.hover({ position: { x: width * share, y: height / 2 } });
      seen.rate.add(await said('server.rate'));
      seen.latency.add(await said('server.latency'));
    }
    expect(seen.rate.size).toBeGreaterThan(2);
    expect(seen.latency.size).toBeGreaterThan(2);
    await page.mouse.move(1, 1);
    await expect.poll(() => said('server.rate')).toBe(now);
  });

  test('draws what came meanwhile when a chart is scrolled to again', async () => {
    const { page } = await openPage(pageOf(shop), { viewport: { width: 900, height: 400 } });
    const figure = page.locator('figure[data-chart="business_operations_total"]');
    const canvas = figure.locator('canvas');
    const drawn = () =>
      page.evaluate<string>("document.querySelector('[data-chart=business_operations_total] canvas').toDataURL()");
    await figure.scrollIntoViewIfNeeded();
    await expect.poll(() => canvas.count()).toBe(1);
    await settled(page, drawn);
    await page.evaluate('scrollTo(0, 0)');
    await expect.poll(() => canvas.isVisible()).toBe(false);
    const away = await drawn();
    await page.waitForTimeout(2500); // there is more to show
    await page.keyboard.press('p');
    expect(await drawn()).toBe(away); // for nobody
    await figure.scrollIntoViewIfNeeded();
    await expect.poll(() => canvas.isVisible()).toBe(true);
    await expect.poll(drawn).not.toBe(away);
    const now = await settled(page, drawn);
    // As it is when all is drawn anew.
    await page.getByRole('button', { name: '10 min' }).click();
    await page.getByRole('button', { name: '1 min' }).click();
    await figure.scrollIntoViewIfNeeded();
    expect(await settled(page, drawn)).toBe(now);
  });

  test('says that a query was copied, for as long after the last one as after the first', async () => {
    const { page } = await openPage(pageOf(shop));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const buttons = page.getByRole('button', { name: /^Copy PromQL of Duration/ });
    await expect.poll(() => buttons.count()).toBe(3);
    const said = () => page.locator('#said').textContent();
    const done = () => page.locator('.done').allTextContents();
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await buttons.nth(0).click();
    await expect.poll(done).toEqual(['P50']);
    await page.clock.runFor(1000);
    await buttons.nth(1).click();
    await expect.poll(done).toEqual(['P95']);
    await page.clock.runFor(1000); // the first one's time is over
    expect([await said(), await done()]).toEqual(['PromQL copied', ['P95']]);
    await page.clock.runFor(1000);
    expect([await said(), await done()]).toEqual(['', []]);
  });

  test('shows a query to copy where there is no clipboard', async () => {
    const { page, complaints } = await openPage(pageOf(shop));
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })'); // as of an insecure origin
    const button = page.getByRole('button', { name: 'Copy PromQL of Duration, P95' });
    await button.click();
    const field = page.getByLabel('PromQL to copy');
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
