/** Who refuses the whole text: Prometheus 2, Prometheus 3, promtool (both releases); '' where all read it. */
type Refusal = '' | '2' | '3' | '23' | 't' | '23t';

export type VerdictRow = readonly [name: string, body: string | Uint8Array, refusedBy: Refusal];

const head = '# HELP x h\n# TYPE x gauge\n';
const good = `${head}x 1\n`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const endings: readonly VerdictRow[] = [
  ['nothing', '', ''],
  ['a good text', good, ''],
  ['an open last line', `${head}x 1`, 't'],
  ['an open comment', `${good}# so`, 't'],
  ['an open help text', `${good}# HELP y`, 't'],
  ['cut within a name', `${good}y`, '23t'],
  ['cut within labels', `${good}x{a="b`, '23t'],
  ['cut within a value', `${head}x 12`, 't'],
  ['the end of OpenMetrics', `${good}# EOF\n`, ''],
  ['Windows line ends', good.replaceAll('\n', '\r\n'), '23t'],
  ['Windows line ends of samples', `${head}x 1\r\n`, '23t'],
  ['Windows line ends of TYPE', '# HELP x h\n# TYPE x gauge\r\nx 1\n', '23t'],
  ['Windows line ends of help texts', '# HELP x h\r\n# TYPE x gauge\nx 1\n', ''],
  ['Windows line ends of comments', `${good}# so\r\n`, ''],
  ['Windows line ends of empty lines', `${good}\r\n`, '23t'],
  ['blank lines', `\n${good}  \n\t\n`, ''],
  ['a vertical tab', `${good}\v\n`, '23t'],
];

const encodings: readonly VerdictRow[] = [
  ['a byte order mark', `\uFEFF${good}`, '23t'],
  ['a byte order mark before a comment', `\uFEFF# so\n${good}`, '23t'],
  ['a byte order mark before an empty line', `\uFEFF\n${good}`, '23t'],
  ['a byte order mark in the middle', `${good}\uFEFFy 1\n`, '23t'],
  ['UTF-16', Buffer.from(`\uFEFF${good}`, 'utf16le'), '23t'],
  ['Latin-1 in a label', latin1(`${head}x{a="\xE9"} 1\n`), '23t'],
  ['Latin-1 in a help text', latin1('# HELP x \xE9\n# TYPE x gauge\nx 1\n'), '23'],
  ['Latin-1 in a comment', latin1(`# \xE9\n${good}`), ''],
  [
    'half of a surrogate pair',
    Buffer.concat([latin1(`${head}x{a="`), Buffer.from('eda080', 'hex'), latin1('"} 1\n')]),
    '23t',
  ],
  ['U+FFFD itself', `${head}x{a="\uFFFD"} 1\n`, ''],
  ['a NUL in a label', `${head}x{a="\0"} 1\n`, ''],
  ['a NUL in a help text', '# HELP x \0h\n# TYPE x gauge\nx 1\n', ''],
  ['a NUL in a comment', `# \0\n${good}`, ''],
  ['a NUL as a line', `${good}\0\n`, 't'],
  ['a NUL and what Prometheus never sees', `${good}\0 <>\n<<>>\n`.replace('<<>>\n', ''), 't'],
  ['a NUL at the end', `${good}\0`, 't'],
  ['a NUL in a value', `${head}x 1\0\n`, '23t'],
  ['a NUL in a name', `${head}x\0y 1\n`, '23t'],
];

const blanks: readonly VerdictRow[] = [
  ['a blank at the end', `${head}x 1 \n`, 't'],
  ['a tab at the end', `${head}x 1\t\n`, 't'],
  ['a blank behind a timestamp', `${head}x 1 1 \n`, 't'],
  ['a blank before the name', `${head} x 1\n`, '2'],
  ['a tab before the name', `${head}\tx{a="b"} 1\n`, '2'],
  ['a blank before #', ` # HELP x h\n # TYPE x gauge\nx 1\n`, ''],
  ['tabs between', '# HELP\tx\th\n# TYPE\tx\tgauge\nx\t1\n', ''],
  ['two blanks between', `${head}x  1  1\n`, ''],
  ['blanks among labels', `${head}x { a = "b" , c = "d" } 1\n`, ''],
  ['no blank before the value', `${head}x{a="b"}1\n`, ''],
  ['a no-break space', `${head}x\u00A01\n`, '23t'],
];

