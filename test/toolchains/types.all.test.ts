import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { consumerFiles, errorsOf, onlyError, type Resolver, resolvers } from './consumer.ts';
import { grpcJs } from './service.ts';

const timeout = 600_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

const exceptNode10 = (Object.keys(resolvers) as Resolver[]).filter((resolver) => resolver !== 'node10'); // the keys are what they are
const exceptBundler = (Object.keys(resolvers) as Resolver[]).filter((resolver) => resolver !== 'bundler'); // the same
const all = [...exceptNode10, 'node10'] as const;

/** Each with declarations of Node that it can read, and the ways of resolving that it knows. */
const versions: [version: string, node: string, known: readonly Resolver[]][] = [
  ['4.9', '20.11.30', exceptBundler],
  ['5.0', '20.11.30', all],
  ['5.4', '20.11.30', all],
  ['5.9', '20', all],
  ['6', '22', all],
  ['7', '22', exceptNode10],
];

describe.each(versions)('TypeScript %s', (version, node, known) => {
  const project = new Project();
  afterAll(() => project.remove());
  beforeAll(() => project.install([tarball, grpcJs, `typescript@${version}`, `@types/node@${node}`]), timeout);

  test.each(known)('%s', { timeout }, async (resolver) => {
    // Under `bundler` these refuse the declarations of a dependency of grpc-js.
    const grpc = !(resolver === 'bundler' && ['5.0', '5.4'].includes(version));
    project.write({
      ...consumerFiles({ resolver, major: Number.parseInt(version, 10), grpc }),
      ...(!grpc && { 'with-grpc.ts': '' }),
    });
    const compiler = join(project.folder, 'node_modules/typescript/bin/tsc');
    expect(await errorsOf(project, [process.execPath, compiler])).toEqual([expect.stringMatching(onlyError)]);
  });
});
