import { expect, test } from 'vitest';
import type { Exemplar } from '../core/snapshot.ts';
import { isSendable } from './exemplar.ts';

const exemplar = (labels: Record<string, string>, timestamp = 1700000000.5): Exemplar => ({
  labels,
  value: 1,
  timestamp,
});

const cases: [name: string, exemplar: Exemplar | undefined, sendable: boolean][] = [
  ['none', undefined, false],
  ['one', exemplar({ trace_id: 'abc' }), true],
  ['without a value', exemplar({ trace_id: '' }), true],
  ['no labels', exemplar({}), false],
  ['labels that no format can have', exemplar({ 'trace-id': 'abc' }), false],
  ['no time', exemplar({ a: 'b' }, Number.NaN), false],
  ['a time that never comes', exemplar({ a: 'b' }, Infinity), false],
  ['before 1970', exemplar({ a: 'b' }, -1), false],
  ['milliseconds taken for seconds', exemplar({ a: 'b' }, 1.7e12), false],
];
test.each(cases)('isSendable: %s', (_name, given, sendable) => {
  expect(isSendable(given)).toBe(sendable);
});
