import { expect, test } from 'vitest';
import { stepsOf } from './steps.ts';

const every = (seconds: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / seconds) + 1 }, (_, index) => from + index * seconds);
const noGaps = (times: readonly number[]) => times.map(() => false);

const pasts: [name: string, times: number[], seconds: number, shown: number[]][] = [
  ['a page that is open', every(1, 100, 113), 5, [104, 109, 113]],
  ['a page that was just opened', [...every(5, 100, 190), ...every(1, 191, 193)], 5, [...every(5, 100, 185), 193]],
  ['a large service that nobody looked at', every(12, 0, 120), 10, every(12, 0, 120)],
  ['an event loop that was blocked for 8 s', [...every(1, 0, 99), 107, 108, 109], 5, [...every(5, 4, 99), 109]],
  ['a single moment', [100], 5, [100]],
];
test.each(pasts)('%s', (_name, times, seconds, shown) => {
  const steps = stepsOf({ times, gaps: noGaps(times) }, times.length - 1, 600);
  expect(steps.seconds).toBe(seconds);
  expect(steps.places.map((place) => times[place])).toEqual(shown);
});

test('a gap has a point of its own, and so has the moment before it', () => {
  const times = [100, 101, 102, 102.001, 200, 201];
  const gaps = [false, false, false, true, false, false];
  expect(stepsOf({ times, gaps }, 5, 600).places).toEqual([2, 3, 5]);
});

test('what is before the span is left out', () => {
  const times = every(5, 0, 1000);
  const { places } = stepsOf({ times, gaps: noGaps(times) }, times.length - 1, 600);
  expect(times[places[0]!]).toBe(400);
});

test('points stay where they are when time goes on', () => {
  const times = every(1, 0, 60);
  const gaps = noGaps(times);
  const early = stepsOf({ times, gaps }, 40, 600).places;
  const late = stepsOf({ times, gaps }, 60, 600).places;
  expect(late.slice(0, early.length - 1)).toEqual(early.slice(0, -1));
});
