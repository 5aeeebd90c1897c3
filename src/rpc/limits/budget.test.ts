import { expect, test } from 'vitest';
import { SeriesBudget } from './budget.ts';

function takenBy(take: () => boolean): number {
  let taken = 0;
  while (taken < 10_000 && take()) taken += 1;
  return taken;
}

const budgets: [max: number | undefined, labels: number, methods: number][] = [
  [8, 6, 2],
  [1, 0, 1],
  [undefined, 1500, 500],
  [Infinity, 10_000, 10_000],
];
test.each(budgets)('of %s series labels take %d, and %d are left for methods', (max, labels, methods) => {
  const budget = new SeriesBudget(max);
  expect(takenBy(() => budget.takeLabels())).toBe(labels);
  expect(takenBy(() => budget.takeMethod(1))).toBe(methods);
});

test('methods may have them all, and one that needs two has both or none', () => {
  const budget = new SeriesBudget(7);
  expect(takenBy(() => budget.takeMethod(2))).toBe(3);
  expect(budget.takeLabels()).toBe(false);
  expect(budget.takeMethod(1)).toBe(true);
});

test.each([0, -1, 1.5, NaN, -Infinity, '5', null])('%s is no number of series', (max) => {
  const message = `maxCallSeries must be an integer of at least 1, not ${typeof max === 'string' ? JSON.stringify(max) : max}`;
  expect(() => new SeriesBudget(max as number)).toThrow(expect.objectContaining({ code: 'invalid_option', message }));
});
