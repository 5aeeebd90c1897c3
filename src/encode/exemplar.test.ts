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
  ['128 characters with the name', exemplar({ a: 'x'.repeat(127) }), true],
  ['129 characters', exemplar({ a: 'x'.repeat(128) }), false],
  ['129 characters in all', exemplar({ a: 'x'.repeat(63), b: 'x'.repeat(64) }), false],
  ['128 characters of two halves each', exemplar({ a: '😀'.repeat(127) }), true],
  ['129 characters of two halves each', exemplar({ a: '😀'.repeat(128) }), false],
  ['a name that no format can have', exemplar({ 'trace-id': 'abc' }), false],
  ['a second name that no format can have', exemplar({ a: 'abc', '': 'd' }), false],
  ['no time', exemplar({ a: 'b' }, Number.NaN), false],
  ['a time that never comes', exemplar({ a: 'b' }, Infinity), false],
  ['before 1970', exemplar({ a: 'b' }, -1), false],
  ['milliseconds taken for seconds', exemplar({ a: 'b' }, 1.7e12), false],
];
test.each(cases)('isSendable: %s', (_name, given, sendable) => {
  expect(isSendable(given)).toBe(sendable);
});
