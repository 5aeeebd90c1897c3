import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dialectOf } from '../../src/decode/dialect.ts';
import { readExposition } from '../../src/decode/exposition-reader.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { run } from '../support/servers/promtool.ts';

/** Each sample with a time, without which promtool has no use for it. */
const rows: [name: string, text: string, isGood: boolean][] = [
  ['a sample', 'x 1 1\n# EOF\n', true],
  [
    'all metadata',
    '# HELP x_seconds h\n# TYPE x_seconds gauge\n# UNIT x_seconds seconds\nx_seconds 1 1\n# EOF\n',
    true,
  ],
  ['no line end behind the end', 'x 1 1\n# EOF', true],
  ['labels', 'x{a="b",c=",} # {"} 1 1.5\n# EOF\n', true],
  ['an escape that is none', 'x{a="\\q"} 1 1\n# EOF\n', true],
  ['an exemplar', '# TYPE x counter\nx_total 1 1 # {a="b"} 1 1\n# EOF\n', true],
  ['two blanks', 'x  1 1\n# EOF\n', false],
  ['a blank among labels', 'x{a="b", c="d"} 1 1\n# EOF\n', false],
  ['no blank before the value', 'x{a="b"}1 1\n# EOF\n', false],
  ['a blank at the end', 'x 1 1 \n# EOF\n', false],
  ['no end', 'x 1 1\n', false],
  ['more after the end', 'x 1 1\n# EOF\ny 1 1\n', false],
  ['an empty line', 'x 1 1\n\n# EOF\n', false],
  ['a comment', '# so\nx 1 1\n# EOF\n', false],
  ['a type of the text format', '# TYPE x untyped\nx 1 1\n# EOF\n', false],
  ['a unit that is not in the name', '# TYPE x gauge\n# UNIT x seconds\nx 1 1\n# EOF\n', false],
  ['hexadecimal', 'x 0x1p3 1\n# EOF\n', false],
  ['a time that is none', 'x 1 now\n# EOF\n', false],
  ['an exemplar without a value', '# TYPE x counter\nx_total 1 1 # {a="b"}\n# EOF\n', false],
  ['more than an exemplar', '# TYPE x counter\nx_total 1 1 # {a="b"} 1 2 3\n# EOF\n', false],
];

test.each(rows)('check says of OpenMetrics: %s', async (_name, text, isGood) => {
  const { problems } = await readExposition(Buffer.from(text), dialectOf('application/openmetrics-text'));
  expect(problems.length === 0).toBe(isGood);
});

describeWith(['promtool3'], 'Prometheus as a reader of OpenMetrics', ({ promtool3 }) => {
  test.each(rows)('says the same: %s', async (_name, text, isGood) => {
    const folder = await mkdtemp(join(tmpdir(), 'grpc-vitals-openmetrics-'));
    try {
      await writeFile(join(folder, 'in'), text);
      const args = ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'in'), join(folder, 'out')];
      const { code, stderr } = await run(promtool3, args);
      expect(stderr).not.toContain('timestamp for series');
      expect(code === 0).toBe(isGood);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
