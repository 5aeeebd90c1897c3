import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runTests } from '../matrix/run.ts';
import { Project } from '../support/project.ts';

let project: Project;
afterEach(() => project.remove());

const versions: readonly (readonly string[])[] = [['nice-grpc@2.0.0', '@grpc/grpc-js@1.10'], ['nice-grpc@2']];

test.each(versions)('the contracts of calls hold on %s', { timeout: 600_000 }, async (...packages) => {
  project = new Project();
  await project.install(packages);
  const { passed, failed } = await runTests(project, {
    filters: [
      'test/endings/nice-grpc.test.ts',
      'test/client-endings/nice-grpc.test.ts',
      'test/nice-grpc/recording.test.ts',
    ],
    alias: { 'nice-grpc': join(project.folder, 'node_modules/nice-grpc') },
  });
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThan(280);
});
