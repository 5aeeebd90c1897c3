import { expect, test } from 'vitest';
import { formatSeries } from './labels.ts';
import { LineError, OpenValueError } from './line-error.ts';
import type { Reader } from './problem.ts';
import { readOpenMetricsLine, readSampleLine } from './sample-line.ts';

const read: [name: string, line: string, series: string, value: number, timestamp: number | undefined][] = [
  ['without labels', 'x 1', 'x', 1, undefined],
  ['with labels', 'x{a="b",c="d"} 1.5', 'x{a="b",c="d"}', 1.5, undefined],
  ['a comma after the last label', 'x{a="b",} 1', 'x{a="b"}', 1, undefined],
  ['no label in the braces', 'x{} 1', 'x', 1, undefined],
  ['blanks everywhere', 'x { a = "b" , c = "d" } 1', 'x{a="b",c="d"}', 1, undefined],
  ['no blank before the value', 'x{a="b"}1', 'x{a="b"}', 1, undefined],
  ['a timestamp', 'x 1 1500', 'x', 1, 1.5],
  ['tabs', 'x\t1\t2000', 'x', 1, 2],
  ['infinite', 'x +Inf', 'x', Infinity, undefined],
  ['minus infinite', 'x -inf', 'x', -Infinity, undefined],
  ['NaN', 'x Nan', 'x', Number.NaN, undefined],
  ['an exponent', 'x 1.5E-3', 'x', 0.0015, undefined],
  ['a point without digits', 'x .5', 'x', 0.5, undefined],
  ['escapes', String.raw`x{a="\\\"\n"} 1`, String.raw`x{a="\\\"\n"}`, 1, undefined],
  ['braces and commas in a value', 'x{a="},{"} 1', 'x{a="},{"}', 1, undefined],
  ['a name with a colon', 'a:b 1', 'a:b', 1, undefined],
];
test.each(read)('a line is read: %s', (_name, line, series, value, timestamp) => {
  const { name, labels, ...rest } = readSampleLine(line);
  expect(formatSeries(name, labels)).toBe(series);
  expect(rest).toEqual({ value, timestamp, faults: [] });
});

const tolerated: [name: string, line: string, series: string, fault: string, refusedBy: readonly Reader[]][] = [
  ['blanks before the name', ' x 1', 'x', 'blanks before the name', ['prometheus2']],
  ['a blank at the end', 'x 1 ', 'x', 'blanks after the value', ['promtool']],
  ['a blank behind the timestamp', 'x 1 2 ', 'x', 'blanks after the timestamp', ['promtool']],
  ['no comma', 'x{a="b" c="d"} 1', 'x{a="b",c="d"}', 'no , after label a', ['promtool']],
  [
    'an unknown escape',
    String.raw`x{a="\q"} 1`,
    String.raw`x{a="\\q"}`,
    String.raw`\q is no escape sequence`,
    ['promtool'],
  ],
  ['a name in quotes', '{"x.y"} 1', 'x.y', 'the name "x.y" is in quotes', ['prometheus2', 'promtool']],
  ['a name in quotes that needs none', '{"x"} 1', 'x', 'the name "x" is in quotes', ['prometheus2']],
  [
    'a name in quotes among labels',
    '{a="b","x.y",c="d"} 1',
    'x.y{a="b",c="d"}',
    'the name "x.y" is in',
    ['prometheus2', 'promtool'],
  ],
  ['a label in quotes', 'x{"a.b"="c"} 1', 'x{a.b="c"}', 'the name "a.b" is in quotes', ['prometheus2', 'promtool']],
];
test.each(tolerated)('a line is read though somebody refuses it: %s', (_name, line, series, fault, refusedBy) => {
  const { name, labels, value, faults } = readSampleLine(line);
  expect(formatSeries(name, labels)).toBe(series);
  expect(value).toBe(1);
  expect(faults).toEqual([expect.objectContaining({ message: expect.stringContaining(fault), refusedBy })]);
});

