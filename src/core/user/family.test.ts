import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Family } from './family.ts';
import { SeriesKeys } from './series-keys.ts';

/** Values as JavaScript may send them. */
type Given = Record<string, string | number>;

function family(...labelNames: string[]) {
  const problems: string[] = [];
  let made = 0;
  const create = () => {
    made += 1;
    return { id: made };
  };
  const keys = new SeriesKeys<string>(labelNames);
  const limits = { maxSeries: Infinity, folded: () => {}, reject: (problem: string) => problems.push(problem) };
  const metric = new Family<string, { id: number }>(keys, create, limits);
  return { metric, problems, labels: () => Array.from(metric.children(), ([key]) => keys.read(key)) };
}

test('one series for each combination of values, made when it is first asked for', () => {
  const { metric, problems, labels } = family('a', 'b');
  expect(labels()).toEqual([]);
  const first = metric.labels({ a: 'x', b: 'y' });
  expect(metric.labels({ b: 'y', a: 'x' })).toBe(first);
  expect(metric.labels({ a: 'y', b: 'x' })).not.toBe(first);
  expect(labels()).toEqual([
    { a: 'x', b: 'y' },
    { a: 'y', b: 'x' },
  ]);
  expect(problems).toEqual([]);
});

test('labels come in the order of their declaration', () => {
  const { metric, labels } = family('b', 'a');
  metric.labels({ a: '1', b: '2' });
  expect(Object.keys(labels()[0]!)).toEqual(['b', 'a']);
});

const declared = 'given where {a, b} were declared';
const given: [name: string, values: unknown, labels: Record<string, string>, problems: string[]][] = [
  ['numbers', { a: 1, b: -0.5 }, { a: '1', b: '-0.5' }, []],
  ['empty', { a: '', b: '' }, { a: '', b: '' }, []],
  ['other primitives', { a: true, b: 10n }, { a: 'true', b: '10' }, []],
  ['a symbol', { a: Symbol('x'), b: '' }, { a: 'Symbol(x)', b: '' }, []],
  ['objects', { a: Object.create(null), b: [1] }, { a: '[object Object]', b: '[object Array]' }, []],
  ['lone surrogates', { a: '\ud800', b: 'x\udfff' }, { a: '\ufffd', b: 'x\ufffd' }, []],
  ['one missing', { a: 'x' }, { a: 'x', b: '' }, [`labels {a} ${declared}: the missing ones are empty`]],
  [
    'one undefined',
    { a: 'x', b: undefined },
    { a: 'x', b: '' },
    [`labels {a, b} ${declared}: the missing ones are empty`],
  ],
  ['one null', { a: null, b: 'y' }, { a: '', b: 'y' }, [`labels {a, b} ${declared}: the missing ones are empty`]],
  ['none', {}, { a: '', b: '' }, [`labels {} ${declared}: the missing ones are empty`]],
  ['null', null, { a: '', b: '' }, [`labels {} ${declared}: the missing ones are empty`]],
  ['nothing at all', undefined, { a: '', b: '' }, [`labels {} ${declared}: the missing ones are empty`]],
];
test.each(given)('labels never throws: %s', (_name, values, labels, problems) => {
  const under = family('a', 'b');
  const child = under.metric.labels(values as Given);
  expect(under.labels()).toEqual([labels]);
  expect(under.problems).toEqual(problems);
  expect(under.metric.labels(values as Given)).toBe(child);
});

const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, '']));
const undeclared: [name: string, values: unknown, given: string][] = [
  ['one more', { a: 'x', b: 'y', c: 'z' }, 'a, b, c'],
  ['one in place of another', { a: 'x', c: 'z' }, 'a, c'],
  ['one that is undefined', { a: 'x', b: 'y', c: undefined }, 'a, b, c'],
  ['a text', 'ab', '0, 1'],
  ['an array', ['x', 'y'], '0, 1'],
  ['very many', many, Object.keys(many).join(', ').slice(0, 200)],
];
test.each(undeclared)('an undeclared label drops the observation: %s', (_name, values, found) => {
  const { metric, problems, labels } = family('a', 'b');
  metric.labels(values as Given).id = 7;
  expect(metric.remove(values as Given)).toBe(false);
  expect(labels()).toEqual([]);
  expect(problems).toEqual([1, 2].map(() => `labels {${found}} ${declared}: dropped`));
});

test('dropped observations do not take the place of a series', () => {
  const { metric, labels } = family('a');
  const dropped = metric.labels({ b: 'x' });
  const kept = metric.labels({ a: 'x' });
  expect(metric.labels({ b: 'y' })).toBe(dropped);
  expect(kept).not.toBe(dropped);
  expect(labels()).toEqual([{ a: 'x' }]);
});

test('what every object inherits is not a label value', () => {
  const { metric, problems, labels } = family('constructor', 'toString');
  metric.labels({});
  expect(labels()).toEqual([{ constructor: '', toString: '' }]);
  expect(problems).toHaveLength(1);
});

