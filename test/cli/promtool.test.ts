import { expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { textFormat } from '../../src/decode/dialect.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';

const head = '# HELP x h\n# TYPE x gauge\n';
const total = '# HELP x_total h\n# TYPE x_total counter\n';
const histogram = '# HELP h_seconds h\n# TYPE h_seconds histogram\n';
const rest = 'h_seconds_sum 1\nh_seconds_count 1\n';

/** What promtool says: it could not read it, it has remarks, or nothing. */
type Verdict = 'error' | 'remark' | 'ok';
/** As promtool: our errors are its errors, our warnings its remarks. */
const rows: [name: string, text: string, promtool: Verdict, rules: readonly string[]][] = [
  ['nothing wrong', `${head}x 1\n`, 'ok', []],
  ['empty', '', 'ok', []],
  ['a comma at the end, blanks', `${head}x {a="b",} 1\n`, 'ok', []],
  ['no blank after #', '#HELP x h\n#TYPE x gauge\nx 1\n', 'ok', []],
  ['infinite in another case', `${head}x inf\n`, 'ok', []],
  ['Nan', `${head}x Nan\n`, 'ok', []],
  ['a blank at the end', `${head}x 1 \n`, 'error', ['malformed_line']],
  ['an open last line', `${head}x 1`, 'error', ['open_end']],
  ['Windows line ends', `${head}x 1\r\n`, 'error', ['carriage_return']],
  ['a bare comma', `${head}x{,} 1\n`, 'error', ['malformed_line']],
  ['two commas', `${head}x{a="b",,} 1\n`, 'error', ['malformed_line']],
  ['no comma', `${head}x{a="b" c="d"} 1\n`, 'error', ['malformed_line']],
  ['other quotes', `${head}x{a='b'} 1\n`, 'error', ['malformed_line']],
  ['an unknown escape', `${head}x{a="\\q"} 1\n`, 'error', ['malformed_line']],
  ['an unknown escape in a help text', '# HELP x \\q\n# TYPE x gauge\nx 1\n', 'error', ['malformed_line']],
  ['a label twice', `${head}x{a="b",a="c"} 1\n`, 'error', ['malformed_line']],
  ['the label __name__', `${head}x{__name__="c"} 1\n`, 'error', ['malformed_line']],
  ['a timestamp in seconds', `${head}x 1 12.5\n`, 'error', ['malformed_line']],
  ['more than a timestamp', `${head}x 1 12 3\n`, 'error', ['malformed_line']],
  ['hexadecimal', `${head}x 0x1p3\n`, 'error', ['malformed_line']],
  ['underscores in a number', `${head}x 1_000\n`, 'error', ['malformed_line']],
  ['a sign before NaN', `${head}x +nan\n`, 'error', ['malformed_line']],
  ['a number that is too large', `${head}x 1e999\n`, 'error', ['malformed_line']],
  ['no value', `${head}x\n`, 'error', ['malformed_line']],
  ['a value that does not end', `${head}x{a="b\n`, 'error', ['malformed_line']],
  ['a page', '<html></html>\n', 'error', ['malformed_line']],
  ['an exemplar', `${total}x_total 1 # {a="b"} 1\n`, 'error', ['malformed_line']],
  ['an unknown type', '# HELP x h\n# TYPE x foo\nx 1\n', 'error', ['malformed_line', 'no_type']],
  ['more than a type', '# HELP x h\n# TYPE x gauge extra\nx 1\n', 'error', ['malformed_line', 'no_type']],
  ['a bad name in a comment', `# HELP 1x foo\n${head}x 1\n`, 'error', ['malformed_line']],
  ['a bound that is no number', `${histogram}h_seconds_bucket{le="a"} 5\n`, 'error', ['malformed_line']],
  ['a quantile that is no number', '# HELP x h\n# TYPE x summary\nx{quantile="a"} 1\n', 'error', ['malformed_line']],
  ['HELP twice', `# HELP x h\n${head}x 1\n`, 'error', ['help_twice']],
  ['TYPE twice', `${head}# TYPE x gauge\nx 1\n`, 'error', ['type_twice']],
  ['TYPE after samples', '# HELP x h\nx 1\n# TYPE x gauge\n', 'error', ['type_after_samples', 'no_type']],
  ['no help text', '# TYPE x gauge\nx 1\n', 'remark', ['no_help']],
  ['an empty help text', '# HELP x\n# TYPE x gauge\nx 1\n', 'remark', ['no_help']],
  ['a counter without _total', '# HELP x h\n# TYPE x counter\nx 1\n', 'remark', ['counter_without_total']],
  ['a gauge with _total', '# HELP x_total h\n# TYPE x_total gauge\nx_total 1\n', 'remark', ['total_without_counter']],
  ['a gauge with _count', '# HELP x_count h\n# TYPE x_count gauge\nx_count 1\n', 'remark', ['reserved_suffix']],
  ['a counter with _bucket', '# HELP x_bucket h\n# TYPE x_bucket gauge\nx_bucket 1\n', 'remark', ['reserved_suffix']],
  [
    'a summary with _bucket',
    '# HELP x_bucket h\n# TYPE x_bucket summary\nx_bucket_count 1\n',
    'remark',
    ['reserved_suffix'],
  ],
  ['le on a gauge', `${head}x{le="1"} 1\n`, 'remark', ['reserved_label']],
  ['quantile on a gauge', `${head}x{quantile="1"} 1\n`, 'remark', ['reserved_label']],
  ['an abbreviated unit', '# HELP x_ms h\n# TYPE x_ms gauge\nx_ms 1\n', 'remark', ['unit']],
  ['an abbreviated unit within', '# HELP x_kb_y h\n# TYPE x_kb_y gauge\nx_kb_y 1\n', 'remark', ['unit']],
  ['milliseconds', '# HELP x_milliseconds h\n# TYPE x_milliseconds gauge\nx_milliseconds 1\n', 'remark', ['unit']],
  ['minutes', '# HELP x_minutes h\n# TYPE x_minutes gauge\nx_minutes 1\n', 'remark', ['unit']],
  ['kibibytes', '# HELP x_kibibytes h\n# TYPE x_kibibytes gauge\nx_kibibytes 1\n', 'remark', ['unit']],
  ['a unit at the beginning', '# HELP ms_x h\n# TYPE ms_x gauge\nms_x 1\n', 'ok', []],
  ['camelCase', '# HELP fooBar h\n# TYPE fooBar gauge\nfooBar 1\n', 'remark', ['camel_case']],
  ['camelCase of a label', `${head}x{fooBar="1"} 1\n`, 'remark', ['camel_case']],
  ['a colon', '# HELP a:b h\n# TYPE a:b gauge\na:b 1\n', 'remark', ['reserved_character']],
  ['the type in the name', '# HELP a_gauge h\n# TYPE a_gauge gauge\na_gauge 1\n', 'remark', ['type_in_name']],
  ['untyped may be named so', '# HELP x_total h\nx_total 1\n', 'ok', ['no_type']],
  ['untyped may have such labels', '# HELP x h\n# TYPE x untyped\nx{quantile="0.5",le="1"} 1\n', 'ok', []],
  ['a HELP without samples', '# HELP x_ms h\n# TYPE x_ms gauge\n', 'ok', []],
];

/** Where ours says more than both promtools, and why. */
const beyond: [name: string, text: string, promtool: readonly [Verdict, Verdict], rules: readonly string[]][] = [
  // Prometheus drops the later ones, with a warning in its log; promtool 3 has a remark.
  ['one series twice', `${head}x 1\nx 2\n`, ['ok', 'remark'], ['duplicate_series']],
  // Both only sort; readers of OpenMetrics refuse it.
  ['a family in two places', `${head}x{a="1"} 1\n${total}x_total 1\nx{a="2"} 1\n`, ['ok', 'ok'], ['scattered_family']],
  ['HELP after samples', '# TYPE x gauge\nx 1\n# HELP x h\n', ['ok', 'ok'], ['help_after_samples']],
  ['NaN', `${total}x_total NaN\n`, ['ok', 'ok'], ['nan_counter']],
  ['less than 0', `${total}x_total -1\n`, ['ok', 'ok'], ['negative_counter']],
  [
    'a count below 0',
    `${histogram}h_seconds_bucket{le="+Inf"} -1\nh_seconds_sum 0\nh_seconds_count -1\n`,
    ['ok', 'error'],
    ['negative_counter'],
  ],
  ['no +Inf', `${histogram}h_seconds_bucket{le="1"} 1\n${rest}`, ['ok', 'ok'], ['no_inf_bucket']],
  ['+Inf is not the count', `${histogram}h_seconds_bucket{le="+Inf"} 2\n${rest}`, ['ok', 'ok'], ['inf_is_not_count']],
  [
    'not cumulative',
    `${histogram}h_seconds_bucket{le="1"} 5\nh_seconds_bucket{le="+Inf"} 1\n${rest}`,
    ['ok', 'ok'],
    ['not_cumulative'],
  ],
  [
    'no le',
    `${histogram}h_seconds_bucket 5\nh_seconds_bucket{le="+Inf"} 1\n${rest}`,
    ['ok', 'ok'],
    ['bucket_without_le'],
  ],
  ['a value of the histogram itself', `${histogram}h_seconds 5\n`, ['ok', 'ok'], ['histogram_sample']],
  // UTF-8 names are for the text format 1.0.0, and an old Prometheus drops the whole scrape.
  ['a name in quotes', `${head}{"x"} 1\n`, ['error', 'ok'], ['quoted_name']],
  // Prometheus drops the whole scrape.
  ['a type in capitals', '# HELP x h\n# TYPE x GAUGE\nx 1\n', ['ok', 'ok'], ['malformed_line']],
  // Prometheus drops the sample: nothing is so old.
  ['seconds for milliseconds', `${head}x 1 1700000000\n`, ['ok', 'ok'], ['timestamp_out_of_bounds']],
  ['one series twice, with an empty label', `${head}x{a=""} 1\nx 1\n`, ['ok', 'ok'], ['duplicate_series']],
];

async function ours(text: string): Promise<{ verdict: Verdict; rules: string[] }> {
  const limits = { maxSeries: 2000, maxLabelValues: 200, now: 1.7e9 };
  const { logs } = await examine(Buffer.from(text), textFormat, limits);
  const problems = logs.flatMap(({ kinds }) => kinds.flatMap(({ examples }) => examples));
  // That there is no TYPE is ours alone: promtool takes `untyped` as good.
  const counted = problems.filter(({ rule }) => rule !== 'no_type');
  const isError = counted.some(({ severity }) => severity === 'error');
  const verdict = isError ? 'error' : counted.length > 0 ? 'remark' : 'ok';
  return { verdict, rules: [...new Set(problems.map(({ rule }) => rule))] };
}

async function theirs(promtool: string, text: string): Promise<Verdict> {
  const { ok, output } = await checkMetrics(promtool, text);
  if (ok) return 'ok';
  return output.startsWith('error while linting') ? 'error' : 'remark';
}

test.each(rows)('check says: %s', async (_name, text, promtool, rules) => {
  expect(await ours(text)).toEqual({ verdict: promtool, rules });
});

test.each(beyond)('check says beyond promtool: %s', async (_name, text, _promtool, rules) => {
  expect((await ours(text)).rules).toEqual(rules);
});

describeWith(['promtool', 'promtool3'], 'promtool', (paths) => {
  test.each(rows)('says the same: %s', async (_name, text, verdict) => {
    expect(await Promise.all([theirs(paths.promtool, text), theirs(paths.promtool3, text)])).toEqual([
      verdict,
      verdict,
    ]);
  });

  test.each(beyond)('says less: %s', async (_name, text, verdicts) => {
    expect(await Promise.all([theirs(paths.promtool, text), theirs(paths.promtool3, text)])).toEqual(verdicts);
  });
});
