import { describe, test } from 'vitest';
import { skipFails } from '../../scripts/test-servers/manifest.mjs';

/** Stands for a suite that cannot run here: skips it and warns; with `CI=true` a failing test is in its place. */
export function skipLoudly(name: string, reason: string): void {
  if (skipFails()) {
    describe(name, () => {
      test(reason, () => {
        throw new Error(`${name} ${reason}`);
      });
    });
    return;
  }
  console.warn(`SKIPPED: ${name} ${reason}`);
  const skip = describe.skip; // said above
  skip(name, () => {
    test(reason, () => {});
  });
}
