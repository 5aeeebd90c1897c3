import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('each turn of the event loop is for one of those who wait, in their order', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = async (name: string) => {
    for (let slice = 0; slice < 3; slice += 1) {
      await turns.next();
      log.push(name);
    }
  };
  const all = Promise.all([work('a'), work('b'), work('c')]);
  const perTurn: number[] = [];
  while (log.length < 9) {
    const before = log.length;
    await setImmediate();
    perTurn.push(log.length - before);
  }
  await all;
  expect(log).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
  expect(Math.max(...perTurn)).toBe(1);
});

test('whoever waits alone has every turn', async () => {
  const turns = new Turns();
  let count = 0;
  const all = (async () => {
    for (; count < 5; count += 1) await turns.next();
  })();
  for (let turn = 0; turn < 6; turn += 1) await setImmediate();
  expect(count).toBe(5);
  await all;
});
