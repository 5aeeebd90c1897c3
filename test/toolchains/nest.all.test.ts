import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { grpcJs, parts } from './service.ts';

const timeout = 900_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

/** The template's own code imports the package: it is compiled by the template's build, and run by its tests. */
const source = `import { GrpcMetrics, instrument } from 'grpc-vitals';

export const metrics: GrpcMetrics = new GrpcMetrics();
export const vitals = { instrument, imported: GrpcMetrics };
`;
const spec = (extension: string) => `import * as grpc from '@grpc/grpc-js';
import { vitals } from './metrics${extension}';
// @ts-ignore: plain JavaScript
import * as serving from '../serve.cjs';
// @ts-ignore: the same
import * as requiring from '../required.cjs';

const one = (module: any) => module.default ?? module;
describe('metrics', () => {
  it('serves', () => one(serving)(grpc, { ...vitals, required: one(requiring) }));
});
`;
const built = (path: string) => `import * as grpc from '@grpc/grpc-js';
import required from './required.cjs';
import serve from './serve.cjs';
import { vitals } from '${path}';
serve(grpc, { ...vitals, required }).catch((error) => { console.error(error); process.exit(1); });
`;

const versions: [version: string, extension: string][] = [
  ['10', ''],
  ['11', ''],
  ['12', '.js'],
];
test.each(versions)('the template of NestJS %s', { timeout }, async (version, extension) => {
  const project = new Project();
  try {
    await project.install([`@nestjs/cli@${version}`, `@nestjs/schematics@${version}`]);
    await project.run('nest', ['new', 'app', '--skip-install', '--skip-git', '--package-manager', 'npm']);
    const files = { ...parts, 'src/metrics.ts': source, 'src/metrics.spec.ts': spec(extension) };
    project.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`app/${path}`, text])));
    await project.install([tarball, grpcJs], 'app');
    const app = { folder: 'app', timeoutSeconds: 300 };
    await project.run('npm', ['run', 'build'], app);
    expect(await project.run('npm', ['test'], app)).toContain('served');
    await project.run('npm', ['run', 'test:e2e'], app);
    const path = ['./dist/metrics.js', './dist/src/metrics.js'].find((one) =>
      existsSync(join(project.folder, 'app', one)),
    );
    project.write({ 'app/check.mjs': built(path!) });
    expect(await project.run('node', ['check.mjs'], app)).toContain('served');
  } finally {
    project.remove();
  }
});
