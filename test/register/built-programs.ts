import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Project } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of grpc-js in this repository, by version. */
const copies = { '1.10': 'grpc-js-1-10', '1.14': '@grpc/grpc-js' } as const;
export type Version = keyof typeof copies;

/** Links a package of this repository, or the repository itself, into a project. */
export function link(project: Project, name: string, target: string): void {
  const path = join(project.folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target === '.' ? root : join(root, 'node_modules', target), path);
}

/** A project with this package and grpc-js, and a dependency that has another copy of its own. */
export function projectWith(version: Version, nested: Version = version === '1.14' ? '1.10' : '1.14'): Project {
  const dependency = 'dependency-with-its-own-grpc-js';
  const project = new Project({
    [`node_modules/${dependency}/package.json`]: JSON.stringify({ name: dependency, main: 'index.cjs' }),
    [`node_modules/${dependency}/index.cjs`]: "exports.grpc = require('@grpc/grpc-js');\n",
  });
  link(project, 'grpc-vitals', '.');
  link(project, '@grpc/grpc-js', copies[version]);
  link(project, `${dependency}/node_modules/@grpc/grpc-js`, copies[nested]);
  return project;
}

/** Links the frameworks of this repository, and what their programs import, into a project. */
export function linkFrameworks(project: Project): void {
  for (const name of ['nice-grpc', '@nestjs', 'reflect-metadata', 'rxjs']) link(project, name, name);
}

/** Frameworks that a program in `programs/` is written with. */
export type FrameworkName = 'grpc-js' | 'nice-grpc' | 'nestjs';

/** Writes a program of `programs/` and what it imports as one file, `program.cjs` or `program.mjs`. Packages stay outside. */
export async function writeProgram(project: Project, framework: FrameworkName, format: 'cjs' | 'esm'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`programs/${framework}.ts`, import.meta.url))],
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    format,
    write: false,
    logLevel: 'error', // files that are left out have warnings
  });
  const file = format === 'esm' ? 'program.mjs' : 'program.cjs';
  const { text } = outputFiles[0]!;
  if (text.includes('GrpcMetrics')) throw new Error(`${framework} knows this package`);
  writeFileSync(join(project.folder, file), text);
  return file;
}
