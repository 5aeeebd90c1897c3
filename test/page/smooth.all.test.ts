import * as grpc from '@grpc/grpc-js';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { instrument } from '../../src/index.ts';
import { describeInBrowser, frameTimes } from './browser.ts';
import { plainPage } from './plain.ts';
import type { FrameTimes } from './trace.ts';

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

describeInBrowser('the page', (openPage) => {
  test('stays smooth with 200 methods and 50 families of the user', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openPage(await large());
    await expect.poll(() => page.locator('tr[data-method]').count(), { timeout: 20_000 }).toBe(200);
    await expect.poll(() => page.locator('#mine figure').count(), { timeout: 20_000 }).toBe(50);
    const { page: plain } = await openPage(plainPage(200, await page.locator('.grid > figure').count()));
    await page.waitForTimeout(3000); // the first draw of everything is over
    const all = { ours: [await scroll(page)], theirs: [await scroll(plain)] };
    all.ours.push(await scroll(page));
    all.theirs.push(await scroll(plain));
    const mean = (times: FrameTimes[], of: keyof FrameTimes) =>
      times.reduce((sum, one) => sum + one[of], 0) / times.length;
    const [late, plainLate] = [mean(all.ours, 'lateShare'), mean(all.theirs, 'lateShare')];
    const unit = mean(all.theirs, 'busy');
    const told = JSON.stringify(all, null, 1);
    // In the plain page's own time, which other load and slower machines change as much as ours: 2.4 to 4.3 and 0.08 to 0.11 here,
    // idle and with both cores taken. All charts drawn in each frame: 10 and more; a table that is laid out as one: 0.28 and more.
    expect(mean(all.ours, 'frames'), told).toBeGreaterThan(50);
    expect(mean(all.ours, 'busy') / unit, told).toBeLessThan(6);
    expect(Math.max(...all.ours.map(({ longestRun }) => longestRun)) / unit, told).toBeLessThan(0.2);
    // Less steady: 0.01 to 0.19 here.
    expect(late - plainLate, told).toBeLessThan(0.35);
    expect(complaints).toEqual([]);
  });
});

/** Down and up again, as with a wheel. */
async function scroll(page: Page): Promise<FrameTimes> {
  await page.bringToFront();
  const scrolling = (async () => {
    for (let step = 0; step < 60; step += 1) {
      await page.mouse.wheel(0, step < 30 ? 120 : -120);
      await page.waitForTimeout(100);
    }
  })();
  const times = await frameTimes(page, 7);
  await scrolling;
  return times;
}

const pass = (bytes: Buffer) => bytes;
const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };

/** A service whose methods are all called, and whose 500 series of its own change, all the time. */
async function large(): Promise<string> {
  const names = Array.from({ length: 200 }, (_, index) => `Method${index}`);
  const service = Object.fromEntries(
    names.map((name) => [
      name,
      { path: `/large.v1.Large/${name}`, requestStream: false, responseStream: false, ...codec } as const,
    ]),
  );
  const answer: grpc.handleUnaryCall<Buffer, Buffer> = ({ request }, callback) => callback(null, request);
  const server = new grpc.Server();
  const metrics = instrument(server);
  server.addService(service, Object.fromEntries(names.map((name) => [name, answer])));
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', credentials, (_error, bound) => resolve(bound));
  });
  const families = Array.from({ length: 50 }, (_, index) => {
    const name = `large_${index}_seconds`;
    return metrics.histogram({ name, help: 'x', labelNames: ['shard'] });
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  closing.push(() => client.close());
  let calls = 0;
  const timer = setInterval(() => {
    for (let index = 0; index < 20; index += 1) {
      calls += 1;
      client.makeUnaryRequest(`/large.v1.Large/Method${calls % 200}`, pass, pass, Buffer.from('x'), () => {});
    }
    for (const family of families) family.labels({ shard: String(calls % 10) }).observe(Math.random());
  }, 100);
  closing.push(() => clearInterval(timer));
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => endpoint.close());
  return endpoint.url;
}
