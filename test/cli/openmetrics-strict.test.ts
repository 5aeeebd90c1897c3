import { GrpcMetrics } from 'grpc-vitals';
import { expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { dialectOf } from '../../src/decode/dialect.ts';
import { readOpenMetrics } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type ScrapeVerdict, scrapeVerdicts } from '../support/servers/scrape-verdicts.ts';
import { answerOf, runCommand } from './host.ts';

const contentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const limits = { maxSeries: 2000, maxLabelValues: 200, now: 1 };

const histogram = (...lines: string[]) => `# TYPE h histogram\n${lines.map((line) => `h${line}\n`).join('')}`;
const gauges = (...lines: string[]) => `# TYPE g gaugehistogram\n${lines.map((line) => `g${line}\n`).join('')}`;
const inf = '_bucket{le="+Inf"} 2';

/** What the specification allows. */
const good: [name: string, text: string][] = [
  ['a counter of parts', '# TYPE c counter\nc_total 1.5\n'],
  ['a counter', '# TYPE c counter\nc_total 1\nc_created 1\n'],
  ['a histogram', histogram('_bucket{le="1"} 1', inf, '_count 2', '_sum 3')],
  ['buckets alone', histogram('_bucket{le="1"} 1', inf)],
  ['bounds below 0', histogram('_bucket{le="-1"} 1', inf)],
  ['a gauge histogram', gauges(inf, '_gcount 2', '_gsum 3')],
  ['a gauge histogram below 0', gauges('_bucket{le="-1"} 1', inf, '_gcount 2', '_gsum -3')],
  ['a summary', '# TYPE s summary\ns{quantile="0.5"} 1\ns_count 1\ns_sum 1\n'],
  ['an info', '# TYPE i info\ni_info{version="1"} 1\n'],
  ['an info whose times go backwards', '# TYPE i info\ni_info{a="1"} 1 2\ni_info{a="2"} 1 1\n'],
  ['a state set', '# TYPE s stateset\ns{s="on"} 1\ns{s="off"} 0\n'],
  ['an unknown', '# TYPE u unknown\nu -1\n'],
  ['no metadata', 'x NaN\n'],
  ['samples at several times', '# TYPE g gauge\ng{a="1"} 1 1\ng{a="1"} 2 2\ng{a="2"} 1 1\n'],
  ['a unit', '# TYPE x_seconds gauge\n# UNIT x_seconds seconds\nx_seconds 1\n'],
];

/** What it forbids, though Prometheus reads it. */
const bad: [name: string, text: string][] = [
  ['TYPE twice', '# TYPE c counter\n# TYPE c counter\nc_total 1\n'],
  ['another TYPE', '# TYPE c info\n# TYPE c counter\nc_total 1\n'],
  ['HELP twice', '# HELP x h\n# HELP x h\nx 1\n'],
  ['UNIT twice', '# UNIT x_s s\n# UNIT x_s s\nx_s 1\n'],
  ['TYPE after samples', '# HELP x h\nx 1\n# TYPE x gauge\n'],
  ['UNIT after samples', '# TYPE x_s gauge\nx_s 1\n# UNIT x_s s\n'],
  ['a family in two places', '# TYPE x gauge\nx{a="1"} 1\n# TYPE y gauge\ny 1\nx{a="2"} 1\n'],
  ['names that clash', '# TYPE c_created gauge\nc_created 1\n# TYPE c counter\nc_total 1\n'],
  ['a sample without metadata whose name is that of another family', 'i_info{a="1"} 1\n# TYPE i info\n'],
  ['an info with a unit', '# TYPE x_u info\n# UNIT x_u u\nx_u_info 1\n'],
  ['a state set with a unit', '# TYPE x_u stateset\n# UNIT x_u u\nx_u{x_u="a"} 1\n'],
  ['a counter without _total', '# TYPE c counter\nc 1\n'],
  ['a summary without quantile', '# TYPE s summary\ns 1\n'],
  ['a quantile above 1', '# TYPE s summary\ns{quantile="1.5"} 1\n'],
  ['a quantile that is negative', '# TYPE s summary\ns{quantile="0.5"} -1\n'],
  ['a sum of a summary that is NaN', '# TYPE s summary\ns_sum NaN\n'],
  ['a sum of a summary below 0', '# TYPE s summary\ns_sum -1\n'],
  ['a state without its label', '# TYPE s stateset\ns 1\n'],
  ['a state that is 2', '# TYPE s stateset\ns{s="on"} 2\n'],
  ['an info that is 2', '# TYPE i info\ni_info 2\n'],
  ['a count without a sum', histogram(inf, '_count 2')],
  ['a sum without a count', histogram(inf, '_sum 2')],
  ['a sum beside a bound below 0', histogram('_bucket{le="-1"} 1', inf, '_count 2', '_sum 1')],
  ['a sum below 0', histogram(inf, '_count 2', '_sum -1')],
  ['buckets that are not sorted', histogram('_bucket{le="2"} 1', '_bucket{le="1"} 1', inf)],
  ['+Inf in another spelling', histogram('_bucket{le="+INF"} 2')],
  ['no +Inf', histogram('_bucket{le="1"} 2')],
  ['a bucket without le', histogram('_bucket 2')],
  [
    'histograms whose lines are mixed',
    histogram('_bucket{a="1",le="+Inf"} 1', '_bucket{a="2",le="+Inf"} 1', '_count{a="1"} 1', '_sum{a="1"} 1'),
  ],
  ['a gauge histogram without +Inf', gauges('_gsum 1')],
  ['a gauge histogram without a sum', gauges(inf, '_gcount 2')],
  ['a gauge histogram without a count', gauges(inf, '_gsum 2')],
  ['a gauge histogram with a sum below 0', gauges(inf, '_gcount 2', '_gsum -1')],
  ['a gauge histogram whose count is not its last bucket', gauges(inf, '_gcount 3', '_gsum 2')],
  ['a gauge histogram that is not cumulative', gauges('_bucket{le="1"} 3', inf, '_gcount 2', '_gsum 2')],
  ['half an observation in a bucket', gauges('_bucket{le="1"} 0.5', inf, '_gcount 2', '_gsum 2')],
  ['half an observation of a summary', '# TYPE s summary\ns_count 1.5\ns_sum 1\n'],
  ['infinitely many observations', histogram('_bucket{le="+Inf"} +Inf', '_count +Inf', '_sum 2')],
  ['a gauge histogram with a count below 0', gauges('_bucket{le="+Inf"} -1')],
  ['an exemplar of a gauge named as a bucket', '# TYPE a_bucket gauge\na_bucket 1 # {a="b"} 1\n'],
  ['a long exemplar', `# TYPE c counter\nc_total 1 # {a="${'b'.repeat(200)}"} 1\n`],
  ['times that go backwards', '# TYPE g gauge\ng 1 2\ng 1 1\n'],
  ['a time of one state alone', '# TYPE s stateset\ns{s="on"} 1 1\ns{s="off"} 0\n'],
  ['a time of one info alone', '# TYPE i info\ni_info{a="1"} 1\ni_info{a="2"} 1 5\n'],
  ['parts of a summary whose times go backwards', '# TYPE s summary\ns_count 1 2\ns_sum 1 1\n'],
  ['a time of one sample alone', '# TYPE g gauge\ng 1\ng 1 1\n'],
];

