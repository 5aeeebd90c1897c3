import { afterEach, expect, test } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { makeChaos } from './chaos.ts';
import { fleetKinds } from './fleet.ts';
import { newFolder, removeFolders } from './folders.ts';
import { observeWith } from './observers.ts';

afterEach(removeFolders);

describeWith(['prometheus3'], 'processes that are killed under load', (paths) => {
  test.each(fleetKinds)('%s: nothing falls, nothing is lost', { timeout: 180_000 }, async (kind) => {
    const observe = observeWith([paths.prometheus3]);
    const result = await makeChaos({ kind, folder: newFolder(), seconds: 12, observe });
    expect(result.kills).toBeGreaterThan(2);
    // Each client has one call at a time: a kill cuts no more than these.
    expect(Math.abs(result.difference)).toBeLessThanOrEqual(result.kills * result.clients);
  });
});
