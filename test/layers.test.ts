import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importCircles } from './layers/circles.ts';
import { countCodeLines } from './layers/imports.ts';
import { problems } from './layers/problems.ts';

const root = fileURLToPath(new URL('../src', import.meta.url));

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
  ['decode imports core', 'decode/a.ts', "import { x } from '../core/names.ts';", undefined],
  ['decode imports encode', 'decode/a.ts', "import { x } from '../encode/text.ts';", 'decode may import core'],
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
    'adapters may import rpc',
  ],
  ['adapters import naming', 'adapters/x.ts', "import { x } from '../naming/basic.ts';", 'adapters may import rpc'],
  ['adapters import a framework', 'adapters/x.ts', "import type { x } from '@grpc/grpc-js';", undefined],
  ['adapters load a framework late', 'adapters/x.ts', "await import('@nestjs/common');", undefined],
  ['adapters load a framework', 'adapters/x.ts', "import {\n  x,\n} from '@grpc/grpc-js';", 'loads @grpc/grpc-js'],
  ['adapters load a type and a function', 'adapters/x.ts', "import { type x, y } from 'nice-grpc';", 'loads nice-grpc'],
  ['adapters run a framework', 'adapters/x.ts', "import 'nice-grpc';", 'loads nice-grpc'],
  ['adapters export a framework', 'adapters/x.ts', "export * from 'nice-grpc';", 'loads nice-grpc'],
  ['bridge imports rpc', 'bridge/a.ts', "import { x } from '../rpc/call.ts';", 'bridge may import core'],
  ['bridge imports a framework', 'bridge/a.ts', "import type { x } from 'prom-client';", undefined],
  ['http imports scrape', 'http/a.ts', "import { x } from '../scrape/a.ts';", 'http may import core'],
  ['live imports http', 'live/a.ts', "import { x } from '../http/a.ts';", undefined],
  ['live imports scrape', 'live/a.ts', "import { x } from '../scrape/a.ts';", 'live may import core and http'],
  ['scrape imports encode', 'scrape/a.ts', "import { x } from '../encode/text.ts';", undefined],
  ['scrape imports live', 'scrape/a.ts', "import { x } from '../live/a.ts';", 'scrape may import core and encode'],
  ['serve imports scrape', 'serve/a.ts', "import { x } from '../scrape/a.ts';", undefined],
  ['serve imports the error', 'serve/a.ts', "import { x } from '../core/errors.ts';", undefined],
  [
    'serve imports another file of core',
    'serve/a.ts',
    "import { x } from '../core/gauge.ts';",
    'serve may import http and scrape and live',
  ],
  ['processes import rpc', 'processes/a.ts', "import { x } from '../rpc/store.ts';", undefined],
  [
    'serve imports rpc',
    'serve/a.ts',
    "import { x } from '../rpc/call.ts';",
    'serve may import http and scrape and live',
  ],
  ['processes imports serve', 'processes/a.ts', "import { x } from '../serve/a.ts';", 'processes may import core'],
  ['ops imports naming', 'ops/a.ts', "import { x } from '../naming/basic.ts';", undefined],
  ['ops imports serve', 'ops/a.ts', "import { x } from '../serve/a.ts';", 'ops may import core and naming'],
  [
    'a folder imports metrics.ts',
    'serve/a.ts',
    "import { x } from '../metrics.ts';",
    'serve may import http and scrape and live',
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
  ['metrics.ts imports the wiring', 'metrics.ts', "import { x } from './assemble.ts';", undefined],
  ['the wiring imports a folder', 'assemble.ts', "import { x } from './serve/a.ts';", undefined],
  ['the wiring imports cli', 'assemble.ts', "import { x } from './cli/a.ts';", 'nobody imports cli'],
  ['the wiring imports an entry', 'assemble.ts', "import { x } from './index.ts';", 'nobody imports index.ts'],
  ['index.ts imports the options', 'index.ts', "import type { x } from './options.ts';", undefined],
  [
    'index.ts imports the wiring',
    'index.ts',
    "import { x } from './assemble.ts';",
    'only metrics.ts imports assemble.ts',
  ],
  ['register.ts imports metrics.ts', 'register.ts', "import { x } from './metrics.ts';", undefined],
  ['register.ts imports an entry', 'register.ts', "import { x } from './nestjs.ts';", 'nobody imports nestjs.ts'],
  ['register.ts imports its folder', 'register.ts', "require('./register/start.ts');", undefined],
  ['register.ts requires its parser', 'register.ts', "require('yaml');", undefined],
  ['register.ts imports another package', 'register.ts', "import { x } from 'toml';", 'only adapters may import'],
  ['register imports a folder', 'register/a.ts', "import { x } from '../adapters/x.ts';", undefined],
  ['register imports the wiring', 'register/a.ts', "import { x } from '../assemble.ts';", 'only metrics.ts imports'],
  ['metrics.ts imports register', 'metrics.ts', "import { x } from './register/a.ts';", 'nobody imports register'],
  ['nestjs.ts imports its framework', 'nestjs.ts', "import type { x } from '@nestjs/common';", undefined],
  ['nestjs.ts imports an adapter', 'nestjs.ts', "import { x } from './adapters/x.ts';", undefined],
  ['testing imports metrics.ts', 'testing/a.ts', "import { x } from '../metrics.ts';", undefined],
  ['testing imports core', 'testing/a.ts', "import { x } from '../core/snapshot.ts';", undefined],
  [
    'testing imports a framework',
    'testing/a.ts',
    "import { x } from 'vitest';",
    'only adapters may import a framework',
  ],
  ['testing imports an entry', 'testing/a.ts', "import { x } from '../index.ts';", 'nobody imports index.ts'],
  ['metrics.ts imports testing', 'metrics.ts', "import { x } from './testing/a.ts';", 'nobody imports testing'],
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
    'serve may import http and scrape and live',
  ],
  ['a part imports metrics.ts', 'package-info.ts', "import { x } from './metrics.ts';", 'not the other way'],
  ['a part imports core', 'package-info.ts', "import { x } from './core/names.ts';", undefined],
  ['metrics.ts imports a framework', 'metrics.ts', "import { x } from '@grpc/grpc-js';", 'only adapters may import'],
  ['a type of a framework', 'metrics.ts', "import type { x } from '@grpc/grpc-js';", 'only adapters may import'],
  ['a builtin without node:', 'serve/a.ts', "import { x } from 'fs';", 'only adapters may import'],
  ['no builtin', 'serve/a.ts', "import { x } from 'node:nothing';", 'Node has no such module'],
  ['out of src', 'serve/a.ts', "import { x } from '../../test/x.ts';", 'it is not in src'],
  ['itself by its public name', 'ops/a.ts', "import { x } from 'grpc-vitals';", 'only adapters may import'],
  [
    'an import in a comment',
    'core/a.ts',
    "// import { x } from '../rpc/call.ts';\n/* from '../rpc/x.ts' */",
    undefined,
  ],
  ['a text that is "from"', 'core/a.ts', "const keys = ['from', 'to'];", undefined],
  ['the environment', 'serve/a.ts', 'const x = process.env.PORT;', 'reads process.env'],
  ['the environment by its parts', 'serve/a.ts', 'const { argv, env } = process;', 'reads process.env'],
  ['the environment as an index', 'serve/a.ts', "process['env']", 'reads process.env'],
  ['the environment, imported', 'serve/a.ts', "import { env } from 'node:process';", 'reads process.env'],
  ['the environment in metrics.ts', 'metrics.ts', 'process.env.PORT', 'reads process.env'],
  ['the environment in cli', 'cli/a.ts', 'process.env.PORT', undefined],
  ['the environment in register.ts', 'register.ts', 'process.env.PORT', undefined],
  ['the environment in processes', 'processes/environment.ts', 'process.env.PORT', undefined],
  ['the environment beside it', 'processes/book.ts', 'process.env.PORT', 'reads process.env'],
  ['the environment in nestjs.ts', 'nestjs.ts', 'process.env.PORT', 'reads process.env'],
  ['the environment in a comment', 'serve/a.ts', '// not from process.env', undefined],
  ['other things of process', 'serve/a.ts', 'process.environment; process.argv', undefined],
  ['its own address', 'serve/a.ts', 'new URL("x", import.meta.url)', 'uses import.meta'],
  ['its own address, over two lines', 'cli/a.ts', 'import\n  .meta.dirname', 'uses import.meta'],
  ['the page where it runs from sources', 'live/page-file.ts', 'import.meta.url', undefined],
  ['the thread where it runs from sources', 'core/built-thread.ts', 'import.meta.url', undefined],
  ['the thread imports bcrypt', 'http/users/password-thread-program.ts', "import { x } from 'bcryptjs';", undefined],
  ['http imports bcrypt', 'http/users/passwords.ts', "import { x } from 'bcryptjs';", 'only adapters may import'],
  ['its own address in a comment', 'serve/a.ts', '// not import.meta', undefined],
  ['an import that looks like it', 'serve/a.ts', "import { meta } from './b.ts';", undefined],
  ['a name of a metric', 'page/a.ts', "const x = 'process_cpu_seconds_total';", 'spells process_cpu_seconds_total'],
  ['a name in a text', 'cli/a.ts', 'const x = `rate of grpc_requests_total`;', 'spells grpc_requests_total'],
  ['the beginning of a name', 'page/a.ts', "const x = 'nodejs_heap_size_' + part;", 'spells nodejs_heap_size_'],
  ['a pattern of names', 'page/a.ts', 'const x = /^(grpc|promhttp)_/;', 'spells promhttp)_'],
  ['a name of the library', 'live-source.ts', "x('grpc_vitals_errors_total');", 'spells grpc_vitals_errors_total'],
  ['a name as a key', 'cli/a.ts', 'const x = { rpc_method: y };', 'spells rpc_method'],
  ['a name in naming', 'naming/a.ts', "const x = 'grpc_requests_total';", undefined],
  ['a name in a comment', 'options.ts', '/** Of `grpc_service_info`. */\n// grpc_x', undefined],
  [
    'what only looks like a name',
    'cli/a.ts',
    "process._x; grpc.y_z; 'grpc-vitals'; my_grpc; 'subprocess_x'",
    undefined,
  ],
  ['300 lines', 'core/a.ts', '\n'.repeat(300), undefined],
  ['301 lines', 'core/a.ts', '\n'.repeat(301), 'has 301 lines'],
];
test.each(violations)('the check knows: %s', (_name, path, source, says) => {
  expect(problems(path, source)).toEqual(says === undefined ? [] : [expect.stringContaining(says)]);
});