const labels: readonly VerdictRow[] = [
  ['a comma at the end', `${head}x{a="b",} 1\n`, ''],
  ['a bare comma', `${head}x{,} 1\n`, '23t'],
  ['two commas', `${head}x{a="b",,} 1\n`, '23t'],
  ['no comma', `${head}x{a="b" c="d"} 1\n`, 't'],
  ['no comma and no blank', `${head}x{a="b"c="d"} 1\n`, 't'],
  ['a quote in a value', `${head}x{a="b"c"} 1\n`, '23t'],
  ['other quotes', `${head}x{a='b'} 1\n`, '23t'],
  ['an open brace', `${head}x{a="b" 1\n`, '23t'],
  ['a new line in a value', `${head}x{a="b\nc"} 1\n`, 't'],
  ['two new lines in a value', `${head}x{a="b\nc\nd"} 1\ny 1\n`, 't'],
  ['a value that does not end', `${head}x{a="b} 1\nx{c="d"} 2\n`, '23t'],
  ['a backslash before the quote', `${head}x{a="b\\"} 1\n`, '23t'],
  ['an unknown escape', `${head}x{a="\\q"} 1\n`, 't'],
  ['a label twice', `${head}x{a="b",a="c"} 1\n`, '23t'],
  ['the label __name__', `${head}x{__name__="c"} 1\n`, '23t'],
  ['another label with two _', `${head}x{__foo="c"} 1\n`, ''],
  ['a label without a name', `${head}x{="c"} 1\n`, '23t'],
  ['a label with a dot', `${head}x{a.b="c"} 1\n`, '23t'],
  ['a label with a colon', `${head}x{a:b="c"} 1\n`, '23t'],
  ['an empty label', `${head}x{a=""} 1\n`, ''],
  ['empty braces', `${head}x{} 1\n`, ''],
];

const names: readonly VerdictRow[] = [
  ['a dot in a name', 'x.y 1\n', '23t'],
  ['a digit first', '1x 1\n', '23t'],
  ['a letter beyond ASCII', 'é 1\n', '23t'],
  ['no name', '{a="b"} 1\n', '23t'],
  ['no name and no label', '{} 1\n', '23t'],
  ['a name in quotes', `${head}{"x"} 1\n`, '2'],
  ['a name in quotes among labels', `${head}{a="b","x"} 1\n`, '2'],
  ['a name in quotes with a comma', '{"x",} 1\n', '2'],
  ['a name in quotes without a comma', '{"x" "y"} 1\n', '23t'],
  ['an empty name in quotes', '{""} 1\n', '23t'],
  ['two names', `${head}x{"y"} 1\n`, '23t'],
];

const numbers: readonly VerdictRow[] = [
  ...(['+Inf', 'INF', 'infinity', 'nAn', '1e-999', '.5', '5.', '+5', '1E+5', '0777'] as const).map(
    (value): VerdictRow => [`the value ${value}`, `${head}x ${value}\n`, ''],
  ),
  ...(
    ['+nan', '-nan', '0x1p3', '0x1F', '1_000', '1e999', '-1e400', '1,5', 'true', 'null', '"1"', 'infi', '--1'] as const
  ).map((value): VerdictRow => [`the value ${value}`, `${head}x ${value}\n`, '23t']),
  ['no value', `${head}x\n`, '23t'],
  ['no value behind labels', `${head}x{a="b"} \n`, '23t'],
  ['a timestamp', `${head}x 1 1700000000000\n`, ''],
  ['a timestamp below 0', `${head}x 1 -12\n`, '23'],
  ['a timestamp with a sign', `${head}x 1 +12\n`, '23'],
  ['a timestamp with a point', `${head}x 1 12.5\n`, '23t'],
  ['a timestamp with an exponent', `${head}x 1 1e3\n`, '23t'],
  ['a timestamp that is too large', `${head}x 1 99999999999999999999\n`, '23t'],
  ['more than a timestamp', `${head}x 1 12 3\n`, '23t'],
  ['an exemplar', `${head}x 1 # {a="b"} 1\n`, '23t'],
  ['StatsD', 'x:1|c\n', '23t'],
];

