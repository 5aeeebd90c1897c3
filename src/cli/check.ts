import { dialectOf, textFormat } from '../decode/dialect.ts';
import type { Exposition } from '../decode/exposition.ts';
import { readExposition } from '../decode/exposition-reader.ts';
import type { Problem } from '../decode/problem.ts';
import { type Scraped, scrape } from './fetch.ts';
import { type Host, interruptedCode } from './host.ts';
import { type Checked, countProblems, formatReport } from './report.ts';
import { backwards } from './rules/backwards.ts';
import { buckets } from './rules/buckets.ts';
import { cardinality } from './rules/cardinality.ts';
import { histograms } from './rules/histograms.ts';
import { names } from './rules/names.ts';
import { processes } from './rules/processes.ts';
import type { Limits, Rule } from './rules/rule.ts';
import { values } from './rules/values.ts';
import { zeroSeries } from './rules/zero-series.ts';
import { formatSafely } from './steering.ts';
import { readTarget, type Target } from './target.ts';
import { readArguments, readCount, readSeconds } from './usage.ts';

export const checkUsage = `Looks for what is wrong with the metrics of endpoints, as promtool check metrics does and beyond it.

  grpc-vitals check [options] URL...

  --interval 5s           scrape a second time after this long, and look for counters that went backwards
  --max-series 2000       warn of families with more series
  --max-label-values 200  warn of labels with more values
  --strict                warnings fail the check too
  --json                  print the problems as JSON
  --header 'NAME: VALUE'  send a header along; may be given several times
  --timeout 10s           for each scrape

Exit code: 0 nothing is wrong, 1 errors were found (with --strict: or warnings), 2 an endpoint could not be read, or wrong usage.
`;

/** Runs `grpc-vitals check`; resolves with the exit code. Throws `UsageError` and `UnreadableError`. */
export async function check(args: readonly string[], host: Host): Promise<number> {
  const { values: options, urls } = readArguments('check', args, {
    interval: { type: 'string' },
    'max-series': { type: 'string', default: '2000' },
    'max-label-values': { type: 'string', default: '200' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    header: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '10s' },
  });
  const limits = {
    maxSeries: readCount('--max-series', options['max-series']),
    maxLabelValues: readCount('--max-label-values', options['max-label-values']),
  };
  const interval = options.interval === undefined ? undefined : readSeconds('--interval', options.interval);
  const timeoutSeconds = readSeconds('--timeout', options.timeout);
  // Over a connection of its own each time: workers of a cluster take connections in turn.
  const ask = ({ url, headers }: Target) =>
    scrape({ url, headers: { ...headers, connection: 'close' } }, host.fetch, {
      timeoutSeconds,
      interrupted: host.interrupted,
    });
  const targets = urls.map((url) => readTarget(url, options.header));

  const first = await Promise.all(targets.map(ask));
  const again = await Promise.all(targets.map((target) => ask(target).catch(() => undefined)));
  let second: Scraped[] = [];
  if (interval !== undefined) {
    await host.sleep(interval, host.interrupted);
    if (host.interrupted.aborted) return interruptedCode;
    second = await Promise.all(targets.map(ask));
  }
  const checked = await Promise.all(
    targets.map(({ url }, index) =>
      checkOne(url, { first: first[index]!, again: again[index], second: second[index] }, limits),
    ),
  );
  host.out(options.json ? `${formatSafely({ targets: checked }, 2)}\n` : formatReport(checked));
  const fails = (endpoint: Checked) =>
    countProblems(endpoint, 'error') > 0 || (options.strict && endpoint.problems.length > 0);
  return checked.some(fails) ? 1 : 0;
}

const rules: readonly Rule[] = [names, histograms, values, cardinality, buckets, zeroSeries];

/** What is wrong with an exposition that can be seen in one scrape. */
export function problemsOf(exposition: Exposition, limits: Limits): Problem[] {
  return [...exposition.problems, ...rules.flatMap((rule) => [...rule(exposition, limits)])];
}

/** The scrapes of one endpoint. */
interface Scrapes {
  readonly first: Scraped;
  /** Right after the first one. */
  readonly again: Scraped | undefined;
  /** After the interval, if there is one. */
  readonly second: Scraped | undefined;
}

async function checkOne(url: string, { first, again, second }: Scrapes, limits: Limits): Promise<Checked> {
  const exposition = await read(first);
  const problems = [...answer(first, exposition), ...problemsOf(exposition, limits)];
  if (again !== undefined) {
    const next = { exposition: await read(again), process: again.process };
    problems.push(...processes({ exposition, process: first.process }, next));
  }
  if (second !== undefined) for (const problem of backwards(exposition, await read(second))) problems.push(problem);
  const families = [...exposition.families.values()].filter(({ samples }) => samples.length > 0);
  const samples = families.reduce((sum, family) => sum + family.samples.length, 0);
  return { url, problems, families: families.length, samples };
}

function read({ body, contentType }: Scraped): Promise<Exposition> {
  return readExposition(body, dialectOf(contentType));
}

function* answer({ contentType, body }: Scraped, { families }: Exposition): Generator<Problem> {
  if (contentType === '') {
    const problem = 'the answer has no Content-Type: Prometheus 3 refuses it';
    const remedy = 'answer with text/plain; version=0.0.4; charset=utf-8';
    yield { severity: 'error', rule: 'no_content_type', subject: 'Content-Type', problem, remedy };
  }
  if (dialectOf(contentType) === textFormat && /(^|\n)# EOF\n?$/.test(Buffer.from(body.subarray(-7)).toString())) {
    const problem = `it ends as OpenMetrics, but says that it is ${contentType.split(';', 1)[0] || 'nothing'}`;
    const remedy =
      'answer with application/openmetrics-text; version=1.0.0; charset=utf-8, or write the text format 0.0.4';
    yield { severity: 'warning', rule: 'wrong_content_type', subject: 'Content-Type', problem, remedy };
  }
  if ([...families.values()].every(({ samples }) => samples.length === 0)) {
    const remedy = 'does it register its metrics, and is this their URL?';
    yield { severity: 'warning', rule: 'no_samples', subject: 'exposition', problem: 'it has no samples', remedy };
  }
}
