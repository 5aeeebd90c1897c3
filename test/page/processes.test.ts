import { Client, credentials } from '@grpc/grpc-js';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { Fleet } from '../processes/fleet.ts';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { describeInBrowser, screenshot, violations } from './browser.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  removeFolders();
});

async function start(): Promise<Fleet> {
  const fleet = await Fleet.start('separate processes', newFolder());
  closing.push(() => fleet.close());
  return fleet;
}

/** Calls one address, again and again, over one connection. */
function call(address: string, everyMilliseconds: number): void {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const same = (bytes: Buffer) => bytes;
  const timer = setInterval(() => {
    client.makeUnaryRequest('/test.Echo/Say', same, same, Buffer.from('x'), { deadline: Date.now() + 5000 }, () => {});
  }, everyMilliseconds);
  closing.push(() => {
    clearInterval(timer);
    client.close();
  });
}

const rows = (page: Page) => page.locator('#processes tbody tr');
/** The column of a table's head, of each process. */
async function column(page: Page, name: string): Promise<string[]> {
  const heads = await page.locator('#processes th').allTextContents();
  const cells = page.locator(`#processes td:nth-child(${heads.indexOf(name) + 1})`);
  return cells.allTextContents();
}
const rateAt = (page: Page) => page.locator('#tiles .rate dd').textContent();
/** The moment, and its rate. */
const shown = (page: Page) =>
  page.evaluate<string>(
    "document.querySelector('#clock').textContent + ' ' + document.querySelector('.rate dd').textContent",
  );
const status = (page: Page) => page.locator('#status').textContent();

/** The process that answers. */
async function answering({ url }: Fleet): Promise<number> {
  const response = await fetch(`${url}/live`);
  const reader = response.body!.getReader();
  try {
    const { value } = await reader.read();
    return Number(/"pid":(\d+)/.exec(Buffer.from(value).toString())![1]);
  } finally {
    await reader.cancel();
  }
}

/** What processes use, as columns show it. The delay is 0 until the event loop has been sampled. */
const used: readonly (readonly [name: string, form: RegExp])[] = [
  ['Loop delay', /^(0|[\d.]+ m?s)$/],
  ['CPU', /^[\d.<]+%$/],
  ['Memory', /^\d+(\.\d+)? MB$/],
];

/** Pictures for the docs have some past, in seconds. */
const warmUp = Number(process.env.WARM_UP ?? 0);

const looks = [
  { name: 'processes', viewport: { width: 1280, height: 760 }, colorScheme: 'dark' },
  { name: undefined, viewport: { width: 1280, height: 760 }, colorScheme: 'light' },
  { name: 'processes-phone', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
] as const;

describeInBrowser('the page of several processes', (openPage) => {
  test('shows which process has the calls', { timeout: 90_000 + warmUp * 1000 }, async () => {
    const fleet = await start();
    call(fleet.anyAddress(0)!, 5);
    call(fleet.anyAddress(1)!, 100);
    await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
    for (const { name: look, ...options } of looks) {
      const { page, complaints } = await openPage(fleet.url, options);
      await expect.poll(() => rows(page).count(), { timeout: 15_000 }).toBe(4);
      const busy = async () => (await column(page, 'Calls/s')).filter((rate) => Number(rate) > 0.5).length;
      await expect.poll(busy, { timeout: 15_000 }).toBe(2);
      const pids = (await column(page, 'Process')).map((text) => Number(/pid (\d+)$/.exec(text)![1]));
      expect(new Set(pids)).toEqual(new Set(fleet.pids));
      expect([...(await column(page, 'Connections'))].sort()).toEqual(['0', '0', '1', '1']);
      for (const [name, form] of used) for (const text of await column(page, name)) expect(text).toMatch(form);
      expect(await column(page, 'State')).toEqual(['alive', 'alive', 'alive', 'alive']);
      expect(await page.locator('#who').textContent()).toContain('4 processes');
      const lines = page.locator('figure[data-chart="runtime.busy"] li span');
      await expect
        .poll(async () => (await lines.allTextContents()).sort())
        .toEqual([0, 1, 2, 3].map((worker) => `worker ${worker}`));
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      if (look === undefined) continue;
      await page.evaluate("document.querySelector('#h-processes').scrollIntoView()");
      await page.waitForTimeout(700);
      await screenshot(page, look, false);
    }
  });

  test('shows that a process is late, also the one that answers', { timeout: 90_000 }, async () => {
    const fleet = await start();
    const { page } = await openPage(fleet.url, { colorScheme: 'dark' });
    await expect.poll(() => rows(page).count(), { timeout: 15_000 }).toBe(4);
    const pid = await answering(fleet);
    const late = page.locator('#processes tr.late td:first-child');
    expect(await late.count()).toBe(0);
    fleet.block(pid, 12_000);
    await expect
      .poll(() => late.allTextContents(), { timeout: 20_000 })
      .toEqual([expect.stringMatching(new RegExp(`pid ${pid}$`))]);
    expect(await status(page)).toMatch(/^Main thread blocked for \d[\d.]* s$/);
    expect(await violations(page)).toEqual([]);
    await expect.poll(() => late.count(), { timeout: 30_000 }).toBe(0);
    await expect.poll(() => status(page)).toMatch(/^Live/);
  });

  test('goes on with its charts when another process answers', { timeout: 90_000 }, async () => {
    const fleet = await start();
    const first = await answering(fleet);
    // Not the process that is going to be killed.
    const survivor = [0, 1].map((turn) => fleet.anyAddress(turn)!)[fleet.pids.indexOf(first) === 0 ? 1 : 0]!;
    call(survivor, 20);
    const { page } = await openPage(fleet.url, { viewport: { width: 1280, height: 760 }, colorScheme: 'dark' });
    await expect.poll(async () => Number(await rateAt(page)), { timeout: 30_000 }).toBeGreaterThan(20);
    await page.waitForTimeout(3000);
    await page.keyboard.press('p');
    await expect.poll(() => status(page)).toBe('Paused');
    const before = await shown(page);
    await page.keyboard.press('p');
    fleet.kill(first);
    await expect.poll(() => status(page), { timeout: 30_000 }).toBe('Live again');
    expect(await answering(fleet)).not.toBe(first);
    await expect.poll(() => rows(page).count(), { timeout: 15_000 }).toBe(4);
    // What all processes have counted before is no call of now.
    const rates: number[] = [];
    for (let readings = 0; readings < 10; readings += 1) {
      await page.waitForTimeout(200);
      rates.push(Number(await rateAt(page)));
    }
    expect(Math.max(...rates)).toBeLessThan(60);
    expect(Math.min(...rates)).toBeGreaterThan(10);
    await page.keyboard.press('p');
    // The moment before is still there, with the number that it had.
    const past: string[] = [];
    for (let steps = 0; steps < 200 && !past.includes(before); steps += 1) {
      await page.keyboard.press('ArrowLeft');
      await page.waitForTimeout(50);
      past.push(await shown(page));
    }
    expect(past).toContain(before);
  });
});
