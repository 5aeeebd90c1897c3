import { expect, test } from 'vitest';
import type { Labels, MetricType } from '../../core/snapshot.ts';
import { translate } from './translate.ts';

interface Read {
  readonly family: { readonly name: string; readonly type: string; readonly help: string; readonly series: object[] };
  readonly problems: string[];
}

function read(type: MetricType, values: unknown, defaults: Labels = {}, over: object = {}): Read {
  const problems: string[] = [];
  const name = type === 'counter' ? 'x_total' : 'x';
  const given = { name, type, help: 'X', values, ...over };
  const { series, ...head } = translate(given, { name, type }, defaults, (problem) => problems.push(problem));
  return { family: { ...head, series: Array.from(series, ({ key: _key, ...one }) => one) }, problems };
}

/** The values of one histogram as prom-client gives them; `undefined` leaves a part out. */
function histogram(buckets: [le: unknown, count: unknown][], sum: unknown, count: unknown, labels: object = {}) {
  const values: object[] = buckets.map(([le, value]) => ({ labels: { le, ...labels }, value, metricName: 'x_bucket' }));
  if (sum !== undefined) values.push({ labels, value: sum, metricName: 'x_sum' });
  if (count !== undefined) values.push({ labels, value: count, metricName: 'x_count' });
  return values;
}

function summary(quantiles: [quantile: unknown, value: unknown][], sum: unknown, count: unknown, labels: object = {}) {
  const values: object[] = quantiles.map(([quantile, value]) => ({ labels: { quantile, ...labels }, value }));
  if (sum !== undefined) values.push({ labels, value: sum, metricName: 'x_sum' });
  if (count !== undefined) values.push({ labels, value: count, metricName: 'x_count' });
  return values;
}

