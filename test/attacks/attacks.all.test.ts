import { expect, test } from 'vitest';
import { attacks } from '../../bench/endpoint-attacks.ts';
import { attackService } from './attacked-service.ts';

test.each(Object.keys(attacks))('a service with a heap of 128 MB survives: %s', { timeout: 90_000 }, async (name) => {
  const { isScraped, grown, left } = await attackService(name, 10);
  expect(isScraped).toBe(true);
  expect(grown).toBeLessThan(200);
  expect(left).toBeLessThan(5);
});
