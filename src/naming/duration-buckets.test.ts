import { expect, test } from 'vitest';
import { type DurationBuckets, readBuckets } from './duration-buckets.ts';

const common = [1, 2];
const choices: [name: string, given: DurationBuckets | undefined, path: string, bounds: number[]][] = [
  ['nothing', undefined, '/a.B/C', common],
  ['bounds', [5], '/a.B/C', [5]],
  ['bounds with +Inf', [5, Infinity], '/a.B/C', [5]],
  ['nothing by method', {}, '/a.B/C', common],
  ['a default', { default: [5] }, '/a.B/C', [5]],
  ['a default that is undefined', { default: undefined }, '/a.B/C', common],
  ['a service', { 'a.B': [5] }, '/a.B/C', [5]],
  ['another service', { 'a.B': [5] }, '/a.C/C', common],
  ['a method', { 'a.B/C': [5], 'a.B': [6] }, '/a.B/C', [5]],
  ['another method of the service', { 'a.B/D': [5], 'a.B': [6], default: [7] }, '/a.B/C', [6]],
  ['a method with a slash before it', { '/a.B/C': [5] }, '/a.B/C', [5]],
  ['a method that is undefined', { 'a.B/C': undefined, 'a.B': [6] }, '/a.B/C', [6]],
  ['a service that is called like the default', { '/Default': [5] }, '/Default/C', [5]],
];
test.each(choices)('bounds by %s', (_name, given, path, bounds) => {
  expect(readBuckets('x', given, common).of(path)).toEqual(bounds);
});

const mistakes: [name: string, given: unknown, message: string][] = [
  ['a misspelt default', { defualt: [1] }, 'x: unknown option "defualt", did you mean "default"?'],
  ['a name with a space', { 'a B': [1] }, 'x: "a B" must be default, pkg.Service or pkg.Service/Method'],
  ['a bound below 0', { 'a.B': [-1, 1] }, 'bucket -1 of "x of a.B" is below 0, and none of its values is'],
  ['bounds that fall', { 'a.B': [2, 1] }, 'buckets of "x of a.B" must increase strictly, but have 2, 1'],
  ['a number', 5, 'buckets of "x" must be an array of at least one number'],
];
test.each(mistakes)('refused: %s', (_name, given, message) => {
  expect(() => readBuckets('x', given as DurationBuckets, common)).toThrow(message);
});
