import { afterEach, expect, test } from 'vitest';
import { removeFolders } from './folders.ts';
import { readUnderStress } from './stress.ts';

afterEach(removeFolders);

test('for minutes: a reader never sees half a number while the book is written all the time', {
  timeout: 300_000,
}, async () => {
  const result = await readUnderStress(120);
  console.log(result);
  expect(result.problems).toEqual([]);
  expect(result.readings).toBeGreaterThan(10_000);
});
