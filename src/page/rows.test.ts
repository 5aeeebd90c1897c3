import { expect, test } from 'vitest';
import { Model } from './model.ts';
import { addCalls, type Calls, callsOf, type Order, type Row, ratesOver, rowAt, sortRows } from './rows.ts';
import { hello, type Snapshot, Teller } from './stream.fixture.ts';

const counter = { name: 'c_requests', type: 'counter' } as const;

function modelOf(moments: readonly [t: number, Snapshot][]): Model {
  const [model, teller] = [new Model(), new Teller()];
  model.begin(hello());
  for (const [t, snapshot] of moments) model.read(teller.frame(t, snapshot));
  return model;
}

const call = (method: string): Snapshot[number] => [counter, { method, status: 'OK' }, 1];

test('calls are by method, and together', () => {
  const model = modelOf([[1, [call('/a/Get'), call('/a/List')]]]);
  const calls = callsOf(model, 'client');
  expect([addCalls(calls), ...calls].map(({ method, requests }) => [method, requests.length])).toEqual([
    ['', 2],
    ['/a/Get', 1],
    ['/a/List', 1],
  ]);
});

/** Calls of a second by status, and the shares of server faults, callers' errors and cancellations. */
const mixes: [name: string, counts: [method: string, status: string, count: number][], shares: (number | null)[]][] = [
  ['nobody called', [], [null, null, null]],
  ['all is well', [['/a/Get', 'OK', 4]], [0, 0, 0]],
  [
    'each family has its share',
    [
      ['/a/Get', 'OK', 4],
      ['/a/Get', 'INTERNAL', 2],
      ['/a/Get', 'NOT_FOUND', 1],
      ['/a/Get', 'CANCELLED', 1],
    ],
    [0.25, 0.125, 0.125],
  ],
  [
    'a method that the server lacks is no fault of the server',
    [
      ['/a/Get', 'OK', 1],
      ['unknown', 'UNIMPLEMENTED', 1],
    ],
    [0, 0, 0],
  ],
  ['only such calls', [['unknown', 'UNIMPLEMENTED', 1]], [null, 0, 0]],
];
test.each(mixes)('shares of calls: %s', (_name, counts, shares) => {
  const at = (share: number): Snapshot =>
    counts.map(([method, status, count]) => [
      { name: 's_requests', type: 'counter' },
      { method, status },
      count * share,
    ]);
  const model = modelOf([
    [1, at(0)],
    [2, at(1)],
  ]);
  const { faults, callers, cancelled } = rowAt(model, addCalls(callsOf(model, 'server')), 1, 15);
  expect([faults, callers, cancelled]).toEqual(shares);
});

test('statuses begin with OK and the server faults', () => {
  const at = (count: number): Snapshot =>
    ['NOT_FOUND', 'CANCELLED', 'INTERNAL', 'OK'].map((status, index) => [
      { name: 's_requests', type: 'counter' },
      { method: '/a/Get', status },
      count * (9 - index),
    ]);
  const model = modelOf([
    [1, at(0)],
    [2, at(1)],
  ]);
  const { statuses } = rowAt(model, callsOf(model, 'server')[0]!, 1, 15);
  expect(statuses.map(([status]) => status)).toEqual(['OK', 'INTERNAL', 'NOT_FOUND', 'CANCELLED']);
});

test('rates over time end now, and begin where something is known', () => {
  const at = (count: number): Snapshot => [[counter, { method: '/a/Get', status: 'OK' }, count]];
  const model = modelOf(Array.from({ length: 31 }, (_, index) => [100 + index, at(index * 2)]));
  const [all] = callsOf(model, 'client');
  expect(ratesOver(model, all!, 30, 60, 5, 15)).toEqual([null, null, null, 2, 2]);
});

const rows = (
  [
    ['/a', 1, null],
    ['/b', 5, 0.5],
    ['/c', 5, 0],
    ['/d', null, 0.1],
  ] as const
).map(([method, rate, faults]) => ({
  calls: { method } as Calls,
  row: { rate, faults, p95: rate === null ? null : { value: rate, side: '' } } as Row,
}));

test.each<[Order, boolean, string]>([
  ['method', false, '/a /b /c /d'],
  ['method', true, '/d /c /b /a'],
  ['rate', false, '/b /c /a /d'],
  ['rate', true, '/a /b /c /d'],
  ['p95', false, '/b /c /a /d'],
  ['faults', false, '/b /d /c /a'],
  ['faults', true, '/c /d /b /a'],
])('by %s, the other way: %s', (order, isReversed, keys) => {
  expect(
    sortRows(rows, order, isReversed)
      .map(({ calls }) => calls.method)
      .join(' '),
  ).toBe(keys);
});
