import type { Problem, Severity } from '../decode/problem.ts';
import { replaceSteering } from './steering.ts';

/** The problems of one endpoint. */
export interface Checked {
  readonly url: string;
  readonly problems: readonly Problem[];
  readonly families: number;
  readonly samples: number;
}

/** Problems of one rule and family beyond these are only counted: a label that is wrong is wrong in a thousand series. */
const shown = 3;
/** Characters of each part of a line. */
const longest = 1000;

/** One line per problem, errors first, and a summary. */
export function formatReport(checked: readonly Checked[]): string {
  const lines = (['error', 'warning'] as const).flatMap((severity) => {
    const found = checked.flatMap((endpoint) => linesOf(endpoint, severity));
    return found.length === 0 ? [] : [`${severity}s:`, ...found];
  });
  return `${[...lines, ...checked.map(summary)].join('\n')}\n`;
}

export function countProblems({ problems }: Checked, severity: Severity): number {
  return problems.filter((problem) => problem.severity === severity).length;
}

function linesOf({ url, problems }: Checked, severity: Severity): string[] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.severity !== severity) continue;
    const kind = `${problem.rule} ${problem.subject.replace(/\{.*/s, '').replace(/\d+$/, '')}`;
    const alike = kinds.get(kind);
    if (alike === undefined) kinds.set(kind, [problem]);
    else alike.push(problem);
  }
  return Array.from(kinds.values()).flatMap((alike) => {
    const lines = alike.slice(0, shown).map((problem) => formatProblem(url, problem));
    const rest = alike.length - shown;
    return rest > 0 ? [...lines, `${url}: and ${rest} more like the last (--json lists them all)`] : lines;
  });
}

function formatProblem(url: string, { subject, line, problem, remedy }: Problem): string {
  const where = shorten(subject) + (line === undefined || subject.startsWith('line ') ? '' : ` on line ${line}`);
  return replaceSteering(`${url}: ${where}: ${shorten(problem)} (${shorten(remedy)})`);
}

/** A label's value may be of any length. */
function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}...`;
}

function summary(endpoint: Checked): string {
  const { url, families, samples } = endpoint;
  const [errors, warnings] = [countProblems(endpoint, 'error'), countProblems(endpoint, 'warning')];
  const found = `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
  return `${url}: ${errors + warnings === 0 ? 'no problem' : found} in ${count(families, 'family')}, ${count(samples, 'sample')}`;
}

function count(number: number, noun: string): string {
  if (number === 1) return `1 ${noun}`;
  return `${number} ${noun === 'family' ? 'families' : `${noun}s`}`;
}
