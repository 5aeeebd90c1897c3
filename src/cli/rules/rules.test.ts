import { expect, test } from 'vitest';
import { textFormat } from '../../decode/dialect.ts';
import type { Problem } from '../../decode/problem.ts';
import { examine } from '../examination.ts';
import { Inspection } from '../inspection.ts';
import type { Scraped } from '../scrape.ts';
import { buckets } from './buckets.ts';
import { cardinality } from './cardinality.ts';
import { histograms } from './histograms.ts';
import type { CreateRule } from './rule.ts';
import { timestamps } from './timestamps.ts';
import { values } from './values.ts';
import { zeroSeries } from './zero-series.ts';

const limits = { maxSeries: 10, maxLabelValues: 5, now: 1.7e9 };

/** What a rule reports of a text. */
async function run(rule: CreateRule, text: string, dialect = textFormat): Promise<Problem[]> {
  const { logs } = await examine(Buffer.from(`${text}\n`), dialect, limits, { rules: [rule] });
  return logs[1]!.kinds.flatMap(({ examples }) => examples);
}
const found = async (rule: CreateRule, text: string) =>
  (await run(rule, text)).map(
    ({ severity, rule: name, subject, problem }) => `${severity} ${name} ${subject}: ${problem}`,
  );

/** A histogram's lines: cumulative counts by bound. */
function histogram(labels: string, counts: Record<string, number>, sum: number): string {
  const inner = labels === '' ? '' : `${labels},`;
  const lines = Object.entries(counts).map(([le, count]) => `x_seconds_bucket{${inner}le="${le}"} ${count}`);
  return [...lines, `x_seconds_sum{${labels}} ${sum}`, `x_seconds_count{${labels}} ${counts['+Inf']}`].join('\n');
}
const type = '# TYPE x_seconds histogram\n';
const good = type + histogram('m="a"', { 0.1: 50, 1: 90, '+Inf': 92 }, 40);

const many = (count: number, label: (index: number) => string) =>
  Array.from({ length: count }, (_none, index) => `x{${label(index)}} 1`).join('\n');

