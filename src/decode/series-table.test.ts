import { expect, test } from 'vitest';
import type { LabelPairs } from './labels.ts';
import { SeriesTable } from './series-table.ts';

test('each series has its number, whatever the order of its labels is', () => {
  const table = new SeriesTable();
  const labels = (index: number): LabelPairs => [
    ['a', `${index}`],
    ['b', `${index % 7}`],
  ];
  for (let index = 0; index < 50_000; index += 1) expect(table.add('x', labels(index), index)).toBe(undefined);
  expect(table.size).toBe(50_000);
  for (let index = 0; index < 50_000; index += 1) expect(table.get('x', labels(index).toReversed())).toBe(index);
  expect(table.get('x', labels(50_000))).toBe(undefined);
  expect(table.get('y', labels(1))).toBe(undefined);
});

test('a number is kept, or replaced', () => {
  const table = new SeriesTable();
  expect([table.add('x', [], 1), table.add('x', [], 2), table.set('x', [], 3), table.get('x', [])]).toEqual([
    undefined,
    1,
    1,
    3,
  ]);
  expect(table.size).toBe(1);
});

const pairs: [name: string, one: LabelPairs, other: LabelPairs, areEqual: boolean][] = [
  ['the same', [['a', '1']], [['a', '1']], true],
  [
    'an empty label',
    [
      ['a', '1'],
      ['b', ''],
    ],
    [['a', '1']],
    true,
  ],
  [
    'values that are swapped',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    [
      ['a', '2'],
      ['b', '1'],
    ],
    false,
  ],
  ['names that are swapped', [['a', 'b']], [['b', 'a']], false],
  ['a value that is longer', [['a', '1']], [['a', '11']], false],
  ['parts that are put together', [['ab', 'c']], [['a', 'bc']], false],
  ['a label without a value in the other', [['a', '1']], [], false],
];
test.each(pairs)('series are compared: %s', (_name, one, other, areEqual) => {
  const table = new SeriesTable();
  table.add('x', one, 7);
  expect(table.get('x', other)).toBe(areEqual ? 7 : undefined);
});

test('a label can be left out', () => {
  const table = new SeriesTable();
  table.add(
    'x',
    [
      ['a', '1'],
      ['le', '5'],
    ],
    7,
    'le',
  );
  expect(
    table.get(
      'x',
      [
        ['a', '1'],
        ['le', '6'],
      ],
      'le',
    ),
  ).toBe(7);
  expect(table.get('x', [['a', '1']])).toBe(7);
});