const end = '# EOF\n';
async function errorsOf(text: string, isStrict: boolean): Promise<string[]> {
  const { logs } = await examine(Buffer.from(text + end), dialectOf(contentType), limits, { isStrict });
  const problems = logs.flatMap(({ kinds }) => kinds.flatMap(({ examples }) => examples));
  return problems
    .filter(({ severity, rule }) => severity === 'error' && rule === 'openmetrics')
    .map(({ problem }) => problem);
}

test.each(good)('the specification allows %s', async (_name, text) => {
  expect(await errorsOf(text, true)).toEqual([]);
});

test.each(bad)('the specification forbids %s', async (_name, text) => {
  expect((await errorsOf(text, true)).length).toBeGreaterThan(0);
  expect(await errorsOf(text, false)).toEqual([]);
});

describeWith(['openmetrics-parser'], 'the reference parser of OpenMetrics', (paths) => {
  test('agrees', async () => {
    const texts = [...good, ...bad].map(([, text]) => text + end);
    const read = await readOpenMetrics(paths['openmetrics-parser'], texts);
    const refused = [...good, ...bad].filter((_row, index) => 'error' in read[index]!).map(([name]) => name);
    expect(refused).toEqual(bad.map(([name]) => name));
  });
});

describeWith(['prometheus', 'prometheus3'], 'Prometheus', (paths) => {
  test('reads all of it', async () => {
    const answers = [...good, ...bad].map(([, text]) => ({
      headers: { 'content-type': contentType },
      body: text + end,
    }));
    const verdicts: ScrapeVerdict[][] = [
      await scrapeVerdicts(paths.prometheus, answers),
      await scrapeVerdicts(paths.prometheus3, answers),
    ];
    for (const found of verdicts) expect(found.filter(({ up }) => !up)).toEqual([]);
  });
});

test('our own OpenMetrics keeps to the specification', async () => {
  const metrics = new GrpcMetrics({ runtime: true, createdSamples: true, exemplars: () => ({ trace_id: 'a' }) });
  metrics.counter({ name: 'jobs_total', help: 'Jobs' }).inc();
  metrics.histogram({ name: 'drift_celsius', help: 'Drift', buckets: [-1, 1] }).observe(0);
  const { body } = await metrics.render({ accept: contentType });
  const { code, out } = await runCommand(['check', '--openmetrics-strict', 'a'], {
    request: async () => answerOf(String(body), { 'content-type': contentType }),
  });
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('no problem') });
});

test('the option says where it has nothing to judge', async () => {
  const { out } = await runCommand(['check', '--openmetrics-strict', 'a'], {
    request: async () => answerOf('# HELP x h\n# TYPE x gauge\nx 1\n'),
  });
  expect(out).toContain(
    'Content-Type: the answer is not OpenMetrics, so that --openmetrics-strict has nothing to judge',
  );
});