const rows: [name: string, rule: CreateRule, text: string, problems: readonly string[]][] = [
  ['a good histogram', histograms, good, []],
  [
    'a histogram of one series that is wrong',
    histograms,
    `${good}\nx_seconds_bucket{m="b",le="1"} 1\nx_seconds_count{m="b"} 1`,
    ['error no_inf_bucket x_seconds{m="b"}: no bucket le="+Inf"', 'warning no_sum x_seconds{m="b"}: no _sum'],
  ],
  ['buckets alone', histograms, `${type}x_seconds_bucket{le="1"} 0\nx_seconds_bucket{le="+Inf"} 1`, []],
  [
    'a count without a sum beside a bound below 0, as Python writes it',
    histograms,
    `${type}x_seconds_bucket{le="-1"} 1\nx_seconds_bucket{le="+Inf"} 1\nx_seconds_count 1`,
    [],
  ],
  [
    'a sum beside a bound below 0, as client_golang writes it',
    histograms,
    `${type}x_seconds_bucket{le="-1"} 1\nx_seconds_bucket{le="+Inf"} 1\nx_seconds_sum -2\nx_seconds_count 1`,
    [],
  ],
  [
    'no count',
    histograms,
    `${type}x_seconds_bucket{le="+Inf"} 1\nx_seconds_sum 1`,
    ['warning no_count x_seconds: no _count'],
  ],
  [
    'buckets alone, as OpenMetrics allows',
    histograms,
    `${type}x_seconds_bucket{le="1"} 1\nx_seconds_bucket{le="+Inf"} 1`,
    [],
  ],
  [
    'bounds below 0, which have no sum in OpenMetrics',
    histograms,
    `${type}x_seconds_bucket{le="-1"} 1\nx_seconds_bucket{le="+Inf"} 1\nx_seconds_count 1`,
    [],
  ],
  [
    'lines of several histograms in any order',
    histograms,
    `${type}x_seconds_count{m="b"} 2\n${histogram('m="a"', { '+Inf': 4, 1: 3 }, 1)}\nx_seconds_sum{m="b"} 2\nx_seconds_bucket{le="+Inf",m="b"} 2`,
    [],
  ],
  [
    '+Inf is not the count',
    histograms,
    good.replace('count{m="a"} 92', 'count{m="a"} 93'),
    ['error inf_is_not_count x_seconds{m="a"}: le="+Inf" is 92, the count is 93'],
  ],
  [
    'not cumulative, in any order',
    histograms,
    `${type}${histogram('', { '+Inf': 4, 1: 3, 0.5: 5 }, 1)}`,
    ['error not_cumulative x_seconds: not cumulative: le="0.5" is 5, le="1" is 3'],
  ],
  [
    'NaN everywhere is NaN at least',
    histograms,
    `${type}x_seconds_bucket{le="+Inf"} NaN\nx_seconds_sum 1\nx_seconds_count NaN`,
    [],
  ],
  ['not a histogram', histograms, 'x_seconds_bucket{le="1"} 1', []],

  ['a good counter', values, '# TYPE x_total counter\nx_total 0', []],
  [
    'counters that cannot be',
    values,
    '# TYPE x_total counter\nx_total{a="1"} -1\nx_total{a="2"} NaN',
    [
      'error negative_counter x_total{a="1"}: the count is -1, less than 0',
      'error nan_counter x_total{a="2"}: the count is NaN',
    ],
  ],
  [
    'counts of a summary',
    values,
    '# TYPE x summary\nx{quantile="0.5"} NaN\nx_sum -4\nx_count -1',
    ['error negative_counter x_count: the count is -1, less than 0'],
  ],
  ['a time of now', timestamps, 'x 1 1700000000000', []],
  ['a time of half an hour ago', timestamps, 'x 1 1699998200000', []],
  [
    'a time of hours ago',
    timestamps,
    'x 1 1699990000000',
    ['error timestamp_out_of_bounds x: its time is 2023-11-14T19:26:40.000Z, long ago: Prometheus drops it'],
  ],
  [
    'seconds where milliseconds belong',
    timestamps,
    'x 1 1700000000',
    ['error timestamp_out_of_bounds x: its time is 1970-01-20T16:13:20.000Z, long ago: Prometheus drops it'],
  ],
  [
    'microseconds',
    timestamps,
    'x 1 1700000000000000',
    ['error timestamp_out_of_bounds x: its time is +055840-11-08T22:13:20.000Z, in the future: Prometheus drops it'],
  ],
  [
    'as late as it gets',
    timestamps,
    'x 1 9223372036854775000',
    ['error timestamp_out_of_bounds x: its time is 9223372036854774 s, in the future: Prometheus drops it'],
  ],
  ['gauges may be anything', values, '# TYPE x gauge\nx{a="1"} -1\nx{a="2"} NaN', []],

  ['few series', cardinality, many(5, (i) => `a="${i}"`), []],
  [
    'many values',
    cardinality,
    many(6, (i) => `a="${i}"`),
    ['warning many_label_values x: label a has 6 values, more than 5: "0", "1", "2", ...'],
  ],
  [
    'many series',
    cardinality,
    many(12, (i) => `a="${i % 4}",b="${i % 3}",c="1"`),
    ['warning many_series x: 12 series, more than 10: a has 4 values, b has 3 values, c has 1 values'],
  ],
  [
    'buckets are no series',
    cardinality,
    type + histogram('', Object.fromEntries(Array.from({ length: 20 }, (_n, i) => [i, i])), 1),
    [],
  ],

  ['quantiles are no series', cardinality, `# TYPE x summary\n${many(12, (i) => `quantile="0.${i + 10}"`)}`, []],
  ['buckets that fit', buckets, type + histogram('', { 0.1: 80, 1: 195, '+Inf': 200 }, 40), []],
  ['few observations', buckets, type + histogram('', { 0.1: 0, 1: 0, '+Inf': 99 }, 400), []],
  [
    'too many above',
    buckets,
    type + histogram('', { 0.1: 80, 1: 180, '+Inf': 200 }, 160),
    [
      'warning buckets_do_not_fit x_seconds: 10.0 % of 200 observations are above the last bound 1: quantiles there are made up',
    ],
  ],
  [
    'too many above, over all series',
    buckets,
    `${type + histogram('m="a"', { 0.1: 80, '+Inf': 80 }, 4)}\n${histogram('m="b"', { 0.1: 0, '+Inf': 20 }, 40)}`,
    [
      'warning buckets_do_not_fit x_seconds: 20.0 % of 100 observations are above the last bound 0.1: quantiles there are made up',
    ],
  ],
  [
    'too many in the first',
    buckets,
    type + histogram('', { 0.1: 990, 1: 1000, '+Inf': 1000 }, 10),
    [
      'warning buckets_do_not_fit x_seconds: 99.0 % of 1000 observations are in the first bucket, up to 0.1: quantiles there are made up',
    ],
  ],
  [
    'series with bounds of their own',
    buckets,
    `${type + histogram('m="a"', { 0.1: 0, '+Inf': 100 }, 40)}\n${histogram('m="b"', { 0.2: 0, '+Inf': 100 }, 40)}`,
    [],
  ],

  [
    'a method with all its statuses',
    zeroSeries,
    ['OK', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']
      .map((s) => `grpc_requests_total{method="/a",status="${s}"} 0`)
      .join('\n'),
    [],
  ],
  [
    'a method with some statuses',
    zeroSeries,
    'grpc_requests_total{method="/a",status="NOT_FOUND"} 0\ngrpc_requests_total{method="/a",status="INTERNAL"} 0',
    [
      'warning missing_zero_series grpc_requests_total{method="/a"}: no series for OK, UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAVAILABLE, DATA_LOSS: rate() will not see the first',
    ],
  ],
  [
    'a method of Go',
    zeroSeries,
    'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_type="unary",grpc_code="OK"} 0',
    [
      'warning missing_zero_series grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_type="unary"}: no series for Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss: rate() will not see the first',
    ],
  ],
  [
    'Java and Python have no way to',
    zeroSeries,
    'grpc_server_handled_total{grpc_service="s",grpc_method="m",grpc_type="UNARY",grpc_code="OK"} 0',
    [],
  ],
  [
    'clients of Go have no way to',
    zeroSeries,
    'grpc_client_handled_total{grpc_service="s",grpc_method="m",grpc_code="OK"} 0',
    [],
  ],
];
test.each(rows)('%s', async (_name, rule, text, problems) => {
  expect(await found(rule, text)).toEqual(problems);
});

const proposals: [name: string, text: string, bounds: string][] = [
  // 20 of 200 above 1 s, of 5 s on average: what the sum leaves.
  ['above', histogram('', { 0.1: 80, 1: 180, '+Inf': 200 }, 160), '0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25'],
  // 990 of 1000 below 0.1 s, of 4.5 ms on average.
  [
    'below',
    histogram('', { 0.1: 990, 1: 1000, '+Inf': 1000 }, 10),
    '0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1',
  ],
  ['a sum that says nothing', histogram('', { 0.1: 990, 1: 1000, '+Inf': 1000 }, 0), '0.025, 0.05, 0.1, 0.25, 0.5, 1'],
  ['all above', histogram('', { 1: 0, '+Inf': 100 }, 1000), '1, 2.5, 5, 10, 25, 50'],
  [
    'a range that is wide',
    histogram('', { 1e-9: 0, 1e-8: 10, 1: 100, '+Inf': 200 }, 1e5),
    '0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000',
  ],
];
const odd: [name: string, counts: Record<string, number>, sum: number, remedies: string[]][] = [
  ['a sum that is NaN', { 1: 0, 2: 0, '+Inf': 100 }, Number.NaN, ['bounds that fit: 1, 2.5, 5, 10, 25']],
  ['a sum that is infinite', { 1: 100, 2: 100, '+Inf': 100 }, Infinity, ['bounds that fit: 0.25, 0.5, 1, 2.5']],
  ['a sum below 0', { 1: 0, 2: 0, '+Inf': 100 }, -1e9, ['bounds that fit: 1, 2.5, 5, 10, 25']],
  ['bounds below 0', { '-2': 0, '-1': 0, '+Inf': 100 }, 100, ['put bounds where the values are']],
  ['bounds around 0', { '-1': 100, 1: 100, '+Inf': 100 }, -500, ['bounds that fit: 0.25, 0.5, 1, 2.5']],
  ['the largest sum', { 1: 0, '+Inf': 100 }, 1.7e308, [expect.stringMatching(/1e\+299, .*1e\+300$/)]],
  ['the largest bound', { 1e308: 0, '+Inf': 100 }, 1e308, [expect.stringMatching(/1e\+299, .*1e\+300$/)]],
  ['the least bound', { 5e-324: 100, '+Inf': 100 }, 0, [expect.stringMatching(/: 1e-300, .*1e-299$/)]],
  ['counts without an end', { 1: 0, '+Inf': Infinity }, 1, []],
  [
    'a mean that is nearly nothing',
    { 1: 100, '+Inf': 100 },
    1e-300,
    ['bounds that fit: 1e-9, 1e-8, 1e-7, 0.000001, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1'],
  ],
];
test.each(odd)('bounds are proposed for what is odd: %s', async (_name, counts, sum, remedies) => {
  const proposed = await run(buckets, type + histogram('', counts, sum));
  expect(proposed.map(({ remedy }) => remedy)).toEqual(remedies);
});

test.each(proposals)('bounds are proposed: %s', async (_name, text, bounds) => {
  const [problem] = await run(buckets, type + text);
  expect(problem?.remedy).toBe(`bounds that fit: ${bounds}`);
});

const scrapes: [name: string, earlier: string, later: string, problems: readonly string[]][] = [
  ['counters that grow', '# TYPE x_total counter\nx_total 1', '# TYPE x_total counter\nx_total 2', []],
  [
    'a counter that fell',
    '# TYPE x_total counter\nx_total{a="1",b="2"} 2',
    '# TYPE x_total counter\nx_total{b="2",a="1"} 1',
    ['counter_went_backwards x_total{b="2",a="1"}: it went from 2 to 1 between two scrapes'],
  ],
  ['a gauge that fell', '# TYPE x gauge\nx 2', '# TYPE x gauge\nx 1', []],
  [
    'a bucket that fell',
    good,
    good.replace('le="0.1"} 50', 'le="0.1"} 49'),
    ['counter_went_backwards x_seconds_bucket{m="a",le="0.1"}: it went from 50 to 49 between two scrapes'],
  ],
  ['a sum that fell', good, good.replace('sum{m="a"} 40', 'sum{m="a"} 39'), []],
  [
    'a restart',
    '# TYPE x_total counter\nx_total 2\nprocess_start_time_seconds 1',
    '# TYPE x_total counter\nx_total 1\nprocess_start_time_seconds 2',
    [
      'restarted process_start_time_seconds: the process was restarted between the two scrapes, or another one answered: they were not compared',
    ],
  ],
];
test.each(scrapes)('two scrapes: %s', async (_name, earlier, later, problems) => {
  const texts = [earlier, earlier, later];
  const scrape = async (): Promise<Scraped> => ({
    body: bytes(`${texts.shift()!}\n`),
    contentType: 'text/plain',
    fault: undefined,
    date: undefined,
    process: [],
  });
  const inspection = new Inspection('http://a/metrics', scrape, limits, () => limits.now);
  await inspection.examine();
  await inspection.compare();
  const all = inspection.checked.kinds.flatMap(({ examples }) => examples);
  const compared = all.filter(({ rule }) => ['counter_went_backwards', 'restarted'].includes(rule));
  expect(compared.map(({ rule, subject, problem }) => `${rule} ${subject}: ${problem}`)).toEqual(problems);
});

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
