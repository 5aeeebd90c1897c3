import { expect, test } from 'vitest';
import { attackService } from './attacked-service.ts';

/** Those of the table that killed a service or shut out scrapers before there were bounds. */
const worst = [
  '40 connections pipeline 2,000 GET / and read nothing',
  '800 connections pipeline 2,000 GET /metrics and read nothing',
  '40 endless bodies',
  '800 idle connections',
];
test.concurrent.each(worst)('a service with a heap of 128 MB survives: %s', { timeout: 90_000 }, async (name) => {
  const { isScraped, grown, left } = await attackService(name, 3);
  expect(isScraped).toBe(true);
  expect(grown).toBeLessThan(120);
  expect(left).toBeLessThan(5);
});