const good: [name: string, type: MetricType, values: unknown, series: object[]][] = [
  ['nothing', 'gauge', undefined, []],
  ['a gauge', 'gauge', [{ value: -1, labels: {} }], [{ labels: {}, value: -1 }]],
  ['a gauge that is not a number', 'gauge', [{ value: NaN, labels: {} }], [{ labels: {}, value: NaN }]],
  ['no labels', 'gauge', [{ value: 1 }], [{ labels: {}, value: 1 }]],
  ['le of a gauge', 'gauge', [{ value: 1, labels: { le: 5 } }], [{ labels: { le: '5' }, value: 1 }]],
  [
    'labels of every kind',
    'gauge',
    [{ value: 1, labels: { a: 'x', b: 5, c: true, d: null, e: undefined, f: NaN, g: 2n ** 64n, constructor: 'y' } }],
    [
      {
        labels: {
          a: 'x',
          b: '5',
          c: 'true',
          d: 'null',
          e: 'undefined',
          f: 'NaN',
          g: '18446744073709551616',
          constructor: 'y',
        },
        value: 1,
      },
    ],
  ],
  [
    'labels that are objects',
    'gauge',
    [{ value: 1, labels: { a: {}, b: ['x', 'y'], c: new URL('http://x/y'), d: new Error('no'), e: () => 1 } }],
    [{ labels: { a: '[object Object]', b: 'x,y', c: 'http://x/y', d: 'Error: no', e: '() => 1' }, value: 1 }],
  ],
  [
    'null and undefined beside no label at all',
    'gauge',
    [
      { value: 1, labels: {} },
      { value: 2, labels: { a: null } },
      { value: 3, labels: { a: undefined } },
    ],
    [
      { labels: {}, value: 1 },
      { labels: { a: 'null' }, value: 2 },
      { labels: { a: 'undefined' }, value: 3 },
    ],
  ],
  [
    'values that only look alike',
    'gauge',
    [
      { value: 1, labels: { a: 'x,b:y', b: 'z' } },
      { value: 2, labels: { a: 'x', b: 'y,b:z' } },
      { value: 3, labels: { a: 'x;b:1:z', b: '' } },
    ],
    [
      { labels: { a: 'x,b:y', b: 'z' }, value: 1 },
      { labels: { a: 'x', b: 'y,b:z' }, value: 2 },
      { labels: { a: 'x;b:1:z', b: '' }, value: 3 },
    ],
  ],
  [
    "a counter's exemplar",
    'counter',
    [{ value: 1, labels: {}, exemplar: { labelSet: { trace_id: 'a', n: 5 }, value: 2, timestamp: 3 } }],
    [{ labels: {}, value: 1, exemplar: { labels: { trace_id: 'a', n: '5' }, value: 2, timestamp: 3 } }],
  ],
  [
    'exemplars that are none',
    'counter',
    [
      null,
      {},
      { labelSet: {}, value: 'x', timestamp: 1 },
      { labelSet: { a: Symbol('x') }, value: 1, timestamp: 1 },
    ].map((exemplar, index) => ({ value: 1, labels: { a: index }, exemplar })),
    [0, 1, 2, 3].map((index) => ({ labels: { a: `${index}` }, value: 1 })),
  ],
  [
    'a histogram',
    'histogram',
    histogram(
      [
        [0.5, 1],
        [2, 1],
        ['+Inf', 4],
      ],
      9,
      4,
      { a: 'b' },
    ),
    [{ labels: { a: 'b' }, bounds: [0.5, 2], buckets: [1, 0, 3], sum: 9 }],
  ],
  [
    'a histogram whose buckets are in no order',
    'histogram',
    histogram(
      [
        ['+Inf', 4],
        [2, 1],
        ['0.5', 1],
      ],
      9,
      4,
    ),
    [{ labels: {}, bounds: [0.5, 2], buckets: [1, 0, 3], sum: 9 }],
  ],
  ...(['Infinity', Infinity, 'inf', '+Inf'] as const).map((bound): [string, MetricType, unknown, object[]] => [
    `a histogram with the bound ${String(bound)} of the user's`,
    'histogram',
    histogram(
      [
        [1, 3],
        [bound, 4],
        ['+Inf', 4],
      ],
      9,
      4,
    ),
    [{ labels: {}, bounds: [1], buckets: [3, 1], sum: 9 }],
  ]),
  [
    'a histogram with infinite bounds only',
    'histogram',
    histogram(
      [
        [-Infinity, 1],
        [Infinity, 4],
        ['+Inf', 4],
      ],
      -Infinity,
      4,
    ),
    [{ labels: {}, bounds: [-Infinity], buckets: [1, 3], sum: -Infinity }],
  ],
  [
    'a histogram with bounds below 0',
    'histogram',
    histogram(
      [
        [0, 3],
        [-10, 1],
        ['+Inf', 4],
      ],
      -9,
      4,
    ),
    [{ labels: {}, bounds: [-10, 0], buckets: [1, 2, 1], sum: -9 }],
  ],
  [
    'a histogram without a bucket of +Inf',
    'histogram',
    histogram([[1, 3]], 9, 4),
    [{ labels: {}, bounds: [1], buckets: [3, 1], sum: 9 }],
  ],
  [
    'a histogram without a count',
    'histogram',
    histogram(
      [
        [1, 3],
        ['+Inf', 4],
      ],
      9,
      undefined,
    ),
    [{ labels: {}, bounds: [1], buckets: [3, 1], sum: 9 }],
  ],
  ['a histogram without buckets', 'histogram', histogram([], 9, 4), [{ labels: {}, bounds: [], buckets: [4], sum: 9 }]],
  [
    'a summary',
    'summary',
    summary(
      [
        [0.5, 3],
        ['1', NaN],
      ],
      9,
      4,
      { a: 5 },
    ),
    [
      {
        labels: { a: '5' },
        quantiles: [
          [0.5, 3],
          [1, NaN],
        ],
        sum: 9,
        count: 4,
      },
    ],
  ],
  ['a summary without quantiles', 'summary', summary([], 0, 0), [{ labels: {}, quantiles: [], sum: 0, count: 0 }]],
];
test.each(good)('read: %s', (_name, type, values, series) => {
  const { family, problems } = read(type, values);
  expect(family).toEqual({ name: type === 'counter' ? 'x_total' : 'x', type, help: 'X', series });
  expect(problems).toEqual([]);
});

