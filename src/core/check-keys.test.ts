import { expect, test } from 'vitest';
import { checkKeys, didYouMean } from './check-keys.ts';

const known = ['name', 'help', 'labelNames', 'maxSeries', 'timeoutSeconds'];
const instead = { collect: 'use read, a function that returns the value', toString: 'text' };

const accepted: [name: string, given: object][] = [
  ['no key', {}],
  ['some known keys', { name: 'x', help: 'y' }],
  ['a known key that is undefined', { maxSeries: undefined }],
  ['an inherited key', Object.create({ color: 'red' })],
];
test.each(accepted)('accepts %s', (_name, given) => {
  expect(() => checkKeys('here', given, known, instead)).not.toThrow();
});

const listed = 'known are name, help, labelNames, maxSeries, timeoutSeconds';
const rejected: [name: string, given: object, message: string][] = [
  ['a misspelt key', { name: 'x', hepl: 'y' }, 'here: unknown option "hepl", did you mean "help"?'],
  ['a key in another case', { maxseries: 1 }, 'here: unknown option "maxseries", did you mean "maxSeries"?'],
  ['the beginning of a key', { timeout: 1 }, 'here: unknown option "timeout", did you mean "timeoutSeconds"?'],
  ['a key like none', { color: 'red' }, `here: unknown option "color", ${listed}`],
  ['an unknown key that is undefined', { color: undefined }, `here: unknown option "color", ${listed}`],
  ['a replaced key', { collect() {} }, 'here: unknown option "collect", use read, a function that returns the value'],
  ['a key that every object inherits', { valueOf: 1 }, `here: unknown option "valueOf", ${listed}`],
  ['a key with a line end', { 'a\nb': 1 }, `here: unknown option "a\\nb", ${listed}`],
];
test.each(rejected)('rejects %s', (_name, given, message) => {
  const check = () => checkKeys('here', given, known, instead);
  expect(check).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});

const meant: [given: string, names: string[], expected: string | undefined][] = [
  ['hlep', ['host', 'help'], 'help'],
  ['labels', ['labelNames'], 'labelNames'],
  ['nmae', ['name', 'help'], 'name'],
  ['bucket', ['buckets', 'bounds'], 'buckets'],
  ['host', ['port'], undefined],
  ['x', ['y'], undefined],
  ['', ['name'], undefined],
  ['lab', ['labelNames'], undefined],
  ['abcd', ['abce', 'abcf'], 'abce'],
  ['prot', [], undefined],
];
test.each(meant)('"%s" among %j means %s', (given, names, expected) => {
  expect(didYouMean(given, names)).toBe(expected);
});
