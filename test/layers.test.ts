import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../src', import.meta.url));

/** What each folder of `src` may import besides itself and node's builtins. */
const folders: Readonly<Record<string, readonly string[]>> = {
  core: [],
  encode: ['core'],
  decode: ['core'],
  rpc: ['core'],
  naming: ['core', 'rpc'],
  adapters: ['rpc', 'core/errors.ts'],
  bridge: ['core'],
  http: ['core'],
  scrape: ['core', 'encode', 'http'],
  live: ['core', 'http'],
  serve: ['http', 'scrape', 'live', 'core'],
  processes: ['core', 'rpc'],
  ops: ['core', 'naming'],
  page: ['core', 'live/protocol.ts'],
};

/** These may import every folder but `cli`, and each other. */
const entries: readonly string[] = ['metrics.ts', 'options.ts', 'index.ts', 'register.ts'];

/** The only ones that may read the environment. */
const readsEnvironment = (path: string) => path.startsWith('cli/') || path === 'register.ts';

const maxLines = 300;

/** Every specifier: of imports, exports and types, static and dynamic. */
const specifiers = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(['"`])([^'"`]+)\1/g;

/** What is wrong with a file of `src`, by its path there. */
function problems(path: string, source: string): string[] {
  const found: string[] = [];
  const code = withoutComments(source);
  for (const [, , specifier] of code.matchAll(specifiers)) {
    const problem = importProblem(path, specifier!);
    if (problem !== undefined) found.push(`${path} imports ${specifier}: ${problem}`);
  }
  if (
    /\bprocess\s*(?:\??\.\s*env|\[\s*['"`]env)\b|\benv\b[^;\n]*\bfrom\s*['"]node:process|[{,]\s*env\b[^;=]*}\s*=\s*process\b/.test(
      code,
    ) &&
    !readsEnvironment(path)
  ) {
    found.push(`${path} reads process.env: only cli and register.ts may`);
  }
  const lines = source.split('\n').length - 1;
  if (lines > maxLines) found.push(`${path} has ${lines} lines: a second idea wants a file of its own`);
  return found;
}

function importProblem(path: string, specifier: string): string | undefined {
  const [folder = ''] = path.split('/');
  if (specifier.startsWith('node:')) {
    if (folder === 'page') return 'the page runs in browsers';
    return builtinModules.includes(specifier.slice('node:'.length)) ? undefined : 'node has no such module';
  }
  if (!specifier.startsWith('.')) {
    if (folder === 'page' && specifier === 'uplot') return undefined;
    return folder === 'adapters' || folder === 'bridge'
      ? undefined
      : 'only adapters may import a framework, and nothing has dependencies';
  }
  const target = join(dirname(path), specifier);
  if (target.startsWith('..')) return 'it is not in src';
  const [targetFolder = ''] = target.split('/');
  if (targetFolder === 'cli') return folder === 'cli' ? undefined : 'nobody imports cli';
  if (targetFolder === 'page') return folder === 'page' ? undefined : 'nobody imports page';
  if (path.includes('/')) {
    if (folder === 'cli' || folder === targetFolder) return undefined;
    const allowed = folders[folder];
    if (allowed === undefined) return `${folder} is not in the table of folders`;
    if (allowed.includes(targetFolder) || allowed.includes(target)) return undefined;
    return `${folder} may import ${allowed.length === 0 ? 'nothing' : allowed.join(' and ')}`;
  }
  if (entries.includes(path)) {
    if (target.includes('/') || entries.includes(target) || path === 'metrics.ts') return undefined;
    return `only metrics.ts imports ${target}`;
  }
  return entries.includes(target) ? `${path} is imported by metrics.ts, not the other way` : undefined;
}

/** Without comments, so that words in them are not taken for code. Good enough for code that strings do not disguise. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

const violations: [name: string, path: string, source: string, says: string | undefined][] = [
  ['core imports rpc', 'core/a.ts', "import { x } from '../rpc/store.ts';", 'core may import nothing'],
  ['core imports core', 'core/a.ts', "import { x } from './names.ts';", undefined],
  ['core imports node', 'core/a.ts', "import { x } from 'node:fs';", undefined],
  ['core imports a type', 'core/a.ts', "import type { X } from '../rpc/call.ts';", 'core may import nothing'],
  ['core exports a type', 'core/a.ts', "export type { X } from '../rpc/call.ts';", 'core may import nothing'],
  ['core exports all', 'core/a.ts', "export * from '../rpc/call.ts';", 'core may import nothing'],
  ['core runs a file', 'core/a.ts', "import '../rpc/call.ts';", 'core may import nothing'],
  ['core imports later', 'core/a.ts', "await import('../rpc/call.ts');", 'core may import nothing'],
  ['core names a type in passing', 'core/a.ts', "let x: import('../rpc/call.ts').Call;", 'core may import nothing'],
  ['core requires', 'core/a.ts', "require('../rpc/call.ts');", 'core may import nothing'],
  ['over several lines', 'core/a.ts', "import {\n  x,\n  y,\n} from\n  '../rpc/call.ts';", 'core may import nothing'],
  ['from a folder below', 'core/b/a.ts', "import { x } from '../../rpc/call.ts';", 'core may import nothing'],
  ['within a folder below', 'core/b/a.ts', "import { x } from '../names.ts';", undefined],
  ['encode imports core', 'encode/a.ts', "import { x } from '../core/names.ts';", undefined],
  ['encode imports naming', 'encode/a.ts', "import { x } from '../naming/basic.ts';", 'encode may import core'],
  ['rpc imports core', 'rpc/a.ts', "import { x } from '../core/names.ts';", undefined],
  ['rpc imports adapters', 'rpc/a.ts', "import { x } from '../adapters/x/y.ts';", 'rpc may import core'],
  ['naming imports rpc', 'naming/a.ts', "import { x } from '../rpc/call.ts';", undefined],
  ['naming imports encode', 'naming/a.ts', "import { x } from '../encode/text.ts';", 'naming may import core and rpc'],
  ['adapters import rpc', 'adapters/x/a.ts', "import { x } from '../../rpc/call.ts';", undefined],
  ['adapters import the error', 'adapters/x/a.ts', "import { x } from '../../core/errors.ts';", undefined],
  [
    'adapters import another file of core',
    'adapters/x/a.ts',
    "import { x } from '../../core/counter.ts';",
    'adapters may import rpc and core/errors.ts',
  ],
  [
    'adapters import naming',
    'adapters/x.ts',
    "import { x } from '../naming/basic.ts';",
    'adapters may import rpc and core/errors.ts',
  ],
  ['adapters import a framework', 'adapters/x.ts', "import type { x } from '@grpc/grpc-js';", undefined],
  ['bridge imports rpc', 'bridge/a.ts', "import { x } from '../rpc/call.ts';", 'bridge may import core'],
  ['scrape imports encode', 'scrape/a.ts', "import { x } from '../encode/text.ts';", undefined],
  ['serve imports scrape', 'serve/a.ts', "import { x } from '../scrape/a.ts';", undefined],
  [
    'serve imports rpc',
    'serve/a.ts',
    "import { x } from '../rpc/call.ts';",
    'serve may import http and scrape and live and core',
  ],
  ['processes imports serve', 'processes/a.ts', "import { x } from '../serve/a.ts';", 'processes may import core'],
  ['ops imports naming', 'ops/a.ts', "import { x } from '../naming/basic.ts';", undefined],
  ['ops imports serve', 'ops/a.ts', "import { x } from '../serve/a.ts';", 'ops may import core and naming'],
  [
    'a folder imports metrics.ts',
    'serve/a.ts',
    "import { x } from '../metrics.ts';",
    'serve may import http and scrape and live and core',
  ],
  ['a folder that nobody knows', 'utils/a.ts', "import { x } from '../core/names.ts';", 'utils is not in the table'],
  ['page imports core', 'page/a.ts', "import { x } from '../core/quantile.ts';", undefined],
  ['page imports the protocol', 'page/a.ts', "import type { x } from '../live/protocol.ts';", undefined],
  [
    'page imports the server',
    'page/a.ts',
    "import { x } from '../serve/handler.ts';",
    'page may import core and live/protocol.ts',
  ],
  ['page imports its charts', 'page/a.ts', "import uPlot from 'uplot';", undefined],
  ['page imports a framework', 'page/a.ts', "import { x } from 'lit';", 'only adapters may import a framework'],
  ['page imports node', 'page/a.ts', "import { x } from 'node:fs';", 'the page runs in browsers'],
  ['serve imports page', 'serve/a.ts', "import { x } from '../page/format.ts';", 'nobody imports page'],
  ['metrics.ts imports page', 'metrics.ts', "import { x } from './page/format.ts';", 'nobody imports page'],
  ['cli imports page', 'cli/a.ts', "import { x } from '../page/format.ts';", 'nobody imports page'],
  ['cli imports all', 'cli/a.ts', "import { x } from '../metrics.ts';\nimport { y } from '../ops/a.ts';", undefined],
  ['cli imports a framework', 'cli/a.ts', "import { x } from 'yargs';", 'only adapters may import a framework'],
  ['index.ts imports cli', 'index.ts', "import { x } from './cli/a.ts';", 'nobody imports cli'],
  ['ops imports cli', 'ops/a.ts', "import { x } from '../cli/a.ts';", 'nobody imports cli'],
  ['index.ts imports a folder', 'index.ts', "import { x } from './serve/a.ts';", undefined],
  ['index.ts imports metrics.ts', 'index.ts', "import { x } from './metrics.ts';", undefined],
  ['metrics.ts imports a part', 'metrics.ts', "import { x } from './package-info.ts';", undefined],
  [
    'index.ts imports a part',
    'index.ts',
    "import { x } from './package-info.ts';",
    'only metrics.ts imports package-info.ts',
  ],
  [
    'serve imports a part',
    'serve/a.ts',
    "import { x } from '../package-info.ts';",
    'serve may import http and scrape and live and core',
  ],
  ['a part imports metrics.ts', 'package-info.ts', "import { x } from './metrics.ts';", 'not the other way'],
  ['a part imports core', 'package-info.ts', "import { x } from './core/names.ts';", undefined],
  ['metrics.ts imports a framework', 'metrics.ts', "import { x } from '@grpc/grpc-js';", 'only adapters may import'],
  ['a type of a framework', 'metrics.ts', "import type { x } from '@grpc/grpc-js';", 'only adapters may import'],
  ['a builtin without node:', 'serve/a.ts', "import { x } from 'fs';", 'only adapters may import'],
  ['no builtin', 'serve/a.ts', "import { x } from 'node:nothing';", 'node has no such module'],
  ['out of src', 'serve/a.ts', "import { x } from '../../test/x.ts';", 'it is not in src'],
  ['itself by its public name', 'ops/a.ts', "import { x } from 'grpc-vitals';", 'only adapters may import'],
  [
    'an import in a comment',
    'core/a.ts',
    "// import { x } from '../rpc/call.ts';\n/* from '../rpc/x.ts' */",
    undefined,
  ],
  ['the environment', 'serve/a.ts', 'const x = process.env.PORT;', 'reads process.env'],
  ['the environment by its parts', 'serve/a.ts', 'const { argv, env } = process;', 'reads process.env'],
  ['the environment as an index', 'serve/a.ts', "process['env']", 'reads process.env'],
  ['the environment, imported', 'serve/a.ts', "import { env } from 'node:process';", 'reads process.env'],
  ['the environment in metrics.ts', 'metrics.ts', 'process.env.PORT', 'reads process.env'],
  ['the environment in cli', 'cli/a.ts', 'process.env.PORT', undefined],
  ['the environment in register.ts', 'register.ts', 'process.env.PORT', undefined],
  ['the environment in a comment', 'serve/a.ts', '// not from process.env', undefined],
  ['other things of process', 'serve/a.ts', 'process.environment; process.argv', undefined],
  ['300 lines', 'core/a.ts', '\n'.repeat(300), undefined],
  ['301 lines', 'core/a.ts', '\n'.repeat(301), 'has 301 lines'],
];
test.each(violations)('the check knows: %s', (_name, path, source, says) => {
  expect(problems(path, source)).toEqual(says === undefined ? [] : [expect.stringContaining(says)]);
});

test('a file can break several rules', () => {
  const source = "import '../rpc/a.ts';\nimport 'x';\nprocess.env.PORT;\n";
  expect(problems('core/a.ts', source)).toEqual([
    'core/a.ts imports ../rpc/a.ts: core may import nothing',
    'core/a.ts imports x: only adapters may import a framework, and nothing has dependencies',
    'core/a.ts reads process.env: only cli and register.ts may',
  ]);
});

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

describe('src', () => {
  test('has the files that the check is for', () => {
    expect(files).toEqual(
      expect.arrayContaining(['index.ts', 'metrics.ts', 'core/registry.ts', 'adapters/grpc-js/types.ts']),
    );
  });

  test.each(files)('%s', (path) => {
    expect(problems(path, readFileSync(join(root, path), 'utf8'))).toEqual([]);
  });
});

test('nothing is a dependency at run time', () => {
  const manifest = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as Record<string, unknown>; // it is an object
  expect(manifest.dependencies ?? {}).toEqual({});
  expect(manifest.optionalDependencies ?? {}).toEqual({});
});
