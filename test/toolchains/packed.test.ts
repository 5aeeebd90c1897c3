import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entries } from '../../scripts/entries.mjs';
import { Project, pack } from '../support/project.ts';
import { root } from './build.ts';
import { commonProgram, program } from './service.ts';

/** The package from its tarball, beside this repository's grpc-js. `npm run test:all` installs real projects. */
const project = new Project({ ...program, ...commonProgram });
afterAll(() => project.remove());

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

beforeAll(async () => {
  await project.install([pack(project.folder), '--offline']);
  mkdirSync(join(project.folder, 'node_modules/@grpc'));
  symlinkSync(join(root, 'node_modules/@grpc/grpc-js'), join(project.folder, 'node_modules/@grpc/grpc-js'));
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    cwd: root,
  });
  [packed] = JSON.parse(listed) as [Packed];
});

test('at most 380 kB, and no file that nobody asks for', () => {
  expect(packed.size).toBeLessThanOrEqual(380_000);
  const ofEntries = Object.keys(entries).flatMap((name) =>
    ['cjs', 'mjs', 'd.cts', 'd.mts'].map((end) => `dist/${name}.${end}`),
  );
  const others = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/THIRD-PARTY-LICENSES.txt',
    'dist/cli.cjs',
    'dist/library.d.cts',
    'package.json',
  ];
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining([...ofEntries, ...others]));
  // What entries share is in files that they require.
  const code = new Map(
    paths.filter((path) => path.endsWith('.cjs')).map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
  const isRequired = (path: string) =>
    [...code].some(([by, text]) => by !== path && text.includes(`"./${basename(path)}"`));
  const isAskedFor = (path: string) => ofEntries.includes(path) || others.includes(path) || isRequired(path);
  expect(paths.filter((path) => !isAskedFor(path))).toEqual([]);
});

test.each(['main.mjs', 'main.cjs'])('a service that runs from %s has its metrics and its page', async (main) => {
  expect(await project.run(process.execPath, [main])).toContain('served');
});

const bundles: [name: string, options: string[], file: string][] = [
  ['CommonJS', ['--format=cjs'], 'service.cjs'],
  ['an ES module', ['--format=esm', '--external:@grpc/grpc-js'], 'service.mjs'],
];
test.each(bundles)(
  'a service that esbuild bundles as %s has its metrics and its page',
  async (_name, options, file) => {
    const empty = new Project();
    try {
      const esbuild = join(root, 'node_modules/.bin/esbuild');
      const output = join(empty.folder, file);
      await project.run(esbuild, ['main.mjs', '--bundle', '--platform=node', ...options, `--outfile=${output}`]);
      if (options.length > 1) {
        mkdirSync(join(empty.folder, 'node_modules/@grpc'), { recursive: true });
        symlinkSync(join(root, 'node_modules/@grpc/grpc-js'), join(empty.folder, 'node_modules/@grpc/grpc-js'));
      }
      // Its threads do not run it once more.
      expect((await empty.run(process.execPath, [file])).match(/served/g)).toHaveLength(1);
    } finally {
      empty.remove();
    }
  },
);
