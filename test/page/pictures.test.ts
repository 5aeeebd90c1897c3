import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../../examples/shop.ts';
import { runPlan, runTraffic } from '../../examples/traffic.ts';
import { describeInBrowser, screenshot, violations } from './browser.ts';

const credentials = grpc.credentials.createInsecure();
/** Seconds of traffic before the page is looked at. Pictures for the docs have some past. */
const warmUp = Number(process.env.WARM_UP ?? 8);
const patience = 60_000 + warmUp * 1000;
const desktop = { viewport: { width: 1280, height: 700 }, colorScheme: 'dark' } as const;
const getOrder = '/shop.v1.Orders/GetOrder';

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const tile = (page: Page, name: string) => page.locator(`#tiles .${name} dd`);
/** Everything is drawn when a chart has been drawn after the last click. */
const settle = (page: Page) => page.waitForTimeout(700);

/**
 * Pictures of the page in each of its states, from the demo's shop and its traffic. A run writes them to `build/screenshots`;
 * `npm run screenshots` writes those of the docs. Each test checks that the picture shows what its name says.
 */
describeInBrowser('a picture of the page', (openPage) => {
  let shop: Shop;
  const stop = new AbortController();
  let traffic: Promise<unknown> | undefined;
  const clients = new GrpcMetrics({ service: { name: 'customers', version: '1.0.0' } });
  let clientsUrl = '';
  const url = () => new URL('/', shop.metricsUrl).href;

  beforeAll(async () => {
    const server = grpc.ServerCredentials.createInsecure();
    shop = await openShop({ credentials: server, host: '127.0.0.1', port: 0, metricsPort: 0 });
    clientsUrl = (await clients.expose({ port: 0, host: '127.0.0.1' })).url;
  });
  afterAll(async () => {
    stop.abort();
    await traffic;
    await shop?.close();
    await clients.close();
  });

  test('idle: says how to make a first call', async () => {
    const { page, complaints } = await openPage(url(), desktop);
    await expect
      .poll(() => page.locator('#first code').textContent())
      .toMatch(/^grpcurl .*-proto .* shop\.v1\.Orders\//);
    await settle(page);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'idle', false);
    expect(complaints).toEqual([]);
  });

  const looks = [
    { name: 'desktop-dark', ...desktop, isWhole: true },
    { name: 'desktop-light', ...desktop, colorScheme: 'light', isWhole: false },
    { name: 'wide', viewport: { width: 1920, height: 940 }, colorScheme: 'dark', isWhole: false },
    { name: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'light', isWhole: false },
  ] as const;
  test.each(looks)(
    '$name: can be read by all, and fits',
    { timeout: patience },
    async ({ name, isWhole, ...options }) => {
      if (traffic === undefined) {
        traffic = runTraffic({ address: shop.address, credentials, metrics: clients, rate: 60, signal: stop.signal });
        await sleep(warmUp);
      }
      const { page, complaints } = await openPage(url(), options);
      await expect.poll(() => page.locator('figure canvas').count()).toBeGreaterThan(4);
      await expect.poll(() => tile(page, 'rate').textContent()).toMatch(/^[1-9]/);
      await settle(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
      expect(await violations(page)).toEqual([]);
      await screenshot(page, name, isWhole);
      expect(complaints).toEqual([]);
    },
  );

  test('one method: its numbers and its charts alone', async () => {
    const { page } = await openPage(`${url()}#method=${getOrder}`, desktop);
    await expect.poll(() => page.locator('#scope').textContent()).toBe(getOrder);
    await expect.poll(() => page.locator('figure[data-chart="server.rate"] li').allTextContents()).toHaveLength(1);
    await settle(page);
    await screenshot(page, 'method', false);
  });

  test('phone, one method: its charts come into view', async () => {
    const { page } = await openPage(url(), { viewport: { width: 360, height: 740 }, colorScheme: 'light' });
    await page.locator(`tr[data-method="${getOrder}"]`).getByRole('button').click();
    const chart = page.locator('figure[data-chart="server.faults"]');
    await expect.poll(async () => ((await chart.boundingBox())?.y ?? 999) < 700).toBe(true);
    await settle(page);
    await screenshot(page, 'phone-method', false);
  });

  test('burst: server faults alarm', { timeout: patience }, async () => {
    const { page } = await openPage(url(), desktop);
    await runPlan({ address: shop.address, credentials, plan: { databaseDown: 600 } });
    await expect.poll(() => page.locator('#tiles .alarm dd').textContent()).toMatch(/^[1-9]/);
    await expect.poll(() => page.title()).toMatch(/% faults · shop/);
    await expect.poll(() => page.locator(`tr[data-method="${getOrder}"].alarm`).count()).toBe(1);
    await sleep(Math.min(warmUp, 12));
    await settle(page);
    await screenshot(page, 'burst', false);
  });

  test('hover: tiles and table show the moment under the pointer', async () => {
    const { page } = await openPage(url(), desktop);
    const over = page.locator('figure[data-chart="server.faults"] .u-over');
    await over.scrollIntoViewIfNeeded();
    const { width, height } = (await over.boundingBox())!; // it is shown
    await over.hover({ position: { x: width * 0.9, y: height / 2 } });
    await expect.poll(() => page.locator('#age').textContent()).toMatch(/ ago$/);
    const moment = await page.locator('#clock').textContent();
    expect(await page.locator('.span').first().textContent()).toBe(`1 min up to ${moment}`);
    await settle(page);
    await screenshot(page, 'hover', false);
  });

  test('blocked: the delay of the event loop', { timeout: patience }, async () => {
    await sleep(Math.min(warmUp, 15));
    const until = performance.now() + 3000;
    while (performance.now() < until); // the shop runs in this process
    const { page } = await openPage(url(), desktop);
    const lag = page.locator('figure[data-chart="runtime.lag"]');
    await lag.scrollIntoViewIfNeeded();
    await expect.poll(() => lag.locator('canvas').count()).toBe(1);
    await sleep(Math.min(warmUp, 8));
    await page.locator('#h-runtime').scrollIntoViewIfNeeded();
    await page.evaluate("document.querySelector('#h-runtime').scrollIntoView()");
    await settle(page);
    await screenshot(page, 'blocked', false);
  });

  test('paused: does not look live', async () => {
    const { page } = await openPage(url(), desktop);
    await expect.poll(() => tile(page, 'rate').textContent()).toMatch(/^[1-9]/);
    await page.keyboard.press('p');
    await expect.poll(() => page.locator('#age').textContent(), { timeout: 10_000 }).toMatch(/ ago$/);
    expect(await page.title()).toMatch(/^Paused · shop/);
    expect(await page.locator('#pause').textContent()).toBe('Resume');
    expect(await violations(page)).toEqual([]);
    await settle(page);
    await screenshot(page, 'paused', false);
  });

  test('clients only: these are calls that the process makes', async () => {
    const { page } = await openPage(clientsUrl, desktop);
    await expect.poll(() => page.locator('#what').textContent()).toMatch(/^This process has clients only/);
    await expect.poll(() => tile(page, 'rate').textContent()).toMatch(/^[1-9]/);
    expect(await page.locator('#sides').isVisible()).toBe(false);
    await settle(page);
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'clients', false);
  });

  test('gone: old numbers do not look live', async () => {
    const { page } = await openPage(url(), desktop);
    await expect.poll(() => tile(page, 'rate').textContent()).toMatch(/^[1-9]/);
    stop.abort();
    await traffic;
    await shop.close();
    await expect.poll(() => page.locator('#status').textContent()).toMatch(/^Not connected since/);
    await expect.poll(() => page.title()).toMatch(/^Not connected · shop/);
    expect(await violations(page)).toEqual([]);
    await settle(page);
    await screenshot(page, 'gone', false);
  });
});