const same: [name: string, left: Given, right: Given][] = [
  ['a number and its text', { a: 1, b: 'x' }, { a: '1', b: 'x' }],
  ['two lone surrogates', { a: '\ud800', b: 'x' }, { a: '\udfff', b: 'x' }],
  ['a lone surrogate and what it becomes', { a: '\ud800', b: 'x' }, { a: '\ufffd', b: 'x' }],
  ['missing and empty', { a: 'x' }, { a: 'x', b: '' }],
];
test.each(same)('one series: %s', (_name, left, right) => {
  const { metric } = family('a', 'b');
  expect(metric.labels(left)).toBe(metric.labels(right));
});

const distinct: [name: string, left: Given, right: Given][] = [
  ['what a forged separator would join', { a: '1:', b: '' }, { a: '', b: '1:' }],
  ['lengths that look like values', { a: '1', b: '1:1' }, { a: '11:1', b: '' }],
  ['a separator on either side', { a: 'x:', b: 'y' }, { a: 'x', b: ':y' }],
  ['digits', { a: '1', b: '23' }, { a: '12', b: '3' }],
  ['NUL', { a: '\0', b: '' }, { a: '', b: '\0' }],
  ['case', { a: 'x', b: '' }, { a: 'X', b: '' }],
  ['composed and decomposed', { a: '\u00e9', b: '' }, { a: 'e\u0301', b: '' }],
];
test.each(distinct)('two series: %s', (_name, left, right) => {
  const { metric } = family('a', 'b');
  expect(metric.labels(left)).not.toBe(metric.labels(right));
});

/** Few different characters, and those that a key may use itself, so that collisions would be found. */
const values = fc.string({ unit: fc.constantFrom('0', '1', '2', ':', ',', '\0', '\ud83d', '\ude00'), maxLength: 6 });

test('lists of values that differ once encoded are different series', () => {
  const someLists = fc.integer({ min: 1, max: 4 }).chain((length) => {
    const list = fc.array(values, { minLength: length, maxLength: length });
    return fc.array(list, { minLength: 2, maxLength: 12 });
  });
  fc.assert(
    fc.property(someLists, (some) => {
      const names = some[0]!.map((_, index) => `l${index}`);
      const { metric, labels, problems } = family(...names);
      for (const list of some) metric.labels(Object.fromEntries(list.map((value, index) => [names[index]!, value])));
      const encoded = some.map((list) => list.map((value) => Buffer.from(value).toString()));
      expect(new Set(labels().map((found) => JSON.stringify(Object.values(found))))).toEqual(
        new Set(encoded.map((list) => JSON.stringify(list))),
      );
      expect(labels()).toHaveLength(new Set(encoded.map((list) => JSON.stringify(list))).size);
      expect(problems).toEqual([]);
    }),
  );
});

test('a family without label names has one series with the key of no labels', () => {
  const { metric } = family();
  metric.labels({});
  expect(Array.from(metric.children(), ([key]) => key)).toEqual(['']);
});

test('remove forgets one series and says whether there was one', () => {
  const { metric, labels, problems } = family('a', 'b');
  const first = metric.labels({ a: 'x', b: '1' });
  metric.labels({ a: 'y', b: '2' });
  expect(metric.remove({ a: 'x', b: 1 })).toBe(true);
  expect(metric.remove({ a: 'x', b: 1 })).toBe(false);
  expect(labels()).toEqual([{ a: 'y', b: '2' }]);
  expect(metric.labels({ a: 'x', b: '1' })).not.toBe(first);
  expect(problems).toEqual([]);
});

test('remove counts wrong labels and does not throw', () => {
  const { metric, problems } = family('a', 'b');
  expect(metric.remove({ a: 'x', c: 'y' })).toBe(false);
  expect(metric.remove(null as never)).toBe(false);
  expect(problems).toEqual([`labels {a, c} ${declared}: dropped`, `labels {} ${declared}: the missing ones are empty`]);
});

test('clear removes every series, and the family goes on', () => {
  const { metric, labels } = family('a');
  const before = metric.labels({ a: 'x' });
  metric.labels({ a: 'y' });
  metric.clear();
  expect(labels()).toEqual([]);
  expect(metric.labels({ a: 'x' })).not.toBe(before);
  expect(labels()).toEqual([{ a: 'x' }]);
});

test('beyond its limit a family has one more series, and each use of it is told', () => {
  let folded = 0;
  const limits = {
    maxSeries: 2,
    folded: () => {
      folded += 1;
    },
    reject: () => {},
  };
  const counters = new Family(new SeriesKeys(['a', 'b']), () => ({ value: 0 }), limits);
  for (const a of ['1', '2', '3', '4', '1']) counters.labels({ a, b: 'x' }).value += 1;
  expect(Array.from(counters.children(), ([key, { value }]) => [key, value])).toEqual([
    ['a="1",b="x"', 2],
    ['a="2",b="x"', 1],
    ['a="other",b="other"', 2],
  ]);
  expect(folded).toBe(2);
  expect(counters.remove({ a: '1', b: 'x' })).toBe(true);
  counters.labels({ a: '5', b: 'x' });
  expect(folded).toBe(3); // the series of the others has the place
});
