import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entries, resolution } from '../../scripts/entries.mjs';
import { Project } from '../support/project.ts';
import { build, root } from './build.ts';
import { consumerFiles, errorsOf, onlyError, type Resolver } from './consumer.ts';

const project = new Project();
afterAll(() => project.remove());

/** The last TypeScript that knows `node10` comes with api-extractor. */
const compilers = {
  6: 'node_modules/@microsoft/api-extractor/node_modules/typescript/bin/tsc',
  7: 'node_modules/typescript/bin/tsc',
};

const subpaths = [...Object.keys(entries).filter((name) => name !== 'index'), 'second'];

/** The package as it is published, with a subpath more. */
beforeAll(() => {
  for (const name of ['@types/node', 'undici-types', '@grpc/grpc-js', '@grpc/proto-loader']) {
    const path = join(project.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), path);
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object; // npm has it so
  const more = resolution(['index', ...subpaths]);
  project.write({ 'node_modules/grpc-vitals/package.json': JSON.stringify({ ...manifest, ...more }) });
  build({ second: 'test/toolchains/second-entry.ts' }, join(project.folder, 'node_modules/grpc-vitals/dist'));
});

const rows: [resolver: Resolver, major: keyof typeof compilers][] = [
  ['node10', 6],
  ['nodenext, CommonJS', 7],
  ['nodenext, ES modules', 7],
  ['bundler', 7],
];
test.each(rows)('every declaration is found and checked: %s', { timeout: 120_000 }, async (resolver, major) => {
  project.write(consumerFiles({ resolver, major, grpc: true, subpaths }));
  const compiler = [process.execPath, join(root, compilers[major])] as const;
  expect(await errorsOf(project, compiler)).toEqual([expect.stringMatching(onlyError)]);
});
