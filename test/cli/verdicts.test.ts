import { beforeAll, expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { dialectOf } from '../../src/decode/dialect.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { type ScrapeVerdict, scrapeVerdicts } from '../support/servers/scrape-verdicts.ts';
import { openMetricsVerdicts } from './verdicts/openmetrics.ts';
import { textVerdicts } from './verdicts/text.ts';

const text = 'text/plain; version=0.0.4; charset=utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const rows = [
  ...textVerdicts.map(([name, body, refusedBy]) => ({ name, body, refusedBy, contentType: text })),
  ...openMetricsVerdicts.map(([name, body, refusedBy]) => ({
    name: `OpenMetrics, ${name}`,
    body,
    refusedBy,
    contentType: openMetrics,
  })),
];

const readersInOrder = [
  ['prometheus2', '2'],
  ['prometheus3', '3'],
  ['promtool', 't'],
] as const;
const limits = { maxSeries: 2000, maxLabelValues: 200, now: 1.7e9 };

test.each(rows)('check says who refuses $name', async ({ body, refusedBy, contentType }) => {
  const { logs } = await examine(Buffer.from(body), dialectOf(contentType), limits);
  const problems = logs.flatMap(({ kinds }) => kinds.flatMap(({ examples }) => examples));
  const readers = new Set(problems.flatMap((problem) => problem.refusedBy ?? []));
  const said = readersInOrder.map(([reader, letter]) => (readers.has(reader) ? letter : ''));
  expect(said.join('')).toBe(refusedBy);
  if (refusedBy !== '') expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  let old: ScrapeVerdict[];
  let current: ScrapeVerdict[];
  beforeAll(async () => {
    const answers = rows.map(({ body, contentType }) => ({ headers: { 'content-type': contentType }, body }));
    old = await scrapeVerdicts(paths.prometheus, answers);
    current = await scrapeVerdicts(paths.prometheus3, answers);
  });

  test.each(rows.map((row, index) => ({ ...row, index })))('scrapes $name, or refuses it', ({ refusedBy, index }) => {
    expect([old[index], current[index]]).toMatchObject([
      { up: !refusedBy.includes('2') },
      { up: !refusedBy.includes('3') },
    ]);
  });
});

// promtool 3.5 knows quotes around names that need none, and promtool 2.42 does not.
const withoutQuotes = textVerdicts.filter(([, , refusedBy]) => refusedBy !== '2');
describeWith(['promtool', 'promtool3'], 'promtool', (paths) => {
  test.each(withoutQuotes)('reads %s, or refuses it', async (_name, body, refusedBy) => {
    const tools = [paths.promtool, paths.promtool3];
    const outputs = await Promise.all(tools.map(async (tool) => (await checkMetrics(tool, body)).output));
    // What one of the two reads is not said to be refused.
    const areErrors = outputs.map((output) => output.startsWith('error while linting'));
    expect(areErrors.every(Boolean)).toBe(refusedBy.includes('t'));
  });
});
