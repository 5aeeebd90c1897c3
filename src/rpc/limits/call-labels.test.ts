import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CallStart } from '../call-start.ts';
import { Faults } from '../faults.ts';
import type { Method } from '../methods/method.ts';
import { CallStore } from '../store.ts';
import { SeriesBudget } from './budget.ts';
import { CallLabels, type CallLabelsSpec } from './call-labels.ts';

const path = '/a.B/C';

/** A store with these labels, and what it makes of calls that have this tenant. */
function labelled(spec: CallLabelsSpec, maxSeries?: number) {
  const said: string[] = [];
  const faults = new Faults((message) => said.push(message));
  const labels = new CallLabels(spec, faults);
  const store = new CallStore(faults, { labels, budget: new SeriesBudget(maxSeries) });
  /** Counts a call; gives its labels. */
  const call = (tenant: unknown, of = path) => {
    const method = store.labelled(store.method(of)!, { peer: tenant } as CallStart);
    method.started += 1;
    return method.labels;
  };
  const started = () =>
    Array.from(store.methods(), (method) => [method.path, ...Object.values(method.labels), method.started]);
  return { said, faults, store, call, started };
}

/** A label whose value the test says. */
const from = ({ peer }: CallStart): unknown => peer;
const boom = () => {
  throw new Error('no');
};

const values: [name: string, given: unknown, value: string][] = [
  ['text', 'acme', 'acme'],
  ['empty', '', ''],
  ['undefined', undefined, ''],
  ['null', null, ''],
  ['a number', 7, '7'],
  ['zero', 0, '0'],
  ['false', false, 'false'],
  ['bytes', Buffer.from('äcme'), 'äcme'],
  ['bytes that are no UTF-8', Buffer.from([0xff]), '\ufffd'],
  ['half a character', 'a\ud800', 'a\ufffd'],
  ['an object', {}, '[object Object]'],
  ['an object without a prototype', Object.create(null), '[object Object]'],
  ['a list', ['a'], '[object Array]'],
  ['a symbol', Symbol('a'), 'Symbol(a)'],
  ['as long as allowed', 'x'.repeat(128), 'x'.repeat(128)],
  ['longer', 'x'.repeat(129), 'other'],
  ['a name of every object', '__proto__', '__proto__'],
];
test.each(values)('the value of a label: %s', (_name, given, value) => {
  const { call, faults } = labelled({ tenant: { from } });
  expect(call(given)).toEqual({ tenant: value });
  expect(call(given)).toEqual({ tenant: value });
  expect(faults.counts.label).toBe(0);
  expect(faults.folded.label_values).toBe(value === 'other' ? 2 : 0);
});

const faulty: [name: string, from: () => unknown][] = [
  ['throws', boom],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['gives a promise', async () => 'acme'],
];
test.each(faulty)('a function that %s gives an empty label, and is counted', async (_name, fails) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const { call, faults, said } = labelled({ tenant: { from: fails }, zone: { from: () => 'a' } });
  for (const time of [1, 2]) expect(call(time)).toEqual({ tenant: '', zone: 'a' });
  await turn();
  await turn();
  process.off('unhandledRejection', note);
  expect(faults.counts.label).toBe(2);
  expect(said).toEqual([expect.stringMatching(/^label: "tenant": /)]);
  expect(unhandled).toEqual([]);
});

test('beyond maxValues values are other, counted and said once; known ones and none stay', () => {
  const { call, faults, said, started } = labelled({ tenant: { from, maxValues: 2 } });
  for (const tenant of ['a', 'b', 'c', 'd', 'a', '', 'other']) call(tenant);
  expect(started()).toEqual([
    [path, '', 1],
    [path, 'a', 2],
    [path, 'b', 1],
    [path, 'other', 3],
  ]);
  expect(faults.folded).toMatchObject({ label_values: 2, series: 0 });
  expect(said).toEqual([expect.stringContaining('label "tenant" has its 2 values (maxValues)')]);
  expect(call('b', '/a.B/D')).toEqual({ tenant: 'b' });
  expect(call('c', '/a.B/D')).toEqual({ tenant: 'other' });
});

test('50 values by default', () => {
  const { call } = labelled({ tenant: { from } });
  for (let index = 0; index < 50; index += 1) expect(call(`t${index}`)).toEqual({ tenant: `t${index}` });
  expect(call('t50')).toEqual({ tenant: 'other' });
});

