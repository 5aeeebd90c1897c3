import type { Problem, Reader, Severity } from '../decode/problem.ts';
import type { ProblemKind } from './problem-log.ts';
import { replaceSteering } from './steering.ts';

/** The problems of one endpoint. */
export interface Checked {
  readonly url: string;
  readonly kinds: readonly ProblemKind[];
  readonly families: number;
  readonly samples: number;
  /** Why it could not be read, or not again; begins with the URL. */
  readonly error?: string | undefined;
}

/** Problems that are alike are shown up to here: a label that is wrong is wrong in a thousand series. */
const shown = 3;
/** Characters of each part of a line. */
const longest = 1000;

/** One line per problem, errors first, and a summary of each endpoint that was read. */
export function formatReport(checked: readonly Checked[]): string {
  const lines = (['error', 'warning'] as const).flatMap((severity) => {
    const found = checked.flatMap((endpoint) => linesOf(endpoint, severity));
    return found.length === 0 ? [] : [`${severity}s:`, ...found];
  });
  const summaries = checked.filter(wasRead).map(summary);
  return [...lines, ...summaries].map((line) => `${line}\n`).join('');
}

/** An endpoint in the report as JSON. `omitted` is how many problems there are beyond those in it. */
export function toJson({ url, kinds, families, samples, error }: Checked): object {
  const problems = kinds.flatMap(({ examples }) => examples);
  const omitted = kinds.reduce((sum, { count }) => sum + count, 0) - problems.length;
  return {
    url,
    ...(error !== undefined && { error }),
    problems,
    ...(omitted > 0 && { omitted }),
    families,
    samples,
  };
}

export function countProblems({ kinds }: Checked, severity: Severity): number {
  return kinds.reduce((sum, kind) => sum + (kind.severity === severity ? kind.count : 0), 0);
}

function wasRead({ error, kinds, samples }: Checked): boolean {
  return error === undefined || kinds.length > 0 || samples > 0;
}

function linesOf({ url, kinds }: Checked, severity: Severity): string[] {
  return kinds.flatMap(({ severity: own, examples, count }) => {
    if (own !== severity) return [];
    const lines = examples.slice(0, shown).map((problem) => formatProblem(url, problem));
    const rest = count - lines.length;
    const inJson = examples.length === count ? 'them all' : `the first ${examples.length}`;
    return rest > 0 ? [...lines, `${url}: and ${rest} more like the last (--json lists ${inJson})`] : lines;
  });
}

function formatProblem(url: string, { subject, line, problem, remedy, refusedBy }: Problem): string {
  const where = shorten(subject) + (line === undefined || subject.startsWith('line ') ? '' : ` on line ${line}`);
  const verdict = refusedBy === undefined ? '' : `: ${verdictOf(refusedBy)}`;
  return replaceSteering(`${url}: ${where}: ${shorten(problem)} (${shorten(remedy)})${verdict}`);
}

/** promtool is only spoken of where Prometheus reads the answer. */
function verdictOf(readers: readonly Reader[]): string {
  const [old, current] = [readers.includes('prometheus2'), readers.includes('prometheus3')];
  if (old && current) return 'Prometheus refuses the whole answer';
  if (current) return 'Prometheus 3 refuses the whole answer';
  return old ? 'Prometheus 2 refuses the whole answer' : 'promtool refuses it, Prometheus reads it';
}

/** A label's value may be of any length. */
function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}...`;
}

function summary(endpoint: Checked): string {
  const { url, families, samples } = endpoint;
  const [errors, warnings] = [countProblems(endpoint, 'error'), countProblems(endpoint, 'warning')];
  const found = `${formatCount(errors, 'error')}, ${formatCount(warnings, 'warning')}`;
  return `${url}: ${errors + warnings === 0 ? 'no problem' : found} in ${formatCount(families, 'family')}, ${formatCount(samples, 'sample')}`;
}

function formatCount(number: number, noun: string): string {
  if (number === 1) return `1 ${noun}`;
  return `${number} ${noun === 'family' ? 'families' : `${noun}s`}`;
}
