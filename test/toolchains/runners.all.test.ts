import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Files, Project, pack } from '../support/project.ts';
import { call, grpcJs, imports, parts } from './service.ts';

const timeout = 600_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

/** A test of a user's, for the runners that have a global `test`. */
const tested = `${imports}\ntest('serves', () => ${call});\n`;
/** The same for TypeScript, which has no types for the two files of plain JavaScript. */
const typed = tested.replaceAll(/^(import \w+ from '\.)/gm, '// @ts-ignore\n$1');

const transformed = (file: string, text: string, jest: object): Files => ({
  ...parts,
  [file]: text,
  'package.json': JSON.stringify({ private: true, jest: { testEnvironment: 'node', ...jest } }),
});
const preset = "module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };";
const commonjs = JSON.stringify({
  compilerOptions: {
    module: 'commonjs',
    moduleResolution: 'node',
    target: 'es2022',
    strict: true,
    esModuleInterop: true,
  },
});
const nodenext = JSON.stringify({
  compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, esModuleInterop: true },
});

interface Row {
  readonly packages: readonly string[];
  readonly files: Files;
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

const babel = (jest: string): Row => ({
  packages: [`jest@${jest}`, `babel-jest@${jest}`, '@babel/core@7', '@babel/preset-env@7'],
  files: { ...transformed('serve.test.js', tested, {}), 'babel.config.js': preset },
  command: ['jest'],
});
const tsJest = (jest: string, tsconfig: string): Row => ({
  packages: [`jest@${jest}`, `@types/jest@${jest}`, 'ts-jest@29', 'typescript@5.9', '@types/node@20'],
  files: { ...transformed('serve.test.ts', typed, { preset: 'ts-jest' }), 'tsconfig.json': tsconfig },
  command: ['jest'],
});
const swc = (jest: string): Row => ({
  packages: [`jest@${jest}`, '@swc/core@1', '@swc/jest@0.2'],
  files: transformed('serve.test.ts', typed, { transform: { '\\.ts$': '@swc/jest' } }),
  command: ['jest'],
});

const rows: [name: string, row: Row][] = [
  ['Jest 29, babel-jest', babel('29')],
  ['Jest 30, babel-jest', babel('30')],
  ['Jest 29, ts-jest, node10', tsJest('29', commonjs)],
  ['Jest 30, ts-jest, node10', tsJest('30', commonjs)],
  ['Jest 30, ts-jest, nodenext', tsJest('30', nodenext)],
  ['Jest 29, @swc/jest', swc('29')],
  ['Jest 30, @swc/jest', swc('30')],
  [
    'Jest 30, ES modules',
    {
      packages: ['jest@30'],
      files: transformed('serve.test.mjs', tested, { testMatch: ['**/*.test.mjs'], transform: {} }),
      command: ['jest'],
      environment: { NODE_OPTIONS: '--experimental-vm-modules' },
    },
  ],
  [
    'Vitest 4',
    {
      packages: ['vitest@4'],
      files: { ...parts, 'serve.test.ts': `import { test } from 'vitest';\n${tested}` },
      command: ['vitest', 'run'],
    },
  ],
  [
    'Vitest 4, the package inlined',
    {
      packages: ['vitest@4'],
      files: {
        ...parts,
        'serve.test.ts': `import { test } from 'vitest';\n${tested}`,
        'vitest.config.ts': "export default { test: { server: { deps: { inline: ['grpc-vitals'] } } } };",
      },
      command: ['vitest', 'run'],
    },
  ],
  [
    'node:test',
    {
      packages: [],
      files: { ...parts, 'serve.test.mjs': `import { test } from 'node:test';\n${tested}` },
      command: ['node', '--test'],
    },
  ],
  [
    'Mocha 11',
    {
      packages: ['mocha@11'],
      files: { ...parts, 'serve.test.mjs': tested.replace('test(', 'it(') },
      command: ['mocha', '--timeout=20000', '*.test.mjs'],
    },
  ],
  [
    'ts-node 10',
    {
      packages: ['ts-node@10', 'typescript@5.9', '@types/node@20'],
      files: { ...parts, 'main.ts': `${typed.split('test(')[0]}\n${call};\n`, 'tsconfig.json': commonjs },
      command: ['ts-node', 'main.ts'],
    },
  ],
  [
    'tsx 4, CommonJS',
    { packages: ['tsx@4'], files: { ...parts, 'main.ts': `${imports}\n${call};\n` }, command: ['tsx', 'main.ts'] },
  ],
  [
    'tsx 4, ES modules',
    {
      packages: ['tsx@4'],
      files: { ...parts, 'package.json': '{ "private": true, "type": "module" }', 'main.ts': `${imports}\n${call};\n` },
      command: ['node', '--import', 'tsx', 'main.ts'],
    },
  ],
];

test.each(rows)('%s', { timeout }, async (_name, { packages, files, command: [program, ...args], environment }) => {
  const project = new Project(files);
  try {
    await project.install([tarball, grpcJs, ...packages]);
    expect(await project.run(program, args, { environment: environment ?? {} })).toContain('served');
  } finally {
    project.remove();
  }
});
