import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { commonProgram, grpcJs, program } from './service.ts';

const timeout = 600_000;
const project = new Project({ ...program, ...commonProgram });
afterAll(() => project.remove());
beforeAll(() => project.install([pack(project.folder), grpcJs]), timeout);

/** As packages of npm: each holds the binary. */
const versions = ['20.19', '22', '24', '26'];

const ways: [name: string, args: string[]][] = [
  ['import', ['main.mjs']],
  ['require', ['main.cjs']],
  ['import, where require() loads no ES modules', ['--no-experimental-require-module', 'main.mjs']],
  ['require, where require() loads no ES modules', ['--no-experimental-require-module', 'main.cjs']],
];

describe.each(versions)('Node.js %s', (version) => {
  const runtime = new Project();
  const node = join(runtime.folder, 'node_modules/node/bin/node');
  beforeAll(() => runtime.install([`node@${version}`]), timeout);
  afterAll(() => runtime.remove());

  test('is that version', async () => {
    expect(await runtime.run(node, ['--version'])).toMatch(new RegExp(`^v${version}\\.`));
  });

  test.each(ways)('%s', { timeout }, async (_name, args) => {
    expect(await project.run(node, args)).toContain('served');
  });

  test('the command', { timeout }, async () => {
    const command = join(project.folder, 'node_modules/grpc-vitals/dist/cli.cjs');
    expect(await project.run(node, [command, '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test('a program that lost its page says so', { timeout }, async () => {
  const broken = new Project({ ...program });
  try {
    await broken.install([pack(broken.folder), grpcJs]);
    const dist = join(broken.folder, 'node_modules/grpc-vitals/dist');
    expect(readdirSync(dist)).toContain('page-file.cjs');
    broken.write({ 'node_modules/grpc-vitals/dist/page-file.cjs': "exports.readPage = () => Buffer.from('');" });
    await expect(broken.run(process.execPath, ['main.mjs'])).rejects.toThrow('not as it should be: the live page');
  } finally {
    broken.remove();
  }
});
