import { expect, test } from 'vitest';
import type { MetricType } from '../../core/snapshot.ts';
import { settleNames } from './shared-names.ts';
import type { ForeignHead } from './types.ts';

/** Metrics as `counter jobs_total`, in the order in which they were registered. */
function heads(...texts: string[]): ForeignHead[] {
  return texts.map((text) => {
    const [type, name] = text.split(' ');
    return { type: type as MetricType, name: name! }; // as the rows below write it
  });
}

function settle(given: readonly string[], inOpenMetrics: boolean) {
  const problems: string[] = [];
  const settled = settleNames(heads(...given), inOpenMetrics, (name, problem) => problems.push(`${name}: ${problem}`));
  const kept = settled.map(({ head: { type, name }, isUntyped }) => `${isUntyped ? 'untyped' : type} ${name}`);
  return { kept, problems };
}

const apart: [name: string, metrics: string[]][] = [
  ['nothing in common', ['counter a_total', 'gauge b', 'histogram c', 'summary d']],
  ['names that only begin alike', ['counter a_total', 'gauge ab', 'gauge a_totals', 'histogram a_b']],
  ['a counter without _total', ['counter a', 'gauge a_created']],
  ['parts that a summary has not', ['summary a', 'gauge a_bucket']],
  ['parts that a gauge has not', ['gauge a', 'gauge a_sum', 'gauge a_count', 'gauge a_bucket', 'gauge a_created']],
];
test.each(apart)('kept in every format: %s', (_name, metrics) => {
  for (const inOpenMetrics of [false, true]) {
    expect(settle(metrics, inOpenMetrics)).toEqual({ kept: metrics, problems: [] });
  }
});

const untyped: [name: string, metrics: string[], shared: string, owner: string][] = [
  ['a gauge has its base', ['gauge a', 'counter a_total'], 'a', 'gauge "a"'],
  ['a gauge that came later has its base', ['counter a_total', 'gauge a'], 'a', 'gauge "a"'],
  ['a counter has its base', ['counter a', 'counter a_total'], 'a', 'counter "a"'],
  ['a histogram has its base', ['counter a_total', 'histogram a'], 'a', 'histogram "a"'],
  ['a part of a histogram is its base', ['counter a_sum_total', 'histogram a'], 'a_sum', 'histogram "a"'],
  ['a summary has its base', ['counter a_total', 'summary a'], 'a', 'summary "a"'],
  ['a gauge has its _created', ['counter a_total', 'gauge a_created'], 'a_created', 'gauge "a_created"'],
  ['_created of a histogram is its base', ['histogram a', 'counter a_created_total'], 'a_created', 'histogram "a"'],
];
test.each(untyped)('a counter is of unknown type in OpenMetrics where %s', (_name, metrics, shared, owner) => {
  expect(settle(metrics, false)).toEqual({ kept: metrics, problems: [] });
  const { kept, problems } = settle(metrics, true);
  const name = /counter (\w+_total)/.exec(metrics.join())![1]!;
  expect(kept).toEqual(metrics.map((metric) => (metric.endsWith(name) ? `untyped ${name}` : metric)));
  expect(problems).toEqual([
    `${name}: of unknown type and without exemplars in OpenMetrics, as the name "${shared}" is in use by the ${owner} of the same registry`,
  ]);
});

test('of two counters whose names lean on each other the first keeps its type', () => {
  const metrics = ['counter a_total', 'counter a_total_total', 'counter a_created_total'];
  const { kept, problems } = settle(metrics, true);
  expect(kept).toEqual(['counter a_total', 'untyped a_total_total', 'untyped a_created_total']);
  expect(problems).toHaveLength(2);
});

const everywhere: [name: string, metrics: string[], problem: string][] = [
  [
    'the same name',
    ['counter a_total', 'gauge a_total'],
    'a_total: left out, as the name "a_total" is in use by the counter "a_total"',
  ],
  [
    'two counters of one name',
    ['counter a_total', 'counter a_total'],
    'a_total: left out, as the name "a_total" is in use by the counter "a_total"',
  ],
  [
    'the count of a histogram',
    ['histogram a', 'counter a_count'],
    'a_count: left out, as the name "a_count" is in use by the histogram "a"',
  ],
  [
    'the sum of a summary',
    ['summary a', 'gauge a_sum'],
    'a_sum: left out, as the name "a_sum" is in use by the summary "a"',
  ],
  [
    'the buckets of a histogram',
    ['histogram a', 'gauge a_bucket'],
    'a_bucket: left out, as the name "a_bucket" is in use by the histogram "a"',
  ],
  [
    'a histogram that came later',
    ['gauge a_count', 'histogram a'],
    'a: left out, as the name "a_count" is in use by the gauge "a_count"',
  ],
  [
    'a histogram and a summary',
    ['histogram a', 'summary a_count'],
    'a_count: left out, as the name "a_count" is in use by the histogram "a"',
  ],
];
test.each(everywhere)('the second one is left out of every format: %s', (_name, metrics, problem) => {
  for (const inOpenMetrics of [false, true]) {
    expect(settle([...metrics, 'gauge fine'], inOpenMetrics)).toEqual({
      kept: [metrics[0], 'gauge fine'],
      problems: [`${problem} of the same registry`],
    });
  }
});

test.each(['histogram a', 'summary a'])('_created of a %s is a name of OpenMetrics only', (metric) => {
  const metrics = [metric, 'gauge a_created'];
  expect(settle(metrics, false)).toEqual({ kept: metrics, problems: [] });
  expect(settle(metrics, true)).toEqual({
    kept: [metric],
    problems: [
      `a_created: left out of OpenMetrics, as the name "a_created" is in use by the ${metric.replace(' a', ' "a"')} of the same registry`,
    ],
  });
});
