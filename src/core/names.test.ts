import { expect, test } from 'vitest';
import { MetricsError } from './errors.ts';
import { checkHelp, checkLabelNames, checkMetricName, occupiedNames } from './names.ts';

const metricPattern = '^[a-zA-Z_:][a-zA-Z0-9_:]*$';
const labelRule = 'must match ^[a-zA-Z_][a-zA-Z0-9_]*$ and not start with __';

const mistakes: [name: string, act: () => void, code: string, message: string][] = [
  ['empty', () => checkMetricName('', 'gauge'), 'invalid_name', `metric name "" must match ${metricPattern}`],
  ['digit', () => checkMetricName('5xx', 'gauge'), 'invalid_name', `metric name "5xx" must match ${metricPattern}`],
  ['dash', () => checkMetricName('a-b', 'gauge'), 'invalid_name', `metric name "a-b" must match ${metricPattern}`],
  [
    'umlaut',
    () => checkMetricName('größe', 'gauge'),
    'invalid_name',
    `metric name "größe" must match ${metricPattern}`,
  ],
  ['line end', () => checkMetricName('a\n', 'gauge'), 'invalid_name', `metric name "a\\n" must match ${metricPattern}`],
  [
    'no name',
    () => checkMetricName(undefined as never, 'gauge'),
    'invalid_name',
    `metric name undefined must match ${metricPattern}`,
  ],
  [
    'a number as name',
    () => checkMetricName(5 as never, 'gauge'),
    'invalid_name',
    `metric name 5 must match ${metricPattern}`,
  ],
  [
    'counter without _total',
    () => checkMetricName('jobs', 'counter'),
    'invalid_name',
    'counter "jobs" must end in _total: name it "jobs_total"',
  ],
  [
    'counter that is nothing but _total',
    () => checkMetricName('_total', 'counter'),
    'invalid_name',
    'counter "_total" needs a name before _total',
  ],
  [
    'gauge with _total',
    () => checkMetricName('jobs_total', 'gauge'),
    'invalid_name',
    'gauge "jobs_total" must not end in _total: that is a counter\'s suffix',
  ],
  [
    'histogram with _total',
    () => checkMetricName('jobs_total', 'histogram'),
    'invalid_name',
    'histogram "jobs_total" must not end in _total: that is a counter\'s suffix',
  ],
  ...(['', ' ', '\n', undefined, 5] as string[]).map((help): (typeof mistakes)[number] => [
    `help ${JSON.stringify(help)}`,
    () => checkHelp('jobs', help),
    'invalid_option',
    'metric "jobs" needs a help text: say in one line what it measures',
  ]),
  [
    'labelNames as text',
    () => checkLabelNames('jobs', 'gauge', 'kind' as never),
    'invalid_label',
    'labelNames of "jobs" must be an array, not "kind"',
  ],
  ...(['', '1st', 'a-b', 'a:b', '__name__', '__proto__', 'grün', 'a\n'] as const).map(
    (label): (typeof mistakes)[number] => [
      `label name ${JSON.stringify(label)}`,
      () => checkLabelNames('jobs', 'gauge', ['ok', label]),
      'invalid_label',
      `label name ${JSON.stringify(label)} of "jobs" ${labelRule}`,
    ],
  ),
  [
    'a number as label name',
    () => checkLabelNames('jobs', 'gauge', [5 as never]),
    'invalid_label',
    `label name 5 of "jobs" ${labelRule}`,
  ],
  [
    "the histogram's own label",
    () => checkLabelNames('jobs', 'histogram', ['le']),
    'invalid_label',
    'label name "le" of "jobs" is the histogram\'s own: rename it',
  ],
  [
    'a label name twice',
    () => checkLabelNames('jobs', 'gauge', ['a', 'b', 'a']),
    'invalid_label',
    'label name "a" of "jobs" is given twice',
  ],
];
test.each(mistakes)('a mistake has its code and says what would be right: %s', (_name, act, code, message) => {
  const thrown = capture(act);
  expect(thrown).toBeInstanceOf(MetricsError);
  expect(thrown).toMatchObject({ name: 'MetricsError', code, message });
});

const accepted: [name: string, act: () => void][] = [
  ['counter', () => checkMetricName('jobs_total', 'counter')],
  ['gauge', () => checkMetricName('_Jobs:per_second9', 'gauge')],
  ['a lone colon', () => checkMetricName(':', 'gauge')],
  ['_total within', () => checkMetricName('jobs_total_seconds', 'histogram')],
  ['help', () => checkHelp('jobs', ' Größe \n "of" \\ jobs ')],
  ['no labels', () => checkLabelNames('jobs', 'gauge', [])],
  ['labels', () => checkLabelNames('jobs', 'histogram', ['_a', 'Z9', 'quantile', 'constructor'])],
  ['le of a gauge', () => checkLabelNames('jobs', 'gauge', ['le'])],
];
test.each(accepted)('accepted: %s', (_name, act) => {
  expect(act).not.toThrow();
});

test('a metric occupies the names that it has in any format', () => {
  expect(occupiedNames('a', 'histogram')).toEqual(['a', 'a_sum', 'a_count', 'a_bucket', 'a_created']);
  expect(occupiedNames('a', 'gauge')).toEqual(['a']);
  expect(occupiedNames('a_total', 'counter')).toEqual(['a_total', 'a', 'a_created']);
  expect(occupiedNames('a', 'counter')).toEqual(['a']);
  expect(occupiedNames('a_total', 'gauge')).toEqual(['a_total']);
  expect(occupiedNames('a', 'summary')).toEqual(['a', 'a_sum', 'a_count', 'a_created']);
});

function capture(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}
