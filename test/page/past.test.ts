import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../src/page/stream.fixture.ts';
import { describeInBrowser } from './browser.ts';
import { ToldService } from './told.ts';

let services: ToldService[] = [];
afterEach(() => {
  for (const service of services) service.close();
  services = [];
});

const methods = ['CreateOrder', 'GetOrder', 'NegotiatePrice', 'UploadItems', 'WatchOrder'].map(
  (name) => `/shop.v1.Orders/${name}`,
);
const bounds = [0.01, 0.1, 1];

/** A shop's numbers at a second of its life, all of which change from one second to the next. */
function shopAt(second: number): Snapshot {
  const calls = methods.flatMap((method, index): Snapshot[number][] => {
    const count = (index + 1) * second * (second + 1);
    const buckets = [count, second * second, second, 0];
    return [
      [{ name: 's_requests', type: 'counter' }, { method, status: 'OK' }, count],
      [{ name: 's_requests', type: 'counter' }, { method, status: 'NOT_FOUND' }, second],
      [{ name: 's_durations', type: 'histogram' }, { method }, { bounds, buckets, sum: second }],
    ];
  });
  return [...calls, [{ name: 'orders_total', type: 'counter' }, { kind: 'paid' }, second * second]];
}

/** A shop that says its numbers for the seconds from 1 on, and more of them when a test asks for that. */
class ToldShop {
  readonly #service: ToldService;
  #second = 0;

  private constructor(service: ToldService) {
    this.#service = service;
  }

  static async open(seconds = 60): Promise<ToldShop> {
    const service = await ToldService.open();
    services.push(service);
    const shop = new ToldShop(service);
    shop.say(seconds);
    return shop;
  }

  get url(): string {
    return this.#service.url;
  }

