import { afterEach, expect, test } from 'vitest';
import { makeChaos } from './chaos.ts';
import type { FleetKind } from './fleet.ts';
import { newFolder, removeFolders } from './folders.ts';

afterEach(removeFolders);

const kinds: FleetKind[] = ['node:cluster', 'separate processes'];
test.each(kinds)('processes that are killed under load: %s', { timeout: 180_000 }, async (kind) => {
  const result = await makeChaos({ kind, folder: newFolder(), seconds: 12 });
  console.log(kind, result);
  expect(result.kills).toBeGreaterThan(2);
  // Each client has one call at a time: a kill cuts no more than these.
  expect(Math.abs(result.difference)).toBeLessThanOrEqual(result.kills * result.clients);
});
