import { expect, test } from 'vitest';
import { dialectOf, textFormat } from './dialect.ts';
import { readExposition } from './exposition-reader.ts';
import { formatSeries } from './labels.ts';

const read = (text: string, contentType = '') => readExposition(Buffer.from(text, 'latin1'), dialectOf(contentType));
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

test('families are put together from their lines', async () => {
  const { families, problems } = await read(`# HELP a_total Counts \\\\ \\n.
# TYPE a_total counter
a_total{x="1"} 1
# another comment
#HELP b_seconds
# TYPE b_seconds histogram

b_seconds_bucket{le="+Inf"} 1
b_seconds_sum 1
b_seconds_count 1
# TYPE c_seconds summary
c_seconds{quantile="0.5"} 1
c_seconds_count 1
c_seconds_bucket 1
d_sum 4
`);
  expect(problems).toEqual([]);
  const plain = Array.from(families.values(), ({ samples, size: _size, labelNames: _names, ...family }) => ({
    ...family,
    samples: samples.map(({ name, labels, value, line }) => `${line}: ${formatSeries(name, labels)} ${value}`),
  }));
  expect(Array.from(families.values(), ({ samples, size }) => size - samples.length)).toEqual([0, 0, 0, 0, 0]);
  expect(plain).toEqual([
    { name: 'a_total', type: 'counter', help: 'Counts \\ \n.', hasType: true, samples: ['3: a_total{x="1"} 1'] },
    {
      name: 'b_seconds',
      type: 'histogram',
      help: '',
      hasType: true,
      samples: ['8: b_seconds_bucket{le="+Inf"} 1', '9: b_seconds_sum 1', '10: b_seconds_count 1'],
    },
    {
      name: 'c_seconds',
      type: 'summary',
      help: undefined,
      hasType: true,
      samples: ['12: c_seconds{quantile="0.5"} 1', '13: c_seconds_count 1'],
    },
    { name: 'c_seconds_bucket', type: 'untyped', help: undefined, hasType: false, samples: ['14: c_seconds_bucket 1'] },
    { name: 'd_sum', type: 'untyped', help: undefined, hasType: false, samples: ['15: d_sum 4'] },
  ]);
});

const faults: [name: string, text: string, found: readonly string[]][] = [
  ['none', 'x 1\n', []],
  ['a malformed line', 'x 1\ny\nz 1\n', ['2 malformed_line']],
  ['every malformed line', 'x\n\ny\n', ['1 malformed_line', '3 malformed_line']],
  ['an open last line', 'x 1\ny 1', ['2 open_end']],
  ['cut off', 'x 1\ny{a="', ['2 open_end', '2 malformed_line']],
  ['a byte order mark', '\xEF\xBB\xBFx 1\n', ['1 byte_order_mark']],
  ['UTF-16', '\xFF\xFEx\0 \x001\0\n\0', ['1 utf_16']],
  ['Windows line ends', '# HELP x h\r\n# TYPE x gauge\r\nx 1\r\nx{a="b"} 2\r\n\r\n', ['2 carriage_return']],
  ['Windows line ends of comments', '# HELP x h\r\n# so\r\n', []],
  ['a NUL at the end', 'x 1\n\0', ['2 nul', '2 open_end']],
  ['a NUL in a label', 'x{a="\0"} 1\n', []],
  ['a NUL in a number', 'x 1\0\n', ['1 malformed_line']],
  ['a new line in a label', 'x{a="b\nc\nd"} 1\ny\n', ['1 malformed_line', '4 malformed_line']],
  ['a value that does not end', 'x{a="b} 1\ny 1\nz 2\nz 2\n', ['1 malformed_line', '4 duplicate_series']],
  ['values that do not end', 'x{a="b} 1\ny{a="b} 1\nz\n', ['1 malformed_line', '2 malformed_line', '3 malformed_line']],
  ['names in quotes, once', '{"x"} 1\n{"y"} 1\n', ['1 quoted_name']],
  ['a type in capitals', '# TYPE x GAUGE\nx 1\n', ['1 malformed_line']],
  ['two blanks before a type', '# TYPE x  gauge\nx 1\n', ['1 malformed_line']],
  ['a type in capitals without a blank behind #', '#TYPE x GAUGE\nx 1\n', []],
  ['a help text that is not UTF-8', '# HELP x \xFF\nx 1\n', ['1 malformed_line']],
  ['a comment that is not UTF-8', '# \xFF\nx 1\n', []],
  ['one series twice, with an empty label', 'x{a=""} 1\nx 1\n', ['2 duplicate_series']],
  ['another type', '# TYPE x foo\nx 1\n', ['1 malformed_line']],
  ['a type and more', '# TYPE x counter \nx 1\n', ['1 malformed_line']],
  ['a name in a comment', '# HELP 1x foo\n', ['1 malformed_line']],
  ['an escape in a help text', '# HELP x \\q\n', ['1 malformed_line']],
  ['a bound that is no number', '# TYPE x histogram\nx_bucket{le="a"} 1\n', ['2 malformed_line']],
  ['a bound that is NaN', '# TYPE x histogram\nx_bucket{le="NaN"} 1\n', ['2 malformed_line']],
  ['a quantile that is no number', '# TYPE x summary\nx{quantile="a"} 1\n', ['2 malformed_line']],
  ['text that is not UTF-8', 'x 1\ny{a="\xFF"} 1\n', ['2 malformed_line']],
  ['U+FFFD itself', 'y{a="\xEF\xBF\xBD"} 1\n', []],
  ['TYPE twice', '# TYPE x gauge\n# TYPE x gauge\nx 1\n', ['2 type_twice']],
  ['TYPE after samples', 'x 1\n# TYPE x gauge\n', ['2 type_after_samples']],
  ['HELP twice', '# HELP x h\n# HELP x h\nx 1\n', ['2 help_twice']],
  ['HELP twice, of which one is empty', '# HELP x\n# HELP x h\n# HELP x \nx 1\n', []],
  ['HELP after samples', 'x 1\n# HELP x h\n', ['2 help_after_samples']],
  ['an empty HELP after samples', 'x 1\n# HELP x\n', []],
  ['TYPE without a type', '# TYPE x\nx 1\n', ['1 malformed_line']],
  ['a family in two places', 'x{a="1"} 1\ny 1\nx{a="2"} 1\ny 2 1\n', ['3 scattered_family', '4 scattered_family']],
  ['one series twice', 'x{a="1",b="2"} 1\nx{b="2",a="1"} 1\n', ['2 duplicate_series']],
  ['one series at two times', 'x 1 1\nx 1 2\n', []],
  ['nothing', '', []],
];
test.each(faults)('the form is checked: %s', async (_name, text, found) => {
  const { problems } = await read(text);
  expect(problems.map(({ line, rule }) => `${line} ${rule}`)).toEqual(found);
});

