import { expect, test } from 'vitest';
import { ClientStore } from './client-store.ts';
import { Faults } from './faults.ts';
import { SeriesBudget } from './limits/budget.ts';

test('a client cannot make more than a thousand series of methods', () => {
  const faults = new Faults(() => {});
  const store = new ClientStore(faults);
  for (let index = 0; index < 1200; index += 1) store.method(`/a.B/M${index}`)!.started += 1;
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

/** `path target started` of what has a series of its own. */
function towards(store: ClientStore): string[] {
  return Array.from(
    store.methods((target) => target),
    ({ path, target, started }) => `${path} ${target} ${started}`,
  );
}

test('calls to a target are counted under its name, and under other where targets or series are too many', () => {
  const faults = new Faults(() => {});
  // A method takes 1, 6 are for labels and targets, of which the methods have taken 2.
  const store = new ClientStore(faults, { byTarget: true, budget: new SeriesBudget(8) });
  const call = (path: string, name: string) => {
    const target = store.targetOf({ getTarget: () => name })!;
    store.towards(store.method(path)!, target).started += 1;
  };
  store.declare('/a.B/D', 'unary');
  expect(towards(store)).toEqual(['/a.B/D undefined 0']);
  for (let index = 0; index < 6; index += 1) call('/a.B/C', `dns:${index}:1`);
  call('/a.B/C', 'dns:0:1');
  call('/a.B/D', 'dns:0:1');
  expect(towards(store)).toEqual([
    '/a.B/D other 1',
    '/a.B/C dns:0:1 2',
    ...[1, 2, 3].map((index) => `/a.B/C dns:${index}:1 1`),
    '/a.B/C other 2',
  ]);
  expect(Array.from(store.methods(), ({ path, started }) => [path, started])).toEqual([
    ['/a.B/D', 1],
    ['/a.B/C', 7],
  ]);
  expect(faults.folded.series).toBe(3);
  for (let index = 0; index < 100; index += 1) call('/a.B/C', `dns:${index}:2`);
  expect(faults.folded.targets).toBe(6);
});

const strange: [name: string, getTarget: () => string][] = [
  [
    'throws',
    () => {
      throw new Error('no target');
    },
  ],
  ['gives nothing', () => undefined as never],
];
test.each(strange)('calls on a channel whose getTarget %s are counted as to other', (_name, getTarget) => {
  const store = new ClientStore(new Faults(() => {}), { byTarget: true });
  expect(store.targetOf({ getTarget })).toBe('other');
});

test('where targets are not told apart channels have none', () => {
  const store = new ClientStore(new Faults(() => {}));
  expect(store.targetOf({ getTarget: () => 'dns:a:1' })).toBeUndefined();
});
