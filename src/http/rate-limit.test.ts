import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

test('a burst, and then a request in each interval', () => {
  let now = 0;
  const limit = new RateLimit({ intervalSeconds: 2, burst: 3 }, () => now);
  expect([limit.take(), limit.take(), limit.take(), limit.take()]).toEqual([0, 0, 0, 2]);
  now += 1;
  expect(limit.take()).toBe(1);
  now += 1;
  expect([limit.take(), limit.take()]).toEqual([0, 2]);
});

test.each([0, -1])('a burst of %i lets nothing through', (burst) => {
  let now = 0;
  const limit = new RateLimit({ intervalSeconds: 1, burst }, () => now);
  now += 1000;
  expect(limit.take()).toBeGreaterThan(0);
});
