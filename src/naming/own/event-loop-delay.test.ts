import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { HistogramSeries } from '../../core/snapshot.ts';
import { type DelayOptions, EventLoopDelay } from './event-loop-delay.ts';

const samplers: EventLoopDelay[] = [];
afterEach(() => {
  for (const sampler of samplers.splice(0)) sampler.stop();
});

function started(options?: DelayOptions): EventLoopDelay {
  const sampler = new EventLoopDelay(options);
  samplers.push(sampler);
  return sampler;
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const countOf = ({ buckets }: HistogramSeries) => buckets.reduce((sum, count) => sum + count, 0);
const countAbove = ({ bounds, buckets }: HistogramSeries, seconds: number) =>
  buckets.reduce((sum, count, index) => ((bounds[index - 1] ?? 0) >= seconds ? sum + count : sum), 0);

// On a busy machine a round can take longer than two windows, and the block is then rightly forgotten.
test('no block is lost where windows end, however short they are', { timeout: 30_000, retry: 2 }, async () => {
  const sampler = started({ resolution: 1, windowSeconds: 0.1 });
  await sleep(20);
  const before = countAbove(sampler.histogram(), 0.05);
  for (let round = 0; round < 30; round += 1) {
    block(70);
    await sleep(1 + (round % 9));
    expect(sampler.summary().max, `block ${round}`).toBeGreaterThan(0.05);
  }
  expect(countAbove(sampler.histogram(), 0.05) - before).toBeGreaterThanOrEqual(30);
});

test('the histogram counts each sample in its bucket, and no number ever falls', async () => {
  const sampler = started({ resolution: 5 });
  let last = sampler.histogram();
  for (const [milliseconds, bound] of [
    [40, 0.025],
    [160, 0.1],
    [70, 0.05],
    [320, 0.25],
  ] as const) {
    await sleep(20);
    last = sampler.histogram();
    block(milliseconds);
    await sleep(20);
    const next = sampler.histogram();
    expect(countAbove(next, bound), `${milliseconds} ms`).toBeGreaterThan(countAbove(last, bound));
    expect(next.sum - last.sum).toBeGreaterThan(milliseconds / 1000 - 0.01);
    expect(next.buckets.every((count, index) => count >= last.buckets[index]!)).toBe(true);
  }
  expect(countOf(sampler.histogram())).toBeGreaterThan(countOf(last));
});

test('a reader that reads nothing else gets the same histogram again', async () => {
  const sampler = started();
  await sleep(60);
  sampler.stop();
  const first = sampler.histogram();
  sampler.summary();
  expect(sampler.histogram()).toEqual(first);
  expect(countOf(first)).toBeGreaterThan(0);
});

test('without a window each reading ends one: a block is gone after two', async () => {
  const sampler = started({ windowSeconds: 0 });
  await sleep(50);
  block(200);
  await sleep(50);
  const seen: boolean[] = [];
  for (let reading = 0; reading < 4; reading += 1) {
    seen.push(sampler.summary().max > 0.1);
    await sleep(30);
  }
  expect(seen).toEqual([true, true, false, false]);
});

test('before the first sample everything is 0', () => {
  const sampler = started();
  expect(sampler.summary()).toEqual({ mean: 0, p99: 0, max: 0 });
  expect(countOf(sampler.histogram())).toBe(0);
});
