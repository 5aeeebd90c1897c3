import { expect, test } from 'vitest';
import { Faults } from '../core/faults.ts';
import { ClientStore } from './client-store.ts';

test('a client cannot make more than a thousand series of methods', () => {
  const faults = new Faults(() => {});
  const store = new ClientStore(faults);
  for (let index = 0; index < 1200; index += 1) store.method(`/a.B/M${index}`)!.start();
  const methods = Array.from(store.methods());
  expect(methods).toHaveLength(1001);
  expect(methods.at(-1)).toMatchObject({ path: 'other', started: 200 });
  expect(faults.folded.methods).toBe(200);
});

test('a declared method knows its type, others do not', () => {
  const store = new ClientStore(new Faults(() => {}), { maxMethods: 1, exclude: ['x.Y'] });
  store.declare('/a.B/C', 'bidi_stream');
  store.declare('/x.Y/Z', 'unary');
  store.declare('/a.B/D', 'unary');
  expect(Array.from(store.methods(), ({ path, type }) => [path, type])).toEqual([
    ['/a.B/C', 'bidi_stream'],
    ['other', undefined],
  ]);
});

const retries: [times: number, counted: [number, number][]][] = [
  [1, [[1, 1]]],
  [4, [[4, 1]]],
  [100, [[100, 1]]],
  [0, []],
  [-1, []],
  [1.5, []],
  [Number.NaN, []],
  [101, []],
];
test.each(retries)('%d retries are counted as %j', (times, counted) => {
  const method = new ClientStore(new Faults(() => {})).method('/a.B/C')!;
  method.retried(times);
  expect([...method.retries]).toEqual(counted);
});
