import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeInBrowser, frameTimes } from './browser.ts';

const scripts = {
  idle: '',
  moves: 'move(() => {})',
  'moves-slowly': 'move(() => block(60))',
  blocks: 'move(() => {}); setInterval(() => block(200), 700)',
  'blocks-still': 'setInterval(() => block(200), 700)',
};

/** The address of a page with a box, and what moves it. */
const address = (script: string) =>
  `data:text/html,${encodeURIComponent(`<!doctype html><title>A page</title><div id="box" style="width: 50px">x</div><script>
const block = (ms) => { const start = performance.now(); while (performance.now() - start < ms); };
const move = (work) => {
  let at = 0;
  const step = () => { work(); box.style.transform = 'translateX(' + (at++ % 100) + 'px)'; requestAnimationFrame(step); };
  requestAnimationFrame(step);
};
${script}</script>`)}`;

const pages = Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, address(script)])) as Record<
  keyof typeof scripts, // a page for each
  string
>;

describeInBrowser('frames of a page', (openPage) => {
  // On a busy machine the browser may show every frame of any page late: that they can be in time has to be seen once.
  test('frames of a page that moves are in time', { retry: 2 }, async () => {
    const { page } = await openPage(pages.moves);
    const { frames, lateShare, longestRun } = await frameTimes(page, 1.5);
    expect(frames).toBeGreaterThan(20);
    expect(lateShare).toBeLessThan(0.5);
    expect(longestRun).toBeLessThan(0.15);
  });

  test('a page that does not move has no late frames', async () => {
    const { page } = await openPage(pages.idle);
    await sleep(200);
    const { frames, longestRun } = await frameTimes(page, 1);
    expect(frames).toBeLessThan(5);
    expect(longestRun).toBeLessThan(0.05);
  });

  test('frames of a page that takes 60 ms for each are late', async () => {
    const { page } = await openPage(pages['moves-slowly']);
    const { frames, lateShare, longTasks, busy } = await frameTimes(page, 1.5);
    expect(frames).toBeGreaterThan(10);
    expect(busy).toBeGreaterThan(0.15);
    expect(lateShare).toBeGreaterThan(0.8);
    expect(longTasks).toBeGreaterThan(5);
  });

  test('a page that blocks for 200 ms has late frames and long tasks', async () => {
    const { page } = await openPage(pages.blocks);
    const { lateShare, longestFrame, longestTask, longTasks } = await frameTimes(page, 2);
    expect(lateShare).toBeGreaterThan(0.1);
    expect(longestFrame).toBeGreaterThan(0.15);
    expect(longestTask).toBeGreaterThan(0.19);
    expect(longTasks).toBeGreaterThan(1);
  });

  test('a page that blocks while nothing moves has long tasks', async () => {
    const { page } = await openPage(pages['blocks-still']);
    expect(await frameTimes(page, 1.6)).toMatchObject({ longTasks: expect.toSatisfy((count: number) => count >= 2) });
  });
});
