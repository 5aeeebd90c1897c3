import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project } from '../support/project.ts';
import { describeRegistered } from './contract.ts';
import { describeWays } from './ways.ts';

const args = ['--import', 'grpc-vitals/register'];

/** As packages of npm: each holds the binary. */
describe.each(['22', '24', '26'])('Node.js %s', (version) => {
  const runtime = new Project();
  const node = join(runtime.folder, 'node_modules/node/bin/node');
  beforeAll(() => runtime.install([`node@${version}`]), 600_000);
  afterAll(() => runtime.remove());

  test('is that version', async () => {
    expect(await runtime.run(node, ['--version'])).toMatch(new RegExp(`^v${version}\\.`));
  });

  describeWays(() => node);
  describeRegistered({ name: 'an ES module, grpc-js 1.14', format: 'esm', version: '1.14', args, node });
  describeRegistered({ name: 'CommonJS, grpc-js 1.10', format: 'cjs', version: '1.10', args, node });
  for (const framework of ['nestjs', 'nice-grpc'] as const) {
    describeRegistered({ name: framework, framework, format: 'cjs', version: '1.14', args, node });
  }
});

describe('Node.js 20', () => {
  describeRegistered({ name: 'an ES module, grpc-js 1.10', format: 'esm', version: '1.10', args });
  describeRegistered({ name: 'a nested copy of 1.14', format: 'cjs', version: '1.14', isNested: true, args });
});
