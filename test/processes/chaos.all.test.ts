import { afterEach, expect, test } from 'vitest';
import { describeWith } from '../support/servers/binaries.ts';
import { makeChaos } from './chaos.ts';
import { fleetKinds } from './fleet.ts';
import { newFolder, removeFolders } from './folders.ts';
import { observeWith } from './observers.ts';

afterEach(removeFolders);

describeWith(
  ['prometheus', 'prometheus3', 'victoria-metrics'],
  'processes that are killed under load for minutes',
  (paths) => {
    test.each(fleetKinds)('%s: nothing falls, nothing is lost', { timeout: 600_000 }, async (kind) => {
      const observe = observeWith([paths.prometheus, paths.prometheus3], paths['victoria-metrics']);
      const result = await makeChaos({ kind, folder: newFolder(), seconds: 180, observe });
      console.log(kind, result);
      expect(result.kills).toBeGreaterThan(40);
      expect(Math.abs(result.difference)).toBeLessThanOrEqual(result.kills * result.clients);
    });
  },
);