const whole = '{} is left out: ';
const lies: [name: string, type: MetricType, values: unknown[], problem: string][] = [
  ['no value', 'gauge', [null], 'null is no value'],
  ['text', 'gauge', [{ value: '5', labels: {} }], `the series ${whole}its value is 5, of type string`],
  ['nothing', 'gauge', [{ labels: {} }], `the series ${whole}its value is undefined, of type undefined`],
  ['a BigInt', 'gauge', [{ value: 5n, labels: {} }], `the series ${whole}its value is 5, of type bigint`],
  ['a counter below 0', 'counter', [{ value: -1, labels: {} }], `the series ${whole}a counter cannot be -1`],
  ['a counter that is NaN', 'counter', [{ value: NaN, labels: {} }], `the series ${whole}a counter cannot be NaN`],
  ['labels that are text', 'gauge', [{ value: 1, labels: 'a' }], 'a is no object of labels'],
  ['labels that are null', 'gauge', [{ value: 1, labels: null }], 'null is no object of labels'],
  ['a bad label name', 'gauge', [{ value: 1, labels: { 'a-b': 1 } }], '"a-b" is not a label name'],
  ["Prometheus's own label", 'gauge', [{ value: 1, labels: { __name__: 'y' } }], '"__name__" is not a label name'],
  [
    'a symbol for a label',
    'gauge',
    [{ value: 1, labels: { a: Symbol('x') } }],
    'the value of its label a is Symbol(x), which cannot be converted to a string',
  ],
  [
    'an object that is no text for a label',
    'gauge',
    [{ value: 1, labels: { a: Object.create(null) as object } }],
    'the value of its label a is [object Object], which cannot be converted to a string',
  ],
  ["another's sample", 'gauge', [{ value: 1, labels: {}, metricName: 'y' }], 'it has a sample named y'],
  [
    'a sample too many',
    'gauge',
    [{ value: 1, labels: {}, metricName: 'x_sum' }],
    `the series ${whole}it has a sample of _sum`,
  ],
  ['no sum', 'histogram', histogram([[1, 1]], undefined, 1), `the series ${whole}it has no sum`],
  ['no count at all', 'histogram', histogram([[1, 1]], 1, undefined), `the series ${whole}it has no count`],
  ['a count that is NaN', 'histogram', histogram([[1, 1]], 1, NaN), `the series ${whole}it has a count of NaN`],
  ['half a count', 'histogram', histogram([[1, 0.5]], 1, 1), `the series ${whole}it has a count of 0.5`],
  ['a count below 0', 'histogram', histogram([[1, -1]], 1, 1), `the series ${whole}it has a count of -1`],
  ['a bound that is none', 'histogram', histogram([['x', 1]], 1, 1), `the series ${whole}it has a bound "x"`],
  [
    'a bucket without bound',
    'histogram',
    histogram([[undefined, 1]], 1, 1),
    `the series ${whole}it has a bound undefined`,
  ],
  ['an empty bound', 'histogram', histogram([['', 1]], 1, 1), `the series ${whole}it has a bound ""`],
  [
    'the same bound twice',
    'histogram',
    histogram(
      [
        [1, 1],
        ['1.0', 1],
      ],
      1,
      1,
    ),
    `the series ${whole}it has two buckets of 1`,
  ],
  [
    'two buckets of +Inf that differ',
    'histogram',
    histogram(
      [
        [Infinity, 1],
        ['+Inf', 2],
      ],
      1,
      2,
    ),
    `the series ${whole}it has two buckets of Infinity`,
  ],
  ['a bound of NaN', 'histogram', histogram([[NaN, 1]], 1, 1), `the series ${whole}it has a bound NaN`],
  [
    'buckets that fall',
    'histogram',
    histogram(
      [
        [1, 2],
        [2, 1],
      ],
      1,
      2,
    ),
    `the series ${whole}its bucket of 2 counts less than the one before`,
  ],
  [
    'a count below the buckets',
    'histogram',
    histogram([[1, 2]], 1, 1),
    `the series ${whole}its bucket of Infinity counts less than the one before`,
  ],
  ['two counts', 'histogram', histogram([['+Inf', 2]], 1, 1), `the series ${whole}its count is 1, its last bucket 2`],
  ['a sum that is text', 'histogram', histogram([[1, 1]], '1', 1), `the series ${whole}its sum is 1, of type string`],
  [
    'a sample of no part',
    'histogram',
    [...histogram([[1, 1]], 1, 1), { value: 1 }],
    `the series ${whole}it has a sample of no part`,
  ],
  ['a summary without sum', 'summary', summary([[0.5, 1]], undefined, 1), `the series ${whole}it has no sum`],
  ['a summary without count', 'summary', summary([[0.5, 1]], 1, undefined), `the series ${whole}it has no count`],
  [
    "a summary's bucket",
    'summary',
    [...summary([], 1, 1), { value: 1, metricName: 'x_bucket' }],
    `the series ${whole}it has a sample of _bucket`,
  ],
];
test.each(lies)('a lie costs its series and no other: %s', (_name, type, values, problem) => {
  const truth = { truth: 'yes' };
  const others = {
    counter: [{ value: 1, labels: truth }],
    gauge: [{ value: 1, labels: truth }],
    histogram: histogram([[1, 1]], 1, 1, truth),
    summary: summary([], 1, 1, truth),
  };
  const { family, problems } = read(type, [...values, ...others[type]]);
  expect(problems).toEqual([problem]);
  expect(family.series).toEqual([expect.objectContaining({ labels: truth })]);
});

