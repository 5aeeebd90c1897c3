import { expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { dialectOf } from '../../src/decode/dialect.ts';
import { readExposition } from '../../src/decode/exposition-reader.ts';

/** So many families are kept until the exposition ends. What comes behind them is judged while it is read. */
const before = Array.from(
  { length: 20_000 },
  (_none, index) => `# HELP of_${index}_x h\n# TYPE of_${index}_x gauge\nof_${index}_x 1\n`,
).join('');
const other = '# HELP y h\n# TYPE y gauge\ny 1\n';
const head = '# HELP x h\n# TYPE x gauge\n';
const histogram = '# HELP h h\n# TYPE h histogram\n';
const buckets = 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n';
const otherBuckets = 'h_bucket{a="1",le="+Inf"} 2\nh_sum{a="1"} 3\nh_count{a="1"} 2\n';
const totals = '# HELP c h\n# TYPE c counter\n';

const rows: [name: string, text: string, rules: readonly string[], format?: 'OpenMetrics'][] = [
  ['nothing wrong', `${head}x 1\n${histogram}${buckets}${other}`, []],
  ['all metadata first', `${head}${histogram}${other}x 1\n${buckets}`, []],
  ['a family in two places', `${head}x{a="1"} 1\n${other}x{a="2"} 1\n`, ['scattered_family']],
  [
    'a family in three places',
    `${head}x 1\n${other}x{a="2"} 1\n${histogram}${buckets}x{a="3"} 1\n`,
    ['scattered_family'],
  ],
  ['histograms of a family in two places', `${histogram}${buckets}${other}${otherBuckets}`, ['scattered_family']],
  ['a histogram that is not cumulative', `${histogram}${buckets.replace('} 1', '} 3')}${other}`, ['not_cumulative']],
  ['one series in two places', `${head}x 1\n${other}x 2\n`, ['scattered_family', 'duplicate_series']],
  ['a second TYPE', `${head}x 1\n${other}# TYPE x gauge\n`, ['scattered_family', 'type_twice']],
  ['a second HELP', `${head}x 1\n${other}# HELP x h\n`, ['scattered_family', 'help_twice']],
  ['a second HELP before any sample', `${head}${other}# HELP x h\nx 1\n`, ['help_twice']],
  [
    'TYPE after samples',
    `# HELP x h\nx 1\n${other}# TYPE x gauge\n`,
    ['scattered_family', 'type_after_samples', 'no_type'],
  ],
  [
    'names and labels',
    '# TYPE x_ms counter\nx_ms{aB="1"} 1\n',
    ['no_help', 'unit', 'counter_without_total', 'camel_case'],
  ],
  ['OpenMetrics', `${totals}c_total 1\n${head}x 1\n# EOF\n`, [], 'OpenMetrics'],
  [
    'OpenMetrics in two places',
    `${totals}c_total 1\n${head}x 1\nc_total{a="1"} 1\n# EOF\n`,
    ['scattered_family', 'openmetrics'],
    'OpenMetrics',
  ],
  [
    'OpenMetrics whose names clash',
    `# HELP c_created h\n# TYPE c_created gauge\nc_created 1\n${totals}c_total 1\n# EOF\n`,
    ['openmetrics'],
    'OpenMetrics',
  ],
];

const limits = { maxSeries: 2000, maxLabelValues: 200, now: 1 };
async function examined(text: string, format: string | undefined) {
  const dialect = dialectOf(format === undefined ? '' : 'application/openmetrics-text');
  const { logs, families } = await examine(Buffer.from(text), dialect, limits, { isStrict: true });
  const problems = logs.flatMap(({ kinds }) => kinds.flatMap(({ examples }) => examples));
  return { families, rules: [...new Set(problems.map(({ rule }) => rule))] };
}

test.each(rows)('behind very many families check says the same: %s', async (_name, text, rules, format) => {
  const alone = await examined(text, format);
  expect(alone.rules).toEqual(rules);
  expect(await examined(before + text, format)).toEqual({ families: alone.families + 20_000, rules });
});

test('behind very many families check judges a family by its first group of lines', async () => {
  const text = `# TYPE x gauge\nx 1\n${other}# HELP x h\n`;
  const [alone, behind] = [await examined(text, undefined), await examined(before + text, undefined)];
  expect(alone.rules).toEqual(['scattered_family', 'help_after_samples']);
  expect(behind.rules).toEqual([...alone.rules, 'no_help']);
});

test('samples of a family in two places are kept as one family', async () => {
  const { families } = await readExposition(Buffer.from(`${before}${head}x{a="1"} 1\n${other}x{a="2"} 2\n`));
  expect(families.get('x')).toMatchObject({ type: 'gauge', size: 2, samples: [{ value: 1 }, { value: 2 }] });
});
