import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Project } from '../support/project.ts';
import { runTests } from './run.ts';

/** What depends on Node: all unit tests, and all suites of calls, scrapes and formats. */
const filters = [
  'src/',
  'test/bridge/',
  'test/client-endings/',
  'test/endings/',
  'test/exemplars/',
  'test/exposition/',
  'test/grpc-js/',
  'test/labels/',
  'test/limits/',
  'test/scrape/',
  'test/naming.test.ts',
  'test/options.test.ts',
];

let project: Project;
afterEach(() => project.remove());

test.each(['22', '24', '26'])('the tests pass on Node %s', { timeout: 1_800_000 }, async (version) => {
  project = new Project();
  await project.install([`node@${version}`]); // the package holds the binary
  const node = join(project.folder, 'node_modules/node/bin/node');
  expect(await project.run(node, ['--version'])).toMatch(new RegExp(`^v${version}\\.`));
  const { passed, failed } = await runTests(project, { node, filters });
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThan(3000);
});
