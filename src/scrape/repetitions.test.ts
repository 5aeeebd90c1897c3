import { expect, test } from 'vitest';
import { createOpenMetrics } from '../encode/openmetrics.ts';
import { protobuf } from '../encode/protobuf.ts';
import { text } from '../encode/text.ts';
import type { Format } from './format.ts';
import { Repetitions } from './repetitions.ts';

const whole: Format = { encoding: text, coding: 'identity', names: [], naming: [], by: [] };

test('the next scrape of a format gets what the last one has given back, and a second one at the same time its own', () => {
  const repetitions = new Repetitions();
  const first = repetitions.take(whole)!;
  const second = repetitions.take(whole)!;
  expect(second).not.toBe(first);
  repetitions.giveBack(whole, second);
  repetitions.giveBack(whole, first);
  expect(repetitions.take({ ...whole, coding: 'gzip' })).toBe(first);
  expect(repetitions.take(whole)).not.toBe(second);
});

const others: [name: string, format: Format][] = [
  ['another format', { ...whole, encoding: createOpenMetrics() }],
  ['another vocabulary', { ...whole, naming: ['otel'] }],
];
test.each(others)('%s has its own, and of a third the oldest is forgotten', (_, other) => {
  const repetitions = new Repetitions();
  const third: Format = { ...whole, naming: ['go'] };
  const [some, own, last] = [whole, other, third].map((format) => repetitions.take(format)!);
  repetitions.giveBack(whole, some!);
  repetitions.giveBack(other, own!);
  repetitions.giveBack(third, last!);
  expect(repetitions.take(third)).toBe(last);
  expect(repetitions.take(other)).toBe(own);
  expect(repetitions.take(whole)).not.toBe(some);
});

const without: [name: string, format: Format][] = [
  ['some families', { ...whole, names: ['up'] }],
  ['each process', { ...whole, by: ['process'] }],
  ['protobuf', { ...whole, encoding: protobuf }],
];
test.each(without)('a scrape of %s is written without', (_, format) => {
  expect(new Repetitions().take(format)).toBeUndefined();
});
