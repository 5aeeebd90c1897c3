import { expect, test } from 'vitest';
import { Inspection } from '../inspection.ts';
import type { Scraped } from '../scrape.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const counter = '# TYPE x_total counter\nx_total 2\n';
const scrapes = (count: number) =>
  `# TYPE promhttp_metric_handler_requests_total counter\npromhttp_metric_handler_requests_total{code="200"} ${count}\n`;
const start = (seconds: number) => `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${seconds}\n`;

const several = '# TYPE grpc_vitals_processes gauge\ngrpc_vitals_processes{state="alive"} 4\n';
/** A count of one of several processes. */
const own = (count: number) => `# TYPE y_total counter\ny_total{worker="0"} ${count}\n`;

type Visit = readonly [text: string, headers?: readonly string[]];
const visits: [name: string, first: Visit, second: Visit, evidence: string | undefined][] = [
  ['the same', [counter], [counter], undefined],
  ['counts that grow', [counter + scrapes(1)], [counter.replace('2', '3') + scrapes(2)], undefined],
  ['another start', [start(1)], [start(1.5)], 'process_start_time_seconds was 1, then 1.5'],
  ['a start in one of them', [counter], [counter + start(1)], 'process_start_time_seconds was missing, then 1'],
  ['another header', [counter, ['a', '17']], [counter, ['b', '17']], 'their headers say so'],
  ['a header in one of them', [counter, []], [counter, ['17']], 'their headers say so'],
  ['the same headers', [counter, ['a', '17']], [counter, ['a', '17']], undefined],
  ['a count that fell', [counter], [counter.replace('2', '1')], 'x_total fell'],
  ['a gauge that fell', ['# TYPE x gauge\nx 2\n'], ['# TYPE x gauge\nx 1\n'], undefined],
  [
    'a scrape that was not counted',
    [scrapes(5)],
    [scrapes(5)],
    'promhttp_metric_handler_requests_total stayed at 5 (or is a cache between?)',
  ],
  ['scrapes that are not counted at all', [scrapes(0)], [scrapes(0)], undefined],
  ['any of several that answer as one', [several + scrapes(5), ['a']], [several + scrapes(5), ['b']], undefined],
  ['one of several that was replaced', [several + own(5)], [several + own(1)], undefined],
  ['a count of a worker, of one process', [own(5)], [own(1)], 'y_total fell'],
  ['a sum of several that fell', [several + counter], [several + counter.replace('2', '1')], 'x_total fell'],
  ['several, and one that is alone', [several, ['a']], [counter, ['b']], 'their headers say so'],
  ['several that begin anew', [several + start(1)], [several + start(2)], 'process_start_time_seconds was 1, then 2'],
];
test.each(visits)('two scrapes: %s', async (_name, first, second, evidence) => {
  const texts = [first, second];
  const scrape = async (): Promise<Scraped> => {
    const [text, process = []] = texts.shift()!;
    return { body: bytes(text), contentType: 'text/plain', fault: undefined, date: undefined, process };
  };
  const limits = { maxSeries: 10, maxLabelValues: 10 };
  const inspection = new Inspection('http://a/metrics', scrape, limits, () => 1.7e9);
  await inspection.examine();
  const all = inspection.checked.kinds.flatMap(({ examples }) => examples);
  const problems = all.filter(({ rule }) => rule === 'different_processes');
  const said = `two scrapes over two connections were answered by different processes: ${evidence}`;
  expect(problems.map(({ severity, rule, problem }) => [severity, rule, problem])).toEqual(
    evidence === undefined ? [] : [['warning', 'different_processes', said]],
  );
});
