import { importProblem } from './folders.ts';
import { importSpecifiers, runtimeSpecifiers, withoutComments } from './imports.ts';
import { metricNames } from './metric-names.ts';

/** The only files that may read the environment. */
const readsEnvironment = (path: string) =>
  path.startsWith('cli/') || path === 'register.ts' || path === 'processes/environment.ts';

const environment =
  /\bprocess\s*(?:\??\.\s*env|\[\s*['"`]env)\b|\benv\b[^;\n]*\bfrom\s*['"]node:process|[{,]\s*env\b[^;=]*}\s*=\s*process\b/;

/** The build replaces the first by the page itself, and whoever imports the second by the code of a thread. */
const replacedByBuild: readonly string[] = ['live/page-file.ts', 'core/built-thread.ts'];

const maxLines = 300;

/** What is wrong with a file of `src`, by its path there. */
export function problems(path: string, source: string): string[] {
  const found: string[] = [];
  for (const specifier of importSpecifiers(source)) {
    const problem = importProblem(path, specifier);
    if (problem !== undefined) found.push(`${path} imports ${specifier}: ${problem}`);
  }
  if (path.startsWith('adapters/')) {
    for (const specifier of runtimeSpecifiers(source).filter((one) => !/^(?:\.|node:)/.test(one))) {
      found.push(`${path} loads ${specifier}: users of other frameworks lack it`);
    }
  }
  if (environment.test(withoutComments(source)) && !readsEnvironment(path)) {
    found.push(`${path} reads process.env: only cli, register.ts and processes/environment.ts may`);
  }
  if (/\bimport\s*\.\s*meta\b/.test(withoutComments(source)) && !replacedByBuild.includes(path)) {
    found.push(`${path} uses import.meta: what is shipped is CommonJS`);
  }
  if (!path.startsWith('naming/')) {
    for (const name of metricNames(source)) found.push(`${path} spells ${name}: only naming may`);
  }
  const lines = source.split('\n').length - 1;
  if (lines > maxLines) found.push(`${path} has ${lines} lines: a second idea wants a file of its own`);
  return found;
}
