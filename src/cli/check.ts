import { type Host, interruptedCode } from './host.ts';
import { Inspection } from './inspection.ts';
import { type Checked, countProblems, formatReport, toJson } from './report.ts';
import { likePrometheus, scrape } from './scrape.ts';
import { formatSafely, replaceSteering } from './steering.ts';
import { readTarget } from './target.ts';
import { readArguments, readCount, readSeconds } from './usage.ts';

export const checkUsage = `Looks for what is wrong with the metrics of endpoints, as promtool check metrics does and beyond it.

  grpc-vitals check [options] URL...

  --interval 5s           scrape a second time after this long, and look for counters that went backwards
  --max-series 2000       warn of families with more series
  --max-label-values 200  warn of labels with more values
  --strict                warnings fail the check too
  --openmetrics-strict    hold OpenMetrics to its specification, also where Prometheus reads it
  --json                  print the problems as JSON
  --header 'NAME: VALUE'  send a header along; may be given several times
  --timeout 10s           for each scrape

Exit code: 0 nothing is wrong, 1 errors were found (with --strict: or warnings), 2 an endpoint could not be read, or wrong usage.
`;

/** Runs `grpc-vitals check`; resolves with the exit code. Throws `UsageError`. */
export async function check(args: readonly string[], host: Host): Promise<number> {
  const { values: options, urls } = readArguments('check', args, {
    interval: { type: 'string' },
    'max-series': { type: 'string', default: '2000' },
    'max-label-values': { type: 'string', default: '200' },
    strict: { type: 'boolean', default: false },
    'openmetrics-strict': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    header: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '10s' },
  });
  const limits = {
    maxSeries: readCount('--max-series', options['max-series']),
    maxLabelValues: readCount('--max-label-values', options['max-label-values']),
    isStrict: options['openmetrics-strict'],
  };
  const interval = options.interval === undefined ? undefined : readSeconds('--interval', options.interval);
  const timeoutSeconds = readSeconds('--timeout', options.timeout);
  const scrapeOptions = { timeoutSeconds, interrupted: host.interrupted, accept: likePrometheus };
  const inspections = urls
    .map((url) => readTarget(url, options.header))
    .map((target) => {
      const ask = () => scrape(target, host.request, scrapeOptions);
      return new Inspection(target.url, ask, limits, host.wallClock);
    });

  await Promise.all(inspections.map((inspection) => inspection.examine()));
  if (interval !== undefined && !host.interrupted.aborted) {
    await host.sleep(interval, host.interrupted);
    if (!host.interrupted.aborted) await Promise.all(inspections.map((inspection) => inspection.compare()));
  }
  if (host.interrupted.aborted) return interruptedCode;
  return report(
    inspections.map(({ checked }) => checked),
    options,
    host,
  );
}

function report(
  checked: readonly Checked[],
  { json, strict }: { readonly json: boolean; readonly strict: boolean },
  host: Host,
): number {
  host.out(json ? `${formatSafely({ targets: checked.map(toJson) }, 2)}\n` : formatReport(checked));
  const errors = checked.map(({ error }) => error).filter((error) => error !== undefined);
  for (const error of errors) host.err(`grpc-vitals: ${replaceSteering(error)}\n`);
  if (errors.length > 0) return 2;
  const fails = (endpoint: Checked) =>
    countProblems(endpoint, 'error') > 0 || (strict && countProblems(endpoint, 'warning') > 0);
  return checked.some(fails) ? 1 : 0;
}
