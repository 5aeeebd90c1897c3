import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { ReaderState } from '../../src/live/reader-state.ts';
import type { Snapshot } from '../../src/page/stream.fixture.ts';
import { describeInBrowser, violations } from './browser.ts';
import { ToldService } from './told.ts';

let services: ToldService[] = [];
afterEach(() => {
  for (const service of services) service.close();
  services = [];
});

async function open(): Promise<ToldService> {
  const service = await ToldService.open();
  services.push(service);
  return service;
}

const call = (method: string, status: string, count: number): Snapshot[number] => [
  { name: 's_requests', type: 'counter' },
  { method, status },
  count,
];
const gauge = (name: string, labels: Record<string, string>, value: number | null): Snapshot[number] => [
  { name, type: 'gauge' },
  labels,
  value,
];

/** Says so many seconds of it. */
function say(service: ToldService, seconds: number, at: (second: number) => Snapshot, begin = 1000): void {
  for (let second = 0; second < seconds; second += 1) service.say(begin + second, at(second));
}

const rows = (page: Page) => page.locator('tr[data-method]');
const errors = (complaints: readonly string[]) => complaints.filter((complaint) => !/ERR_INCOMPLETE/.test(complaint));

describeInBrowser('the page of odd metrics', (openPage) => {
  const evil = '<img src=x onerror=alert(1)>';
  const names = [
    evil,
    `/${'x'.repeat(500)}.Y/${'Z'.repeat(300)}`,
    '/',
    '/a.A/',
    '/خدمة.v1/احصل',
    '/a.A/\u202Etxt.exe',
    `"quoted'`,
    '/日本.サービス/メソッド',
    'constructor',
    '__proto__',
  ];
  test.each([1280, 320])('names are text, whatever they look like, and fit into %i', async (width) => {
    const service = await open();
    say(service, 40, (second) =>
      names.flatMap((name) => [
        call(name, 'OK', second * 3),
        call(name, evil, second),
        gauge('mine', { x: name }, second),
        [{ name: 'huge_total', type: 'counter' }, { x: name }, 2 ** 60 + second * 1e6],
      ]),
    );
    const { page, complaints } = await openPage(service.url, { viewport: { width, height: 900 } });
    await expect.poll(() => rows(page).count()).toBe(names.length);
    for (const name of names) expect(await page.locator('tbody button').allTextContents()).toContain(name);
    await expect.poll(() => page.locator('figure canvas').count()).toBeGreaterThan(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await page.locator('img').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('values at the ends of what a number can be are drawn, and named', async () => {
    const service = await open();
    const values = { big: Number.MAX_VALUE, low: -Number.MAX_VALUE, tiny: 5e-324, none: null };
    say(service, 20, () => Object.entries(values).map(([name, value]) => gauge(name, {}, value)));
    const { page, complaints } = await openPage(service.url);
    const told = async () => (await page.locator('#mine ~ table td:last-child').allTextContents()).join(' ');
    await expect.poll(told).toBe('1.80e+308 -1.80e+308 – 4.94e-324'); // never another value yet
    say(service, 20, () => Object.keys(values).map((name) => gauge(name, {}, 1)), 1020);
    await expect.poll(() => page.locator('#mine figure').count()).toBe(3); // what was no number has still one value
    say(service, 1, () => Object.entries(values).map(([name, value]) => gauge(name, {}, value)), 1040);
    const said = async () => (await page.locator('#mine li b').allTextContents()).join(' ');
    await expect.poll(said).toBe('1.80e+308 -1.80e+308 4.94e-324');
    await expect.poll(() => page.locator('#mine canvas').count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  test('who comes late sees no series that was gone before', async () => {
    const service = await open();
    const state = new ReaderState(1000);
    const families = [{ name: 's_requests', type: 'counter', help: '', role: 'server.requests' }] as const;
    const series = ['/a.A/Get', '/a.A/Gone'].map((method, at) => [at, 0, { method, status: 'OK' }] as const);
    state.read({ t: 1000, families, series, values: [0, 1, 1, 1] });
    state.read({ t: 1001, gone: [1] });
    service.sayFrame(state.frame());
    service.sayFrame({ t: 1002, values: [0, 5] });
    const { page, complaints } = await openPage(service.url);
    await expect.poll(() => page.locator('tbody button').allTextContents()).toEqual(['/a.A/Get']);
    expect(complaints).toEqual([]);
  });

  test('a metric that is of another type after a restart is shown as that', async () => {
    const service = await open();
    const histogram = (count: number): Snapshot[number] => [
      { name: 'x_seconds', type: 'histogram' },
      {},
      { bounds: [1, 2], buckets: [count, 0, 0], sum: count },
    ];
    const { page, complaints } = await openPage(service.url);
    const said = async () => (await page.locator('figure[data-chart="x_seconds"] li b').allTextContents()).join(' ');
    say(service, 20, (second) => [histogram(second)]);
    await expect.poll(said).toBe('<1 s <1 s <1 s');
    service.restart({ run: 'second', now: 1050 });
    say(service, 20, (second) => [gauge('x_seconds', { quantile: '0.5' }, second < 19 ? 0.5 : 0.25)], 1050);
    await expect.poll(said).toBe('250 ms');
    service.restart({ run: 'third', now: 1100 });
    say(service, 20, (second) => [histogram(second)], 1100);
    await expect.poll(said).toBe('<1 s <1 s <1 s');
    expect(errors(complaints).filter((complaint) => complaint.startsWith('error'))).toEqual([]);
  });

  test('charts of metrics that come and go do not add up', { timeout: 60_000 }, async () => {
    const service = await open();
    const { page, complaints } = await openPage(service.url);
    const figures = () => page.locator('figure').count();
    const cdp = await page.context().newCDPSession(page);
    const nodes = async () => {
      await cdp.send('HeapProfiler.collectGarbage');
      return (await cdp.send('Memory.getDOMCounters')).nodes;
    };
    const round = async (number: number) => {
      const from = number * 1000;
      for (let second = 0; second < 1000; second += 10) {
        for (const moment of [0, 5]) {
          service.say(1000 + from + second + moment, [
            call('/a.A/Get', 'OK', from + second),
            gauge(`job_${from + second}`, {}, moment),
          ]);
        }
        if (second % 100 === 0) await page.waitForTimeout(50); // what is there is drawn
      }
      await expect.poll(() => page.locator(`figure[data-chart="job_${from + 990}"]`).count()).toBe(1);
      await page.waitForTimeout(300);
      return { figures: await figures(), nodes: await nodes() };
    };
    await round(0);
    const early = await round(1);
    for (const number of [2, 3]) await round(number);
    const late = await round(4);
    expect(late.figures).toBeLessThan(120);
    expect(late.nodes).toBeLessThan(early.nodes * 1.2);
    expect(complaints).toEqual([]);
  });

  test('no connection is 0, and not unknown', async () => {
    const service = await open();
    say(service, 3, () => [call('/a.A/Get', 'OK', 1), gauge('s_connections', {}, 0)]);
    const { page } = await openPage(service.url);
    await expect.poll(() => page.locator('#tiles dd').last().textContent()).toBe('0');
  });

  test('says what to do where there is nothing to see', async () => {
    const service = await open();
    say(service, 3, () => [gauge('mine', {}, 1)]);
    const { page } = await openPage(service.url);
    const methods = page.locator('#methods > p');
    await expect.poll(() => methods.textContent()).toContain('instrument(server)');
    say(service, 3, () => [call('/a.A/Get', 'OK', 1), gauge('mine', {}, 1)], 1010);
    await expect.poll(() => methods.textContent()).toBe('');
    await page.getByLabel('Filter methods and metrics').fill('zzz');
    await expect.poll(() => methods.textContent()).toContain('No method matches');
    await expect.poll(() => page.locator('#none').textContent()).toContain('No metric of yours matches');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#none').textContent()).toBe('');
  });
});

describeInBrowser('the page of 200 methods', (openPage) => {
  const many = async (width: number, height: number): Promise<Page> => {
    const service = await open();
    const methods = Array.from({ length: 200 }, (_, index) => `/shop.catalogue.v1.Service/Method${index}`);
    say(service, 5, (second) =>
      methods.map((method, index) => call(method, index % 2 ? 'OK' : 'INTERNAL', second * index)),
    );
    const { page } = await openPage(service.url, { viewport: { width, height } });
    await expect.poll(() => rows(page).count()).toBe(200);
    return page;
  };
  /** What is in front at the middle of what has the focus, and whether its outline is whole. */
  const seen = `(() => {
    const at = document.activeElement.getBoundingClientRect();
    const front = document.elementFromPoint(at.x + Math.min(at.width / 2, 20), at.y + at.height / 2);
    const cell = document.activeElement.parentElement.getBoundingClientRect();
    return document.activeElement.contains(front) && at.y - cell.y >= 3 && cell.bottom - at.bottom >= 3;
  })()`;

  // 640 is what a window of 1280 has at 200%.
  test.each([
    [1280, 800],
    [640, 400],
    [320, 256],
  ])('what has the focus is in sight: %i by %i', async (width, height) => {
    const page = await many(width, height);
    await rows(page).first().getByRole('button').focus();
    for (const [key, times] of [
      ['ArrowDown', 30],
      ['ArrowUp', 20],
      ['ArrowDown', 5],
    ] as const) {
      for (let time = 0; time < times; time += 1) {
        await page.keyboard.press(key);
        expect(await page.evaluate(seen), `${key} ${time}`).toBe(true);
      }
    }
  });

  test.each([640, 820, 900, 1280])('methods can be read at %i', async (width) => {
    const page = await many(width, 800);
    const cell = await rows(page).first().locator('.method').boundingBox();
    expect(cell!.width).toBeGreaterThan(200);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  test('are one stop of the tab key, where one was last', async () => {
    const page = await many(1280, 800);
    const method = () => page.evaluate("document.activeElement.closest('tr')?.dataset.method");
    const first = await rows(page).first().getAttribute('data-method');
    await page.getByRole('columnheader', { name: 'In flight' }).getByRole('button').focus();
    await page.keyboard.press('Tab');
    expect(await method()).toBe(first);
    await page.keyboard.press('ArrowDown');
    const second = await method();
    expect(second).not.toBe(first);
    await page.keyboard.press('Tab');
    expect(await method()).toBeUndefined();
    await page.keyboard.press('Shift+Tab');
    expect(await method()).toBe(second);
    await page.getByLabel('Filter methods and metrics').fill('method42');
    await expect.poll(() => rows(page).filter({ visible: true }).count()).toBe(1);
    await page.getByRole('columnheader', { name: 'In flight' }).getByRole('button').focus();
    await page.keyboard.press('Tab');
    expect(await method()).toBe('/shop.catalogue.v1.Service/Method42');
  });

  test('can be told apart in colours that the reader has chosen', async () => {
    const page = await many(1280, 800);
    await page.emulateMedia({ forcedColors: 'active' });
    const background = (selector: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`);
    await expect.poll(() => page.locator('.statuses i').count()).toBeGreaterThan(1);
    const own = [
      await background('tr[data-method$=Method199] .statuses i'),
      await background('tr[data-method$=Method198] .statuses i'),
    ];
    expect(new Set([...own, await background('#methods')]).size).toBe(3);
    expect(await background('#windows [aria-pressed=true]')).not.toBe(
      await background('#windows [aria-pressed=false]'),
    );
  });
});