const quantiles: [name: string, quantile: unknown, value: number, problem: string | undefined][] = [
  ['above 1', 99, 7, '99 is not from 0 to 1'],
  ['just above 1', 1.0000001, 7, '1.0000001 is not from 0 to 1'],
  ['below 0', -0.5, 7, '-0.5 is not from 0 to 1'],
  ['NaN', NaN, 7, 'NaN is not from 0 to 1'],
  ['no number', 'p50', 7, '"p50" is not from 0 to 1'],
  ['missing', undefined, 7, 'undefined is not from 0 to 1'],
  ['there twice', '.5', 7, '0.5 is there twice'],
  ['there twice with the same value', '.5', 3, undefined],
];
test.each(quantiles)('a quantile that makes no sense costs itself: %s', (_name, quantile, value, problem) => {
  const { family, problems } = read(
    'summary',
    summary(
      [
        [0.5, 3],
        [quantile, value],
        [1, NaN],
        [1, NaN],
      ],
      9,
      4,
    ),
  );
  expect(family.series).toEqual([
    {
      labels: {},
      quantiles: [
        [0.5, 3],
        [1, NaN],
      ],
      sum: 9,
      count: 4,
    },
  ]);
  expect(problems).toEqual(problem === undefined ? [] : [`of the series {} a quantile is left out: ${problem}`]);
});

test('of several series with the same labels the first is told', () => {
  const { family, problems } = read('gauge', [
    { value: 1, labels: { a: 'x', b: 'y' } },
    { value: 2, labels: { b: 'y', a: 'x' } },
  ]);
  expect(family.series).toEqual([{ labels: { a: 'x', b: 'y' }, value: 1 }]);
  expect(problems).toEqual(['the series {"a":"x","b":"y"} is there more than once']);
});

