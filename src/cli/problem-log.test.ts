import { expect, test } from 'vitest';
import type { Problem } from '../decode/problem.ts';
import { ProblemLog } from './problem-log.ts';

const problem = (rule: string, subject: string, severity: Problem['severity'] = 'error'): Problem => ({
  severity,
  rule,
  subject,
  problem: 'p',
  remedy: 'r',
});
const counts = (log: ProblemLog) =>
  log.kinds.map(({ count, examples }) => [examples[0]!.subject, count, examples.length]);

test('problems of one rule and family are one kind, of which the first hundred are kept', () => {
  const log = new ProblemLog();
  for (let index = 0; index < 500; index += 1) {
    log.add(problem('nan', `x{a="${index}"}`));
    log.add(problem('nan', `line ${index}`));
  }
  log.add(problem('nan', 'y'));
  log.add(problem('nan', 'x', 'warning'));
  expect(counts(log)).toEqual([
    ['x{a="0"}', 500, 100],
    ['line 0', 500, 100],
    ['y', 1, 1],
    ['x', 1, 1],
  ]);
});

test('very many kinds are one', () => {
  const log = new ProblemLog();
  for (let index = 0; index < 20_000; index += 1) log.add(problem('no_help', `family_${index}_x`));
  expect(log.kinds.length).toBeLessThan(5010);
  expect(log.kinds.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
});

test('very long subjects are not all kept, but the first of each kind', () => {
  const log = new ProblemLog();
  for (let index = 0; index < 50; index += 1) log.add(problem('nan', `x{a="${'y'.repeat(1e6)}"}`));
  log.add(problem('nan', `y{a="${'y'.repeat(1e6)}"}`));
  const [first, second] = log.kinds;
  expect([first!.count, second!.examples.length]).toEqual([50, 1]);
  expect(first!.examples.length).toBeLessThan(20);
});
