import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Project } from '../support/project.ts';
import { runTests } from './run.ts';

/** What depends on Node: all unit tests, and all suites but those of browsers, packages, tools and documents. */
const filters = [
  'src/',
  'test/bridge/',
  'test/client-endings/',
  'test/connect/',
  'test/endings/',
  'test/exemplars/',
  'test/exposition/',
  'test/grpc-js/',
  'test/http-servers/',
  'test/labels/',
  'test/lifecycle/',
  'test/limits/',
  'test/nestjs/',
  'test/nice-grpc/',
  'test/otel/',
  'test/processes/',
  'test/register/',
  'test/scrape/',
  'test/security/',
  'test/testing/',
  'test/thread/',
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
