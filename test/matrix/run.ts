import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Project } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a run of the tests counted. */
export interface Outcome {
  readonly passed: number;
  /** Full names of the tests that failed, and files that could not be loaded. */
  readonly failed: readonly string[];
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface RunOptions {
  /** Path of the Node that runs vitest; by default the one that runs this test. */
  readonly node?: string;
  /** Files and folders of tests, as on vitest's command line. */
  readonly filters: readonly string[];
  /** Files to load in place of packages, by the package's name. */
  readonly alias?: Readonly<Record<string, string>>;
}

/** Runs tests of this repository with another Node or other packages. Its configuration and report are in the project's folder. */
export async function runTests(
  project: Project,
  { node = process.execPath, filters, alias = {} }: RunOptions,
): Promise<Outcome> {
  const report = join(project.folder, 'report.json');
  const config = join(project.folder, 'vitest.config.mts');
  const base = JSON.stringify(join(root, 'vitest.config.ts'));
  const settings = JSON.stringify({ root, resolve: { alias } });
  const reporters = JSON.stringify([['json', { outputFile: report }]]);
  await writeFile(
    config,
    `import base from ${base};
export default { ...base, ...${settings}, test: { ...base.test, reporters: ${reporters} } };
`,
  );
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', config, ...filters];
  const options = { folder: relative(project.folder, root), timeoutSeconds: 1200 };
  const crash = await project.run(node, args, options).then(
    () => undefined,
    (error: unknown) => error, // vitest fails where a test does, which the report says
  );
  const text = await readFile(report, 'utf8').catch(() => {
    throw new Error('vitest wrote no report', { cause: crash });
  });
  return outcomeOf(JSON.parse(text) as Report); // as vitest writes it
}

function outcomeOf({ numPassedTests, testResults }: Report): Outcome {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: [...failed, ...unloaded.map(({ name, message }) => `${name}: ${message}`)] };
}
