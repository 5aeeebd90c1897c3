import { expect, test } from 'vitest';
import { Model } from './model.ts';
import { type Calls, callsOf, type Order, type Row, ratesOver, sortRows } from './rows.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';

const counter = { name: 'c_requests', type: 'counter' } as const;

function modelOf(moments: readonly [t: number, Snapshot][]): Model {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  for (const [t, snapshot] of moments) model.read(teller.frame(t, snapshot));
  return model;
}

const call = (method: string): Snapshot[number] => [counter, { method, status: 'OK' }, 1];

test('the calls of all methods come first', () => {
  const model = modelOf([[1, [call('/a/Get'), call('/a/List')]]]);
  const calls = callsOf(model, 'client');
  expect(calls.map(({ method, requests }) => [method, requests.length])).toEqual([
    ['', 2],
    ['/a/Get', 1],
    ['/a/List', 1],
  ]);
});

test('rates over time end now, and begin where something is known', () => {
  const at = (count: number): Snapshot => [[counter, { method: '/a/Get', status: 'OK' }, count]];
  const model = modelOf(Array.from({ length: 31 }, (_, index) => [100 + index, at(index * 2)]));
  const [all] = callsOf(model, 'client');
  expect(ratesOver(model, all!, 30, 60, 5)).toEqual([null, null, null, 2, 2]);
});

const rows = (
  [
    ['/a', 1, null],
    ['/b', 5, 0.5],
    ['/c', 5, 0],
    ['/d', null, 0.1],
  ] as const
).map(([method, rate, errors]) => ({
  calls: { method } as Calls,
  row: { rate, errors } as Row,
}));

test.each<[Order, boolean, string]>([
  ['method', false, '/a /b /c /d'],
  ['method', true, '/d /c /b /a'],
  ['rate', false, '/b /c /a /d'],
  ['rate', true, '/a /b /c /d'],
  ['errors', false, '/b /d /c /a'],
  ['errors', true, '/c /d /b /a'],
])('by %s, the other way: %s', (order, isReversed, keys) => {
  expect(
    sortRows(rows, order, isReversed)
      .map(({ calls }) => calls.method)
      .join(' '),
  ).toBe(keys);
});