const refused: [name: string, line: string, problem: string, remedy: string][] = [
  ['no value', 'x', '"" is no number', 'decimal'],
  ['a word', 'x abc', '"abc" is no number', 'decimal'],
  ['hexadecimal', 'x 0x1p3', '"0x1p3" is no number', 'decimal'],
  ['too large', 'x 1e999', '"1e999" is no number', 'decimal'],
  ['a sign before NaN', 'x +NaN', '"+NaN" is no number', 'decimal'],
  ['a timestamp with a sign', 'x 1 -15', '"-15" is no timestamp', 'whole milliseconds'],
  ['a timestamp that is too large', 'x 1 99999999999999999999', 'is no timestamp', 'whole milliseconds'],
  ['a second name', 'x{"y"} 1', 'a second metric name, "y"', 'the name is x'],
  ['no name in the braces', '{a="b"} 1', 'no metric name', 'begin'],
  ['an empty name', '{""} 1', 'no label name', 'name="value"'],
  ['a timestamp in seconds', 'x 1 1.5', '"1.5" is no timestamp', 'whole milliseconds'],
  ['an exemplar', 'x 1 # {a="b"} 1', '"#" is no timestamp', 'exemplars'],
  ['more than a timestamp', 'x 1 2 3', '"3" after the timestamp', 'end the line'],
  ['a name that begins with a digit', '1x 1', 'no metric name at "1x 1"', 'begin'],
  ['a bare comma', 'x{,} 1', 'no label name', 'name="value"'],
  ['braces that do not close', 'x{a="b" 1', 'no , or } after label a', 'between labels'],
  ['no =', 'x{a} 1', 'no = after label a', 'a="value"'],
  ['other quotes', "x{a='b'} 1", 'not in "', 'a="value"'],
  ['a value that does not end', 'x{a="b', 'does not end', String.raw`\n`],
  ['a label twice', 'x{a="b",a="c"} 1', 'label a is there twice', 'once'],
  ['the reserved label', 'x{__name__="y"} 1', '__name__ is reserved', 'the name is x'],
];
test.each(refused)('a line is refused: %s', (_name, line, problem, remedy) => {
  let error: unknown;
  try {
    readSampleLine(line);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(LineError);
  expect((error as LineError).message).toContain(problem);
  expect((error as LineError).remedy).toContain(remedy);
});

test('what is very long is read, or refused, at once', () => {
  const value = `\\n${'y'.repeat(5e6)}\\"`;
  expect(readSampleLine(`x{a="${value}"} 1`).labels[0]![1]).toHaveLength(5e6 + 2);
  expect(() => readSampleLine(`x ${'1'.repeat(5e5)}z`)).toThrow('is no number');
  expect(() => readSampleLine(`x{a="${'\\'.repeat(5e6 + 1)}`)).toThrow(OpenValueError);
});

const openMetrics: [name: string, line: string, series: string, value: number, timestamp: number | undefined][] = [
  ['without labels', 'x 1.0', 'x', 1, undefined],
  ['no label in the braces', 'x{} 1', 'x', 1, undefined],
  ['labels', 'x{a="b",c=",} 1 # {"} 1e+06', 'x{a="b",c=",} 1 # {"}', 1e6, undefined],
  ['seconds', 'x 1 1700000000.123', 'x', 1, 1700000000.123],
  ['an exemplar', 'x_total 17.0 # {trace_id="4bf9"} 0.25 1700000000.1', 'x_total', 17, undefined],
  ['an exemplar without labels and time', 'x_total 17.0 # {} 1', 'x_total', 17, undefined],
  ['an exemplar behind a time', 'x_total 17.0 12 # {a="b"} 1', 'x_total', 17, 12],
  ['any escape', String.raw`x{a="\q\"\n\\"} 1`, String.raw`x{a="\\q\"\n\\"}`, 1, undefined],
];
test.each(openMetrics)('a line of OpenMetrics is read: %s', (_name, line, series, value, timestamp) => {
  const { name, labels, exemplarLength, ...rest } = readOpenMetricsLine(line);
  expect(formatSeries(name, labels)).toBe(series);
  expect(rest).toEqual({ value, timestamp, faults: [] });
  expect(exemplarLength !== undefined).toBe(_name.startsWith('an exemplar'));
});

const refusedThere: [name: string, line: string, problem: string][] = [
  ['two blanks', 'x  1', 'not one blank before "1"'],
  ['a tab', 'x\t1', 'not one blank before "1"'],
  ['no blank', 'x{a="b"}1', 'not one blank before "1"'],
  ['a blank at the end', 'x 1 ', '"" is no timestamp'],
  ['a blank among labels', 'x{a="b", c="d"} 1', 'no label name at " c='],
  ['a blank before the braces', 'x {a="b"} 1', 'is no number'],
  ['hexadecimal', 'x 0x1p3', '"0x1p3" is no number'],
  ['an exemplar without a value', 'x 1 # {a="b"}', 'not one blank before ""'],
  ['an exemplar without labels', 'x 1 # 1', '" # 1" at the end'],
  ['more than an exemplar', 'x 1 # {a="b"} 1 2 3', '" 3" after the exemplar'],
  ['a timestamp that is none', 'x 1 now', '"now" is no timestamp'],
];
test.each(refusedThere)('a line of OpenMetrics is refused: %s', (_name, line, problem) => {
  expect(() => readOpenMetricsLine(line)).toThrow(expect.objectContaining({ name: 'LineError' }));
  expect(() => readOpenMetricsLine(line)).toThrow(problem);
});

test('a comma after the last label is refused by Prometheus 2 alone, in OpenMetrics', () => {
  const { labels, faults } = readOpenMetricsLine('x{a="b",} 1');
  expect(labels).toEqual([['a', 'b']]);
  expect(faults).toMatchObject([{ message: 'a , after the last label', refusedBy: ['prometheus2'] }]);
});
