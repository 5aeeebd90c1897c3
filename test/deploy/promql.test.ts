import { expect, test } from 'vitest';
import { comparedVector, metricNames, syntaxErrors } from '../support/deploy/promql.ts';

const compared: [name: string, expr: string, vectors: string[]][] = [
  ['one comparison', 'rate(a{b="c"}[5m]) > 0.05', ['rate(a{b="c"}[5m])']],
  ['equal', 'up == 0', ['up']],
  ['arithmetic on the left', 'a / b > 3 / 300', ['a / b']],
  ['a modifier', 'a > bool 3', ['a']],
  ['joined', 'a > 1 and on (job) b > 2 or c < 3', ['a', 'b', 'c']],
  ['in parentheses', '((a > 1) and (b unless c offset 15m) > 0)', ['a', '(b unless c offset 15m)']],
  ['not compared', 'group by (job) (a) unless group by (job) (b)', ['group by (job) (a)', 'group by (job) (b)']],
  ['a comparison inside an aggregation stays', 'sum(a > 0) > 1', ['sum(a > 0)']],
  ['none', 'a', ['a']],
];
test.each(compared)('comparedVector: %s', (_name, expr, vectors) => {
  expect(comparedVector(expr)).toEqual(vectors);
});

test('metricNames are those of the selectors only', () => {
  const expr = 'sum by (method) (rate(grpc_a{method="grpc_b"}[5m])) / on (method) group_left grpc_c and {job="d"}';
  expect(metricNames(expr)).toEqual(['grpc_a', 'grpc_c']);
});

test('syntaxErrors are found', () => {
  expect(syntaxErrors('sum by (method) (rate(a[5m]))')).toEqual([]);
  expect(syntaxErrors('sum by (method (rate(a[5m]))')).not.toEqual([]);
  expect(syntaxErrors('rate(a[$__rate_interval])')).not.toEqual([]);
});