const metadata: readonly VerdictRow[] = [
  ['no blank behind #', '#HELP x h\n#TYPE x gauge\nx 1\n', ''],
  ['no blank behind #, and no type', '#TYPE x foo\nx 1\n', 't'],
  ['two blanks behind #', '#  TYPE x gauge\nx 1\n', ''],
  ['another comment', '## HELP x h\n# type x foo\n# TYPEx foo\nx 1\n', ''],
  ['HELP and TYPE alone', '# HELP\n# TYPE\nx 1\n', ''],
  ['HELP without a text', '# HELP x\nx 1\n', ''],
  ['TYPE without a type', '# TYPE x\nx 1\n', '23'],
  ['TYPE with a blank and no type', '# TYPE x \nx 1\n', '23'],
  ['a type in capitals', '# TYPE x GAUGE\nx 1\n', '23'],
  ['two blanks before the type', '# TYPE x  gauge\nx 1\n', '23'],
  ['a blank behind the type', '# TYPE x gauge \nx 1\n', '23t'],
  ['more than a type', '# TYPE x gauge extra\nx 1\n', '23t'],
  ...(['foo', 'unknown', 'info', 'stateset'] as const).map(
    (type): VerdictRow => [`the type ${type}`, `# TYPE x ${type}\nx 1\n`, '23t'],
  ),
  ['the type gaugehistogram', '# TYPE x gaugehistogram\nx 1\n', '23'],
  ['a bad name in HELP', `# HELP 1x foo\n${good}`, '23t'],
  ['a bad name in TYPE', `# TYPE 1x gauge\n${good}`, '23t'],
  ['a dot in the name in HELP', `# HELP x.y h\n${good}`, 't'],
  ['a dot in the name in TYPE', `# TYPE x.y gauge\n${good}`, '23t'],
  ['a name in quotes in HELP', `# HELP "x" h\n${good.slice(11)}`, '2'],
  ['an unknown escape in a help text', '# HELP x \\q\n# TYPE x gauge\nx 1\n', 't'],
  ['a backslash at the end of a help text', '# HELP x foo\\\n# TYPE x gauge\nx 1\n', 't'],
  ['HELP twice', `# HELP x h\n${good}`, 't'],
  ['HELP twice, without a text', '# TYPE s summary\ns_sum 1\ns_count 1\n# HELP s\n# HELP s \n', ''],
  ['HELP twice, at first without a text', `# HELP x \n${good}`, ''],
  ['HELP twice, then without a text', `${head}# HELP x \nx 1\n`, ''],
  ['HELP after samples', '# TYPE x gauge\nx 1\n# HELP x h\n', ''],
  ['TYPE twice', `${head}# TYPE x gauge\nx 1\n`, 't'],
  ['TYPE twice, another one', `${head}# TYPE x counter\nx 1\n`, 't'],
  ['TYPE after samples', '# HELP x h\nx 1\n# TYPE x gauge\n', 't'],
  ['a bound that is no number', '# HELP h h\n# TYPE h histogram\nh_bucket{le="a"} 5\n', 't'],
  ['a bound that is NaN', '# HELP h h\n# TYPE h histogram\nh_bucket{le="NaN"} 5\n', ''],
  ['a quantile that is no number', '# HELP x h\n# TYPE x summary\nx{quantile="a"} 1\n', 't'],
  ['a page', '<html></html>\n', '23t'],
];

/** Texts in the format 0.0.4. */
export const textVerdicts: readonly VerdictRow[] = [
  ...endings,
  ...encodings,
  ...blanks,
  ...labels,
  ...names,
  ...numbers,
  ...metadata,
];