test('OpenMetrics: families have the names of their series, and no time of creation', async () => {
  const { families, problems } = await read(
    `# HELP a_seconds Say \\"a\\".
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total{x="1"} 1.0 # {trace_id="1"} 1.0 1700000000.1
a_seconds_created{x="1"} 1700000000.0
# TYPE b histogram
b_bucket{le="1.0"} 1 # {trace_id="1"} 0.5
b_bucket{le="+Inf"} 1
b_count 1
b_sum 0.5
b_created 1700000000.0
# TYPE c info
c_info{version="1"} 1
# TYPE d stateset
d{d="on"} 1
# TYPE e gaugehistogram
e_bucket{le="+Inf"} 1
e_gcount 1
e_gsum 1
# TYPE f unknown
f 1
# TYPE g summary
g{quantile="0.5"} 1
g_created 1
h_total 1
# EOF
`,
    openMetrics,
  );
  expect(problems).toEqual([]);
  const plain = Array.from(families, ([key, { name, type, help, samples }]) => {
    expect(name).toBe(key);
    return `${type} ${name} ${help ?? '-'}: ${samples.map((sample) => sample.name).join(' ')}`;
  });
  expect(plain).toEqual([
    'counter a_seconds_total Say "a".: a_seconds_total',
    'histogram b -: b_bucket b_bucket b_count b_sum',
    'gauge c_info -: c_info',
    'gauge d -: d',
    'untyped e -: e_bucket e_gcount e_gsum',
    'untyped f -: f',
    'summary g -: g',
    'untyped h_total -: h_total',
  ]);
});