const circles: [name: string, sources: Record<string, string>, circle: string[]][] = [
  ['none', { 'core/a.ts': "import './b.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': '' }, []],
  [
    'two files',
    { 'core/a.ts': "import { b } from './b.ts';", 'core/b.ts': "import { a } from './a.ts';" },
    ['core/a.ts > core/b.ts > core/a.ts'],
  ],
  [
    'types only, over three folders',
    {
      'core/a.ts': "import type { B } from '../rpc/b.ts';",
      'rpc/b.ts': "export type { C } from '../naming/c.ts';",
      'naming/c.ts': "let a: import('../core/a.ts').A;",
    },
    ['core/a.ts > rpc/b.ts > naming/c.ts > core/a.ts'],
  ],
  ['a file and itself', { 'core/a.ts': "export * from './a.ts';" }, ['core/a.ts > core/a.ts']],
  [
    'files that others reach',
    { 'core/a.ts': "import './b.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': "import './b.ts';" },
    ['core/b.ts > core/c.ts > core/b.ts'],
  ],
  [
    'two ways to one file',
    { 'core/a.ts': "import './b.ts';\nimport './c.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': '' },
    [],
  ],
  ['a circle in a comment', { 'core/a.ts': "import './b.ts';", 'core/b.ts': "// import './a.ts';" }, []],
];
test.each(circles)('the check finds circles: %s', (_name, sources, expected) => {
  expect(importCircles(new Map(Object.entries(sources)))).toEqual(expected);
});

test('a file can break several rules', () => {
  const source = "import '../rpc/a.ts';\nimport 'x';\nprocess.env.PORT;\n'grpc_x' + 'grpc_y' + 'grpc_x';\n";
  expect(problems('core/a.ts', source)).toEqual([
    'core/a.ts imports ../rpc/a.ts: core may import nothing',
    'core/a.ts imports x: only adapters may import a framework, and nothing has dependencies',
    'core/a.ts reads process.env: only cli, register.ts and processes/environment.ts may',
    'core/a.ts spells grpc_x: only naming may',
    'core/a.ts spells grpc_y: only naming may',
  ]);
});

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('src', () => {
  test('has the files that the check is for', () => {
    expect(files).toEqual(
      expect.arrayContaining(['index.ts', 'metrics.ts', 'core/registry.ts', 'adapters/grpc-js/types.ts']),
    );
  });

  test.each(files)('%s', (path) => {
    expect(problems(path, read(path))).toEqual([]);
  });

  test('has no import circle', () => {
    expect(importCircles(new Map(files.map((path) => [path, read(path)])))).toEqual([]);
  });
});

/** The most lines of code that each adapter may have. docs/decisions/0025 says what they are for. */
const mostLines: Readonly<Record<string, number>> = {
  'nice-grpc/': 138,
  'connect/server.ts, connect/router.ts': 157,
  'connect/bodies.ts, connect/protocols.ts': 105,
  'connect/client.ts, connect/method.ts': 80,
  'nestjs/': 63,
};
test('adapters have the lines that docs/decisions/0025 explains, and no more', () => {
  const lines = (part: string) =>
    files
      .filter((path) => part.split(', ').some((one) => path.startsWith(`adapters/${one}`)))
      .reduce((sum, path) => sum + countCodeLines(read(path)), 0);
  for (const [part, most] of Object.entries(mostLines)) {
    expect(lines(part), part).toBeGreaterThan(0);
    expect(lines(part), part).toBeLessThanOrEqual(most);
  }
  const parts = Object.keys(mostLines).join(', ').split(', ');
  const others = files.filter((path) => /^adapters\/(?!grpc-js\/).*\//.test(path));
  expect(others.filter((path) => !parts.some((one) => path.startsWith(`adapters/${one}`)))).toEqual([]);
});

test('nothing is a dependency at run time', () => {
  const manifest = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as Record<string, unknown>; // it is an object
  expect(manifest.dependencies ?? {}).toEqual({});
  expect(manifest.optionalDependencies ?? {}).toEqual({});
});
