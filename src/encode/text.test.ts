import { expect, test } from 'vitest';
import { encodeText } from '../../test/support/exposition/encode-text.ts';
import type { MetricFamily } from '../core/snapshot.ts';
import { partSize } from './encoding.ts';
import { text } from './text.ts';

const scrape: MetricFamily[] = [
  {
    name: 'jobs_total',
    type: 'counter',
    help: 'Jobs done',
    series: [
      { labels: { kind: 'mail', queue: 'a' }, value: 1 },
      { labels: { kind: 'print', queue: '' }, value: 1234567 },
    ],
  },
  { name: 'silent', type: 'gauge', help: 'No series yet', series: [] },
  { name: 'temperature', type: 'gauge', help: 'Temperature', series: [{ labels: {}, value: -0.5 }] },
  {
    name: 'wait_seconds',
    type: 'histogram',
    help: 'Waiting',
    series: [
      { labels: {}, bounds: [0.005, 1, 1e6], buckets: [1, 0, 2, 1], sum: 0.5 },
      { labels: { kind: 'mail' }, bounds: [1], buckets: [0, 0], sum: 0 },
    ],
  },
  {
    name: 'size_bytes',
    type: 'summary',
    help: 'Sizes',
    series: [
      {
        labels: {},
        quantiles: [
          [0.5, 1e6],
          [1, NaN],
        ],
        sum: 0.5,
        count: 1e6,
      },
      { labels: { kind: 'mail' }, quantiles: [[0.99, 3]], sum: 3, count: 1 },
      { labels: { kind: 'print' }, quantiles: [], sum: 0, count: 0 },
    ],
  },
  { name: 'silent_seconds', type: 'histogram', help: 'No series yet', series: [] },
  {
    name: 'oddities',
    type: 'gauge',
    help: 'Odd values',
    series: [
      { labels: { is: 'nan' }, value: NaN },
      { labels: { is: 'inf' }, value: Infinity },
      { labels: { is: '-inf' }, value: -Infinity },
      { labels: { is: '-0' }, value: -0 },
    ],
  },
];

test('a whole scrape', () => {
  expect(encodeText(scrape)).toBe(`# HELP jobs_total Jobs done
# TYPE jobs_total counter
jobs_total{kind="mail",queue="a"} 1
jobs_total{kind="print",queue=""} 1.234567e+06
# HELP temperature Temperature
# TYPE temperature gauge
temperature -0.5
# HELP wait_seconds Waiting
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.005"} 1
wait_seconds_bucket{le="1"} 1
wait_seconds_bucket{le="1e+06"} 3
wait_seconds_bucket{le="+Inf"} 4
wait_seconds_sum 0.5
wait_seconds_count 4
wait_seconds_bucket{kind="mail",le="1"} 0
wait_seconds_bucket{kind="mail",le="+Inf"} 0
wait_seconds_sum{kind="mail"} 0
wait_seconds_count{kind="mail"} 0
# HELP size_bytes Sizes
# TYPE size_bytes summary
size_bytes{quantile="0.5"} 1e+06
size_bytes{quantile="1"} NaN
size_bytes_sum 0.5
size_bytes_count 1e+06
size_bytes{kind="mail",quantile="0.99"} 3
size_bytes_sum{kind="mail"} 3
size_bytes_count{kind="mail"} 1
size_bytes_sum{kind="print"} 0
size_bytes_count{kind="print"} 0
# HELP oddities Odd values
# TYPE oddities gauge
oddities{is="nan"} NaN
oddities{is="inf"} +Inf
oddities{is="-inf"} -Inf
oddities{is="-0"} -0
`);
});

test('parts of some size, each of whole series', () => {
  const series = Array.from({ length: 5000 }, (_none, index) => ({ labels: { a: `${index}` }, value: index }));
  const many: MetricFamily[] = [{ name: 'many', type: 'gauge', help: 'Many', series }];
  const parts = Array.from(text.encode([...many, ...scrape]), String);
  expect(parts.join('')).toBe(encodeText(many) + encodeText(scrape));
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) expect(part.endsWith('\n')).toBe(true);
  for (const part of parts.slice(0, -1)) {
    expect(part.length).toBeGreaterThanOrEqual(partSize);
    expect(part.length).toBeLessThan(partSize + 100);
  }
});

test('a key is taken as it is', () => {
  const series = [{ labels: { a: 'b' }, key: 'a="b"', value: 1 }];
  expect(encodeText([{ name: 'x', type: 'gauge', help: 'X', series }])).toContain('x{a="b"} 1\n');
});

test('nothing to say is an empty text', () => {
  expect(encodeText([])).toBe('');
  expect(encodeText([scrape[1]!])).toBe('');
});

const escapes: [name: string, given: string, help: string, label: string][] = [
  ['nothing to escape', "it's {a=b}, 100 %", "it's {a=b}, 100 %", "it's {a=b}, 100 %"],
  ['a line end', 'a\nb', 'a\\nb', 'a\\nb'],
  ['a backslash', 'a\\b', 'a\\\\b', 'a\\\\b'],
  ['a backslash before n', 'a\\nb', 'a\\\\nb', 'a\\\\nb'],
  ['quotes, which help keeps', '"a"', '"a"', '\\"a\\"'],
  ['a backslash before a quote', '\\"', '\\\\"', '\\\\\\"'],
  ['every one, twice', '\\\n"\\\n"', '\\\\\\n"\\\\\\n"', '\\\\\\n\\"\\\\\\n\\"'],
  ['what only looks like a line end', 'a\r\t\u2028b', 'a\r\t\u2028b', 'a\r\t\u2028b'],
  ['beyond ASCII', 'größe 😀 \0', 'größe 😀 \0', 'größe 😀 \0'],
];
test.each(escapes)('escaping: %s', (_name, given, help, label) => {
  const gauge: MetricFamily = { name: 'x', type: 'gauge', help: given, series: [{ labels: { a: given }, value: 1 }] };
  expect(encodeText([gauge])).toBe(`# HELP x ${help}\n# TYPE x gauge\nx{a="${label}"} 1\n`);
});

test('the content type names the format and its version', () => {
  expect(text.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
});
