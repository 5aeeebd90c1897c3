import * as grpc from '@grpc/grpc-js';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { openShop, type Shop } from '../../examples/shop.ts';
import { evenPlan, runPlan } from '../../examples/traffic.ts';
import { GrpcMetrics } from '../../src/index.ts';
import { freePort } from '../support/servers/prometheus.ts';
import { describeInBrowser, violations } from './browser.ts';

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

async function open(metricsPort: number): Promise<Shop> {
  const credentials = grpc.ServerCredentials.createInsecure();
  const shop = await openShop({ credentials, host: '127.0.0.1', port: 0, metricsPort });
  closing.push(() => shop.close());
  return shop;
}

function call({ address }: Shop, repetitions: number): Promise<unknown> {
  const plan = { ...evenPlan(repetitions), bugInStream: 0 };
  return runPlan({ address, credentials: grpc.credentials.createInsecure(), plan });
}

const pageOf = (shop: Shop) => new URL('/', shop.metricsUrl).href;
const statusOf = (page: Page) => page.locator('#status').textContent();
const rateOf = async (page: Page) => (await page.locator('#tiles dd').first().textContent())!;

describeInBrowser('the page', (openPage) => {
  test('says that the service is gone, and is there again when it is', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const first = await open(port);
    const { page, complaints } = await openPage(pageOf(first));
    await expect.poll(() => statusOf(page)).toBe('Live');
    await call(first, 1);
    await expect.poll(async () => Number(await rateOf(page))).toBeGreaterThan(0);
    const rows = await page.locator('tr[data-method]').count();
    const isLost = () => page.evaluate('document.body.classList.contains("lost")');

    await first.close();
    await expect.poll(() => statusOf(page)).toMatch(/^Not connected since \d\d:\d\d:\d\d/);
    expect(await isLost()).toBe(true);
    await expect.poll(() => rateOf(page)).toBe('–'); // what is not known does not look live
    expect(await violations(page)).toEqual([]);

    const second = await open(port);
    await expect.poll(() => statusOf(page), { timeout: 10_000 }).toMatch(/^Live again: the service has started anew/);
    expect(await isLost()).toBe(false);
    await call(second, 1);
    await expect.poll(async () => Number(await rateOf(page))).toBeGreaterThan(0);
    expect(await page.locator('tr[data-method]').count()).toBe(rows);
    // What the browser itself says of a service that is gone.
    expect(
      complaints.filter((complaint) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY/.test(complaint)),
    ).toEqual([]);
  });

  test("shows clients' calls and channels, and both sides where there are both", async () => {
    const { metrics, address, metricsUrl } = await open(0);
    const plan = { ...evenPlan(1), bugInStream: 0 };
    await runPlan({ address, credentials: grpc.credentials.createInsecure(), metrics, plan });
    const { page, complaints } = await openPage(new URL('/', metricsUrl).href);
    await page.getByRole('button', { name: 'Client calls' }).click();
    const channels = page.locator('figure[data-chart="client.channels"]');
    await channels.scrollIntoViewIfNeeded();
    await expect.poll(() => channels.locator('li').count()).toBeGreaterThan(0);
    expect(await page.locator('tr[data-method="/shop.v1.Orders/Refund"]').count()).toBe(1); // clients alone call it
    await page.getByRole('button', { name: 'Server calls' }).click();
    await expect.poll(() => page.locator('tr[data-method="/shop.v1.Orders/Refund"]').count()).toBe(0);
    await expect.poll(() => page.locator('figure[data-chart="server.connections"]').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("shows the user's metrics as the user's, whatever their names are", async () => {
    const metrics = new GrpcMetrics();
    metrics.counter({ name: 'process_orders_total', help: 'Orders' }).inc();
    metrics.gauge({ name: 'nodejs_jobs', help: 'Jobs that wait' }).set(3);
    const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
    closing.push(() => endpoint.close());
    const { page, complaints } = await openPage(endpoint.url);
    // They have not changed yet.
    const familiesOf = (section: string) =>
      page
        .locator(`#${section} ~ table tr`)
        .evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('data-family')))]);
    await expect.poll(() => familiesOf('mine')).toEqual(['nodejs_jobs', 'process_orders_total']);
    await expect.poll(() => familiesOf('rest')).toContain('grpc_vitals_errors_total');
    expect(complaints).toEqual([]);
  });

  test('is not there where it is turned off', async () => {
    const endpoint = await new GrpcMetrics().expose({ port: 0, host: '127.0.0.1', page: false });
    closing.push(() => endpoint.close());
    const { page } = await openPage(endpoint.url);
    expect(await page.locator('body').textContent()).toContain('/metrics');
    expect(await page.locator('table').count()).toBe(0);
  });
});
