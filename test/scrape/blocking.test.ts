import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodeText } from '../support/exposition/encode-text.ts';
import { ask, bigFamily, served } from './fixture.ts';

const families = [bigFamily(50_000)];

/** The longest that a timer of 1 ms had to wait while `run` ran, in milliseconds. */
async function longestGap(run: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  await run();
  clearInterval(timer);
  return longest;
}

/** Of three scrapes, as machines that run tests do other things too. */
test('50,000 lines are scraped while a timer of 1 ms goes on', async () => {
  const { url } = await served(() => families);
  const expected = encodeText(families);
  expect((await ask(url)).bytes.toString()).toBe(expected);
  const gaps: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    gaps.push(await longestGap(() => ask(url, { 'accept-encoding': 'gzip' })));
  }
  expect(Math.min(...gaps)).toBeLessThan(50);
  const { bytes } = await ask(url, { 'accept-encoding': 'gzip' });
  expect(gunzipSync(bytes).toString()).toBe(expected);
});

test('the event loop has many turns during one scrape', async () => {
  const { url } = await served(() => families);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await ask(url);
  clearImmediate(next);
  expect(turns).toBeGreaterThan(5);
});
