import { afterEach, expect, test } from 'vitest';
import { removeFolders } from './folders.ts';
import { readUnderStress } from './stress.ts';

afterEach(removeFolders);

test('a reader never sees half a number while the book is written all the time', { timeout: 60_000 }, async () => {
  const { readings, observations, problems } = await readUnderStress(3);
  expect(problems).toEqual([]);
  expect(Math.min(readings, observations)).toBeGreaterThan(100);
});