const openFaults: [name: string, text: string, found: readonly string[]][] = [
  ['nothing', '# EOF\n', []],
  ['an end without its own', 'x 1\n# EOF', []],
  ['no end', 'x 1\n', ['1 no_eof']],
  ['cut off', 'x 1\ny', ['2 malformed_line', '2 no_eof']],
  ['an empty answer', '', ['0 no_eof']],
  [
    'metadata without a text',
    '# HELP x\n# TYPE x\n# UNIT x\n# EOF\n',
    ['1 malformed_line', '2 malformed_line', '3 malformed_line'],
  ],
  ['an empty help text', '# HELP x \n# EOF\n', []],
  ['an empty unit', '# UNIT x \n# EOF\n', []],
  ['two blanks in metadata', '# HELP  x h\n# EOF\n', ['1 malformed_line']],
  ['a name in quotes', '# TYPE "x.y" gauge\n{"x.y"} 1\n# EOF\n', ['1 quoted_name']],
  ['more after the end', '# EOF\nx 1\n', ['2 malformed_line']],
  ['an empty line', 'x 1\n\n# EOF\n', ['2 malformed_line']],
  ['a comment', '# so\nx 1\n# EOF\n', ['1 malformed_line']],
  ['a type of the text format', '# TYPE x untyped\nx 1\n# EOF\n', ['1 malformed_line']],
  ['a type in capitals', '# TYPE x GAUGE\nx 1\n# EOF\n', ['1 malformed_line']],
  ['a unit that is not in the name', '# TYPE x gauge\n# UNIT x seconds\nx 1\n# EOF\n', ['2 unit_not_in_name']],
  ['an exemplar of a gauge', '# TYPE x gauge\nx 1 # {} 1\n# EOF\n', ['2 stray_exemplar']],
  ['Windows line ends', 'x 1\r\n# EOF\r\n', ['1 carriage_return']],
  ['a new line in a label', 'x{a="b\nc"} 1\n# EOF\n', ['1 malformed_line', '2 malformed_line']],
];
test.each(openFaults)('the form of OpenMetrics is checked: %s', async (_name, text, found) => {
  const { problems } = await read(text, openMetrics);
  expect(problems.map(({ line, rule }) => `${line} ${rule}`)).toEqual(found);
  expect(problems.every(({ severity }) => severity === 'error')).toBe(true);
});

const openRemarks: [name: string, text: string, found: readonly string[]][] = [
  ['a family in two places', 'x{a="1"} 1\ny 1\nx{a="2"} 1\n# EOF\n', ['3 scattered_family']],
  ['TYPE twice', '# TYPE x gauge\n# TYPE x gauge\n# EOF\n', ['2 type_twice']],
  ['HELP twice', '# HELP x h\n# HELP x h\n# EOF\n', ['2 help_twice']],
  ['a long exemplar', `x_total 1 # {a="${'b'.repeat(128)}"} 1\n# EOF\n`, ['1 long_exemplar']],
  ['a counter named as in the text format', '# TYPE x_total counter\nx_total 1\n# EOF\n', []],
  ['a counter without _total', '# TYPE x counter\nx 1\n# EOF\n', []],
];
test.each(openRemarks)('Prometheus reads it, so that it is no error: %s', async (_name, text, found) => {
  const { problems } = await read(text, openMetrics);
  expect(problems.map(({ line, rule }) => `${line} ${rule}`)).toEqual(found);
  expect(problems.every(({ severity, refusedBy }) => severity === 'warning' && refusedBy === undefined)).toBe(true);
});

test('names in quotes are right where the reader asked for them', async () => {
  const { families, problems } = await read(
    '# TYPE "x.y" gauge\n{"x.y","a.b"="c"} 1\n',
    'text/plain; version=1.0.0; escaping=allow-utf-8',
  );
  expect(problems).toEqual([]);
  expect(families.get('x.y')).toMatchObject({ type: 'gauge', size: 1, samples: [{ key: 'x.y{a.b="c"}' }] });
});

test('an exposition in pieces is read as a whole', async () => {
  const text = Buffer.from('# HELP x \u00e4\n# TYPE x gauge\nx{a="\u20ac"} 1\nx 2\n');
  for (const size of [1, 2, 3, 7]) {
    const pieces = async function* () {
      for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
    };
    const { families, problems } = await readExposition(pieces());
    expect(problems).toEqual([]);
    expect(families.get('x')).toMatchObject({ help: 'ä', samples: [{ key: 'x{a="€"}', value: 1 }, { value: 2 }] });
  }
});

test('samples that nobody wants are read, and not kept', async () => {
  const { families } = await readExposition(Buffer.from('x 1\ny 1\n# TYPE z gauge\n'), textFormat, {
    isWanted: (name) => name === 'y',
  });
  expect(Array.from(families.values(), ({ name, size, samples }) => [name, size, samples.length])).toEqual([
    ['y', 1, 1],
    ['z', 0, 0],
  ]);
});

test('what is wrong with its form is read all the same, where it is clear', async () => {
  const { families } = await read('# TYPE x_total counter\nx_total 1\n# TYPE y counter\ny 2\n# EOF\n', openMetrics);
  expect(Array.from(families.values(), ({ name, samples }) => [name, samples[0]?.value])).toEqual([
    ['x_total', 1],
    ['y_total', 2],
  ]);
});

const large = Buffer.from(
  Array.from({ length: 20_000 }, (_none, index) => `x_total{method="/shop.v1.Orders/${index}"} 1\n`).join(''),
);

test('the event loop runs between the blocks of a large exposition', async () => {
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const { families } = await readExposition(large);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(Math.floor(large.length / 100_000));
  expect(families.get('x_total')?.samples).toHaveLength(20_000);
});

test('reading a large exposition ends when the signal is aborted', async () => {
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  await expect(readExposition(large, textFormat, { signal: stop.signal })).rejects.toThrow('aborted');
});
