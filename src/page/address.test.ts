import { expect, test } from 'vitest';
import { formatSelection, parseSelection, type Selection } from './address.ts';

const usual: Selection = { side: undefined, method: '', window: 60, filter: '' };

const selections: [hash: string, selection: Selection][] = [
  ['', usual],
  ['method=/shop.v1.Orders/GetOrder', { ...usual, method: '/shop.v1.Orders/GetOrder' }],
  ['window=300&filter=Get+%26+more', { ...usual, window: 300, filter: 'Get & more' }],
  ['side=client', { ...usual, side: 'client' }],
];
test.each(selections)('#%s is written as it is read', (hash, selection) => {
  expect(parseSelection(`#${hash}`)).toEqual(selection);
  expect(formatSelection(selection)).toBe(hash);
});

test.each(['window=7', 'window=x', 'side=both', 'more=1', '%', '&&='])('#%s is as it is at first', (hash) => {
  expect(parseSelection(`#${hash}`)).toEqual(usual);
});
