import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runTests } from '../matrix/run.ts';
import { Project } from '../support/project.ts';

let project: Project;
afterEach(() => project.remove());

const names = ['@connectrpc/connect', '@connectrpc/connect-node'];
const all = (version: string) => names.map((name) => `${name}@${version}`);

const versions: readonly (readonly [version: string, packages: readonly string[], node: string | undefined])[] = [
  ['2.0.0', all('2.0.0'), undefined],
  ['2.2.0', all('~2.2.0'), undefined],
  ['2.3.0', [...all('~2.3.0'), 'node@24'], '24'], // it needs Node 22
];

test.each(versions)(
  'the contracts of calls hold on Connect %s',
  { timeout: 900_000 },
  async (version, packages, major) => {
    project = new Project();
    await project.install(packages);
    const modules = join(project.folder, 'node_modules');
    const { passed, failed } = await runTests(project, {
      ...(major && { node: join(modules, 'node/bin/node') }),
      filters: [
        'test/endings/connect.test.ts',
        'test/client-endings/connect.test.ts',
        'test/connect/recording.test.ts',
        'test/connect/get.test.ts',
        'test/connect/tls.test.ts',
      ],
      alias: Object.fromEntries(names.map((name) => [name, join(modules, name, 'dist/esm/index.js')])),
    });
    expect(failed, version).toEqual([]);
    expect(passed).toBeGreaterThan(400);
  },
);
