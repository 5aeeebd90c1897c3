import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { commonProgram, grpcJs, program } from './service.ts';

const timeout = 600_000;
/** Holds the tarball, and the package managers and runtimes that come from npm. */
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(async () => {
  tarball = pack(shelf.folder);
  await shelf.install(['pnpm@10', '@yarnpkg/cli-dist@4', 'bun@1', 'deno@2']);
}, timeout);

const tool = (name: string) => join(shelf.folder, 'node_modules/.bin', name);
const npmConfig = (key: string) => execFileSync('npm', ['config', 'get', key], { encoding: 'utf8' }).trim();

async function inProject(use: (project: Project) => Promise<void>): Promise<void> {
  const project = new Project({ ...program, ...commonProgram });
  try {
    await use(project);
  } finally {
    project.remove();
  }
}

test('pnpm', { timeout }, async () => {
  await inProject(async (project) => {
    await project.run(tool('pnpm'), ['add', '--store-dir', '.store', tarball, grpcJs], { timeoutSeconds: 300 });
    expect(readdirSync(join(project.folder, 'node_modules'))).toContain('.pnpm');
    for (const main of ['main.mjs', 'main.cjs'])
      expect(await project.run(process.execPath, [main])).toContain('served');
  });
});

test("Yarn with Plug'n'Play", { timeout }, async () => {
  await inProject(async (project) => {
    // Yarn asks a registry of its own unless it is told npm's.
    const environment = {
      YARN_NPM_REGISTRY_SERVER: npmConfig('registry'),
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      ...(npmConfig('cafile') !== 'null' && { YARN_HTTPS_CA_FILE_PATH: npmConfig('cafile') }),
    };
    const yarn = (...args: string[]) =>
      project.run(process.execPath, [join(shelf.folder, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'), ...args], {
        environment,
        timeoutSeconds: 300,
      });
    project.write({ 'yarn.lock': '', 'package.json': '{ "private": true, "name": "shop" }' });
    await yarn('add', `grpc-vitals@file:${tarball}`, grpcJs);
    expect(readdirSync(project.folder)).toContain('.pnp.cjs');
    expect(readdirSync(project.folder)).not.toContain('node_modules');
    for (const main of ['main.mjs', 'main.cjs']) expect(await yarn('node', main)).toContain('served');
  });
});

const runtimes: [name: string, command: string, args: string[]][] = [
  ['Bun', 'bun', ['run']],
  ['Deno', 'deno', ['run', '--allow-all', '--node-modules-dir=manual']],
];
test.each(runtimes)('%s', { timeout }, async (_name, command, args) => {
  await inProject(async (project) => {
    await project.install([tarball, grpcJs]);
    for (const main of ['main.mjs', 'main.cjs'])
      expect(await project.run(tool(command), [...args, main])).toContain('served');
  });
});

test.skipIf(process.getuid?.() !== 0)('a folder that another user may only read', { timeout }, async () => {
  await inProject(async (project) => {
    await project.install([tarball, grpcJs]);
    await project.run('chmod', ['-R', 'a-w', '.']);
    chmodSync(project.folder, 0o555);
    const nobody = 65_534;
    const write = "require('fs').writeFileSync('x', '')";
    await expect(project.run(process.execPath, ['-e', write], { uid: nobody })).rejects.toThrow('EACCES');
    for (const main of ['main.mjs', 'main.cjs']) {
      expect(await project.run(process.execPath, [main], { uid: nobody })).toContain('served');
    }
  });
});