  /** What the page's clock shows at the last of these seconds. */
  get clock(): string {
    return new Date((36_000 + this.#second) * 1000).toISOString().slice(11, 19);
  }

  say(seconds: number): void {
    for (let said = 0; said < seconds; said += 1) {
      this.#second += 1;
      this.#service.say(36_000 + this.#second, shopAt(this.#second));
    }
  }
}

const clockOf = (page: Page) => page.locator('#clock').textContent();
const rowsOf = (page: Page) => page.locator('tr[data-method]');

/** What is said when it stays the same: charts are drawn one after another. */
async function settled(page: Page, say: () => Promise<string>): Promise<string> {
  let last = await say();
  const isSame = async () => {
    const before = last;
    await page.waitForTimeout(200);
    last = await say();
    return last === before;
  };
  await expect.poll(isSame).toBe(true);
  return last;
}

describeInBrowser('the page and the past', (openPage) => {
  test('goes on by itself', async () => {
    const shop = await ToldShop.open();
    const { page } = await openPage(shop.url);
    await expect.poll(() => clockOf(page)).toBe('10:01:00');
    for (const clock of ['10:01:01', '10:01:02', '10:01:03']) {
      shop.say(1);
      await expect.poll(() => clockOf(page)).toBe(clock);
    }
  });

  test('shows what happened before it was opened', async () => {
    const shop = await ToldShop.open(20);
    const { page } = await openPage(shop.url);
    const line = page.locator('tr[data-method="/shop.v1.Orders/GetOrder"] .spark path');
    const heights = async () => {
      const drawn = (await line.getAttribute('d')) ?? '';
      return Array.from(drawn.matchAll(/[ML][\d.]+ ([\d.]+)/g), ([, height]) => Number(height));
    };
    // The rate rises all the time, and y grows downwards.
    await expect.poll(async () => (await heights()).length).toBeGreaterThan(10);
    const drawn = await heights();
    expect(drawn).toEqual(drawn.toSorted((one, other) => other - one));
    expect(drawn.at(-1)).toBeLessThan(drawn[0]! / 2);
  });

  test('works without a mouse', async () => {
    const shop = await ToldShop.open();
    const { page } = await openPage(shop.url);
    const rows = rowsOf(page);
    await expect.poll(() => rows.count()).toBe(methods.length);
    const visible = () => rows.filter({ visible: true }).count();
    const scope = () => page.locator('#scope').textContent();
    const { keyboard } = page;

    await keyboard.press('/');
    await keyboard.type('watch');
    await expect.poll(visible).toBe(1);
    await keyboard.press('Escape'); // empties it
    await expect.poll(visible).toBe(methods.length);
    await keyboard.press('Escape'); // leaves it

    await rows.first().getByRole('button').focus();
    // Rows stay where they are while one of them has the focus.
    const second = await page.evaluate("document.activeElement.closest('tr').nextElementSibling.dataset.method");
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect.poll(scope).toBe(second);
    await keyboard.press('Escape');
    await expect.poll(scope).toBe('All methods');

    await keyboard.press('p');
    await expect.poll(() => page.locator('#pause').getAttribute('aria-pressed')).toBe('true');
    const paused = await clockOf(page);
    shop.say(3);
    await expect.poll(() => page.locator('#status').textContent()).toBe('Paused');
    expect(await settled(page, async () => (await clockOf(page))!)).toBe(paused);
    await keyboard.press('p');
    await expect.poll(() => clockOf(page)).toBe(shop.clock);
  });

  test('goes back to a moment, with the numbers that it had, and on again', async () => {
    const shop = await ToldShop.open();
    const { page } = await openPage(shop.url);
    const { keyboard } = page;
    const shown = () =>
      page.evaluate<string[]>(`Array.from(document.querySelectorAll('#clock, #tiles > div, tr[data-method]'),
        ({ textContent }) => textContent).sort()`);
    const rates = () => page.locator('tr[data-method] td.rate').allTextContents();
    await expect
      .poll(async () => (await rates()).length === methods.length && !(await rates()).includes(''))
      .toBe(true);
    const then = await shown();
    shop.say(3);
    await expect.poll(() => clockOf(page)).toBe('10:01:03');

    await keyboard.press('ArrowLeft');
    expect(await page.locator('#pause').getAttribute('aria-pressed')).toBe('true');
    for (const clock of ['10:01:02', '10:01:01', '10:01:00']) {
      await expect.poll(() => clockOf(page)).toBe(clock);
      if (clock !== '10:01:00') await keyboard.press('ArrowLeft');
    }
    await expect.poll(shown).toEqual(then);
    await keyboard.press('ArrowRight');
    await expect.poll(() => clockOf(page)).toBe('10:01:01');
    expect(await shown()).not.toEqual(then);
    shop.say(1);
    await keyboard.press('p');
    await expect.poll(() => clockOf(page)).toBe('10:01:04');
  });

  test('says what was, where the pointer is, and at the same time in all charts', async () => {
    const shop = await ToldShop.open();
    const { page } = await openPage(shop.url);
    const chart = (id: string) => page.locator(`figure[data-chart="${id}"]`);
    const said = async (id: string) => (await chart(id).locator('li b').allTextContents()).join(' ');
    await expect.poll(() => chart('server.latency').locator('canvas').count()).toBe(1);
    const now = await settled(page, () => said('server.rate'));
    const over = chart('server.rate').locator('.u-over');
    const { width, height } = (await over.boundingBox())!; // it is shown
    const seen = { rate: new Set<string>(), latency: new Set<string>() };
    for (let share = 0.4; share < 0.95; share += 0.1) {
      await over.hover({ position: { x: width * share, y: height / 2 } });
      seen.rate.add(await said('server.rate'));
      seen.latency.add(await said('server.latency'));
    }
    expect(seen.rate.size).toBeGreaterThan(2);
    expect(seen.latency.size).toBeGreaterThan(2);
    await page.mouse.move(1, 1);
    await expect.poll(() => said('server.rate')).toBe(now);
  });

  test('draws what came meanwhile when a chart is scrolled to again, and each step of time at once', async () => {
    const shop = await ToldShop.open();
    const { page } = await openPage(shop.url, { viewport: { width: 900, height: 400 } });
    const figure = page.locator('figure[data-chart="orders_total"]');
    const canvas = figure.locator('canvas');
    const drawn = () => page.evaluate<string>("document.querySelector('[data-chart=orders_total] canvas').toDataURL()");
    await figure.scrollIntoViewIfNeeded();
    await expect.poll(() => canvas.count()).toBe(1);
    await settled(page, drawn);
    await page.evaluate('scrollTo(0, 0)');
    await page.waitForTimeout(200);
    const away = await settled(page, drawn);
    shop.say(3);
    await expect.poll(() => clockOf(page)).toBe(shop.clock);
    expect((await settled(page, drawn)) === away).toBe(true); // for nobody
    await figure.scrollIntoViewIfNeeded();
    await expect.poll(async () => (await drawn()) === away).toBe(false);
    const now = await settled(page, drawn);
    // As it is when all is drawn anew.
    await page.getByRole('button', { name: '15 s' }).click();
    await page.getByRole('button', { name: '1 min' }).click();
    await figure.scrollIntoViewIfNeeded();
    expect((await settled(page, drawn)) === now).toBe(true); // a picture is too long to print
    // The next step of time is drawn for nobody, too, so that a picture of the whole page is complete.
    await page.evaluate('scrollTo(0, 0)');
    await page.waitForTimeout(200);
    shop.say(5);
    await expect.poll(async () => (await drawn()) === now).toBe(false);
  });
});
