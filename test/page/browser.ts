import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { type FrameTimes, readTrace, traceCategories } from './trace.ts';

/** Every field has a default; the default is in the signature of `open`. */
interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** Puts the page's timers into the hands of the test: `page.clock` moves them on. Without that they run as always. */
  readonly hasClock?: boolean;
}

/** A page in a profile of its own. */
interface OpenPage {
  readonly page: Page;
  /** What went wrong since it was opened, each as `console: text`, `error:`, `csp:`, `failed:` or `foreign:`. */
  readonly complaints: readonly string[];
}

/** Opens a page and resolves when it is loaded; it is closed at the end of the test. */
export type OpenPageFunction = (url: string, options?: PageOptions) => Promise<OpenPage>;

/** A suite in one browser, skipped or failed without the browser as every suite that needs a server. */
export function describeInBrowser(name: string, suite: (openPage: OpenPageFunction) => void): void {
  describeWith(['chromium'], name, ({ chromium: executablePath }) => {
    let browser: Browser | undefined;
    const contexts: BrowserContext[] = [];
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: switches });
    });
    afterEach(async () => {
      for (const context of contexts.splice(0)) await context.close();
    });
    afterAll(() => browser?.close());
    suite((url, options) => open(browser!, contexts, url, options)); // `beforeAll` has set it when a test runs
  });
}

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // What a page asks of another host is a complaint, and never leaves this machine.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

async function open(
  browser: Browser,
  contexts: BrowserContext[],
  url: string,
  {
    viewport = { width: 1280, height: 800 },
    colorScheme = 'light',
    reducedMotion = 'no-preference',
    hasClock = false,
  }: PageOptions = {},
): Promise<OpenPage> {
  const settings = { viewport, colorScheme, reducedMotion, locale: 'en-US', timezoneId: 'UTC' };
  const context = await browser.newContext({ ...settings, serviceWorkers: 'block' });
  contexts.push(context);
  const complaints: string[] = [];
  const page = await context.newPage();
  await complain(page, new URL(url), (kind, text) => complaints.push(`${kind}: ${text}`));
  if (hasClock) await page.clock.install();
  await page.goto(url);
  return { page, complaints };
}

/** Calls back for all that goes wrong in a page. */
async function complain(page: Page, own: URL, say: (kind: string, text: string) => void): Promise<void> {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) say('console', message.text());
  });
  page.on('pageerror', (error) => say('error', error.message));
  page.on('crash', () => say('error', 'the page crashed'));
  page.on('request', (request) => {
    if (isForeign(request.url(), own)) say('foreign', request.url());
  });
  page.on('websocket', (socket) => {
    if (isForeign(socket.url(), own)) say('foreign', socket.url());
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // The page itself ended it: it closed an event stream, or went elsewhere.
    if (reason !== 'net::ERR_ABORTED') say('failed', `${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) say('failed', `${response.url()}: ${response.status()}`);
  });
  await page.exposeFunction('reportViolation', (text: string) => say('csp', text));
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) => {
      reportViolation(event.effectiveDirective + ' blocks ' + event.blockedURI);
    });`,
  });
}

function isForeign(url: string, own: URL): boolean {
  const { protocol, host } = new URL(url);
  return /^(https?|wss?):$/.test(protocol) && host !== own.host;
}

/** What axe finds wrong with a page's accessibility as it is now: each rule with the elements that break it. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated as the debugger's own script: a content security policy forbids an element for it.
  await page.evaluate(`${axe.source};undefined`);
  const run = 'axe.run(document, { resultTypes: ["violations"], preload: false })';
  const found = await page.evaluate<AxeResults>(run);
  return found.violations.map(({ id, help, nodes }) => {
    const elements = nodes.map(({ target }) => target.flat().join(' ')).join(', ');
    return `${id}: ${help}: ${elements}`;
  });
}

/** How smoothly a page runs in the seconds to come. A frame is late when it took longer than `lateAfter` seconds. */
export async function frameTimes(page: Page, seconds: number, lateAfter = 0.033): Promise<FrameTimes> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page is in no browser');
  await browser.startTracing(page, { categories: traceCategories });
  let trace: Buffer;
  try {
    await page.waitForTimeout(seconds * 1000);
  } finally {
    // One trace at a time: one that goes on would fail the next.
    trace = await browser.stopTracing();
  }
  return readTrace(trace.toString(), lateAfter);
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Saves what the page shows, by default all of its length, under `build/screenshots`, or in the folder SCREENSHOTS; resolves to the path. */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<string> {
  const folder = join(root, process.env.SCREENSHOTS ?? 'build/screenshots');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage, animations: 'disabled' });
  return path;
}