const nonsense: [name: string, given: unknown, says: string][] = [
  ['nothing', undefined, 'it gave undefined'],
  ['text', '# TYPE x gauge', 'it gave # TYPE x gauge'],
  ['another type', { name: 'x', type: 'counter', values: [] }, 'it is a gauge and gave the type counter'],
  ['another name', { name: 'y', type: 'gauge', values: [] }, 'it gave the name y'],
  ['no name', { type: 'gauge', values: [] }, 'it gave the name undefined'],
  ['values that are no list', { name: 'x', type: 'gauge', values: {} }, 'it gave [object Object] for values'],
];
test.each(nonsense)('nonsense costs its family: %s', (_name, given, says) => {
  expect(() => translate(given, { name: 'x', type: 'gauge' }, {}, () => {})).toThrow(says);
});

test('of two exemplars of +Inf the later one stays', () => {
  const exemplar = (trace: string, timestamp: number) => ({ labelSet: { trace }, value: 5, timestamp });
  const [infinite, own, ...totals] = histogram(
    [
      [Infinity, 1],
      ['+Inf', 1],
    ],
    5,
    1,
  );
  const given = [{ ...infinite, exemplar: exemplar('a', 2) }, { ...own, exemplar: exemplar('b', 1) }, ...totals];
  expect(read('histogram', given).family.series).toMatchObject([{ exemplars: [{ labels: { trace: 'a' } }] }]);
});

test("the registry's labels are for series that have none of these names", () => {
  const values = [
    { value: 1, labels: {} },
    { value: 2, labels: { zone: 'b' } },
    { value: 3, labels: { zone: '' } },
    { value: 4, labels: { zone: null, shard: 6 } },
    { value: 5, labels: { zone: undefined, shard: 7 } },
  ];
  expect(read('gauge', values, { zone: 'a', shard: 5 as never }).family.series).toEqual([
    { labels: { zone: 'a', shard: '5' }, value: 1 },
    { labels: { zone: 'b', shard: '5' }, value: 2 },
    { labels: { zone: '', shard: '5' }, value: 3 },
    { labels: { zone: 'a', shard: '6' }, value: 4 },
    { labels: { zone: 'a', shard: '7' }, value: 5 },
  ]);
});

test('a counter that an OpenMetrics scrape of theirs has renamed keeps the name it was declared with', () => {
  const { family } = read('counter', [{ value: 1, labels: {} }], {}, { name: 'x' });
  expect(family).toMatchObject({ name: 'x_total', series: [{ value: 1 }] });
});

test('the order of labels makes no difference', () => {
  const values = [
    { value: 1, labels: { a: 'x', b: 'y', le: 1 }, metricName: 'x_bucket' },
    { value: 1, labels: { b: 'y', a: 'x' }, metricName: 'x_count' },
    { value: 5, labels: { a: 'x', b: 'y' }, metricName: 'x_sum' },
  ];
  expect(read('histogram', values)).toEqual({
    family: {
      name: 'x',
      type: 'histogram',
      help: 'X',
      series: [{ labels: { a: 'x', b: 'y' }, bounds: [1], buckets: [1, 0], sum: 5 }],
    },
    problems: [],
  });
});

test("a default label never takes the place of a histogram's own", () => {
  const { family, problems } = read('histogram', histogram([[1, 1]], 5, 1), { le: '7', zone: 'a' });
  expect(family.series).toEqual([{ labels: { zone: 'a' }, bounds: [1], buckets: [1, 0], sum: 5 }]);
  expect(problems).toEqual([]);
});

test('what is read is a copy', () => {
  const labels = { a: 'b' };
  const value = { value: 1, labels };
  const { family } = read('gauge', [value]);
  value.value = 2;
  labels.a = 'c';
  expect(family.series).toEqual([{ labels: { a: 'b' }, value: 1 }]);
  expect(read('gauge', [{ value: 1, labels: Object.freeze({ le: 'x' }) }]).problems).toEqual([]);
});

test('help that is no text is empty', () => {
  expect(read('gauge', [], {}, { help: 5 }).family.help).toBe('');
});