test('combinations are told apart, whatever is in the values', () => {
  const pair = (index: number) => ({ from: ({ peer }: CallStart) => (peer as unknown as string[])[index] });
  const { call } = labelled({ a: pair(0), b: pair(1) });
  const pairs = [
    ['1:', '1'],
    ['1', ':1'],
    ['', '1:1'],
    ['1:1', ''],
    ['11', '1'],
    ['1', '11'],
    ['1:x', '2'],
  ];
  for (const [a, b] of pairs) expect(call([a, b])).toEqual({ a, b });
  for (const [a, b] of pairs) expect(call([a, b])).toEqual({ a, b });
});

test('constant labels stand where they were declared, and cost no series', () => {
  const { call, store, started } = labelled({ region: 'eu', tenant: { from }, zone: '1' }, 8);
  expect(JSON.stringify(call('a'))).toBe('{"region":"eu","tenant":"a","zone":"1"}');
  expect(started()).toEqual([[path, 'eu', 'a', '1', 1]]);
  const constant = labelled({ region: 'eu' }, 8);
  expect(constant.store.hasVariableLabels).toBe(false);
  expect(store.hasVariableLabels).toBe(true);
  expect(constant.call('a')).toEqual({ region: 'eu' });
});

test('a method has its zeros until its first call has labels', () => {
  const { call, store, started } = labelled({ tenant: { from } });
  store.declare(path, 'unary');
  expect(started()).toEqual([[path, '', 0]]);
  call('a');
  expect(started()).toEqual([[path, 'a', 1]]);
  store.method(path)!.waiting += 1;
  expect(started()).toEqual([
    [path, '', 0],
    [path, 'a', 1],
  ]);
  expect(Array.from(store.methods(), ({ type }) => type)).toEqual(['unary', 'unary']);
  store.declare(path, 'bidi_stream');
  expect(Array.from(store.methods(), ({ type }) => type)).toEqual(['bidi_stream', 'bidi_stream']);
});

test.each<[name: string, count: (method: Method) => void]>([
  [
    'an attempt',
    (method) => {
      method.attemptsStarted += 1;
    },
  ],
  ['bytes of no call', (method) => method.sized(7)],
])('%s without labels is not lost among calls that have some', (_name, count) => {
  const { call, store, started } = labelled({ tenant: { from } });
  call('a');
  count(store.method(path)!);
  expect(started()).toEqual([
    [path, '', 0],
    [path, 'a', 1],
  ]);
});

test('beyond maxCallSeries combinations are other, methods have their room, and nothing is lost', () => {
  const { call, faults, said, started, store } = labelled({ tenant: { from } }, 8);
  // Six for labels: the method takes two, its first four tenants the rest.
  for (const tenant of ['a', 'b', 'c', 'd', 'e', 'f', 'a']) call(tenant);
  expect(started()).toEqual([
    [path, 'a', 2],
    [path, 'b', 1],
    [path, 'c', 1],
    [path, 'd', 1],
    [path, 'other', 2],
  ]);
  expect(faults.folded).toMatchObject({ series: 2, label_values: 0 });
  expect(said).toEqual([expect.stringContaining('calls have their 8 series (maxCallSeries)')]);
  // The quarter that is kept has room for one more method.
  call('a', '/a.B/D');
  call('a', '/a.B/E');
  call('', '/a.B/F');
  expect(started().slice(5)).toEqual([
    ['/a.B/D', 'other', 1],
    ['other', '', 1],
    ['other', 'other', 1],
  ]);
  expect(faults.folded).toMatchObject({ series: 6 });
  expect(said).toHaveLength(1);
  expect(store.method('/a.B/G')!.path).toBe('other');
});

const mistakes: [name: string, spec: unknown, message: string][] = [
  ['a number', { tenant: 5 }, 'callLabels: tenant must be a text, { from: (call) => ... } or { late: true }, not 5'],
  ['null', { tenant: null }, 'callLabels: tenant must be a text, { from: (call) => ... } or { late: true }, not null'],
  [
    'a function',
    { tenant: () => 'a' },
    'callLabels: tenant must be a text, { from: (call) => ... } or { late: true }, not a function',
  ],
  [
    'no values',
    { tenant: { from, maxValues: 0 } },
    'callLabels: tenant: maxValues must be an integer of at least 1, not 0',
  ],
  [
    'no integer',
    { tenant: { from, maxValues: 1.5 } },
    'callLabels: tenant: maxValues must be an integer of at least 1, not 1.5',
  ],
];
test.each(mistakes)('labels are checked: %s', (_name, spec, message) => {
  const make = () => new CallLabels(spec as CallLabelsSpec, new Faults(() => {}));
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_label', message }));
});
