import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entries } from '../../scripts/entries.mjs';
import * as index from '../../src/index.ts';
import { build, run } from './build.ts';

const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => build({ second: 'test/toolchains/second-entry.ts' }, folder));

test('two entries share one copy, whether they are imported or required', () => {
  const printed = run(`
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(join(folder, 'x'))});
    const load = async (name) => [await import(${JSON.stringify(folder)} + '/' + name + '.mjs'), require('./' + name + '.cjs')];
    const [imported, required] = await load('index');
    const [second, secondRequired] = await load('second');
    console.log(JSON.stringify({
      names: [imported, second].map((module) => Object.keys(module)),
      isOneCopy: imported.GrpcMetrics === required.GrpcMetrics && second.instrumented === secondRequired.instrumented,
      isShared: imported.MetricsError === second.MetricsError,
    }));
  `);
  expect(JSON.parse(printed)).toEqual({
    names: [Object.keys(index).sort(), ['MetricsError', 'instrumented']],
    isOneCopy: true,
    isShared: true,
  });
});

test('the main entry defines nothing itself: a runner that inlines it would make a second copy', () => {
  const code = readFileSync(join(folder, 'index.cjs'), 'utf8');
  expect(code).not.toMatch(/\bclass\b|\bfunction\b|=>/);
});

/** The files that each file requires, at once or late. */
function requirements(): Map<string, string[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cjs'));
  return new Map(
    files.map((file) => {
      const code = readFileSync(join(folder, file), 'utf8');
      return [file, Array.from(code.matchAll(/\brequire\("\.\/([^"]+)"\)/g), ([, required]) => required!)];
    }),
  );
}

/** The first way from the file back to itself. */
function circle(graph: ReadonlyMap<string, readonly string[]>, path: readonly string[]): string | undefined {
  for (const next of graph.get(path.at(-1)!) ?? []) {
    const found = next === path[0] ? [...path, next].join(' -> ') : undefined;
    const further = found ?? (path.includes(next) ? undefined : circle(graph, [...path, next]));
    if (further !== undefined) return further;
  }
  return undefined;
}

test('no file requires itself by way of others, which rollup would warn of', () => {
  const graph = requirements();
  expect(graph.get('metrics.cjs')).toContain('endpoint.cjs');
  for (const file of graph.keys()) expect(circle(graph, [file])).toBeUndefined();
});

test.each([
  ['two', { a: ['b'], b: ['a'] }, 'a -> b -> a'],
  ['a tail', { a: ['b'], b: ['c'], c: ['b'] }, undefined],
])('a circle of files would be found: %s', (_name, graph, found) => {
  expect(circle(new Map(Object.entries(graph)), ['a'])).toBe(found);
});

test.each([
  ['alone', '{}', []],
  ['one of several', '{ processes: { folder } }', ['processes.cjs']],
])('a process %s that has the options %s', (_name, options, loaded) => {
  const printed = run(`
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(join(folder, 'x'))});
    const folder = ${JSON.stringify(join(folder, 'books'))};
    const metrics = new (require('./index.cjs').GrpcMetrics)(${options});
    metrics.counter({ name: 'things_total', help: 'Things' }).inc();
    await metrics.render();
    await (await metrics.expose({ port: 0, host: '127.0.0.1' })).close();
    await metrics.close();
    console.log(JSON.stringify(Object.keys(require.cache).map((path) => path.split('/').at(-1))));
  `);
  const files = JSON.parse(printed) as string[]; // as the program prints it
  expect(files).toContain('endpoint.cjs');
  expect(files.filter((file) => file === 'processes.cjs')).toEqual(loaded);
});

test('the library has nothing of what is for several processes', () => {
  const code = (file: string) => readFileSync(join(folder, file), 'utf8');
  expect(code('processes.cjs')).toMatch(/\bLedger = class\b/);
  for (const file of ['library.cjs', 'metrics.cjs', 'endpoint.cjs'])
    expect(code(file), file).not.toMatch(/\bLedger = class\b/);
});

test('a class of both entries has one declaration', () => {
  const declarations = readdirSync(folder).filter((file) => /\.d\.[cm]ts$/.test(file));
  const ofEntries = [...Object.keys(entries), 'second'].flatMap((name) => [`${name}.d.cts`, `${name}.d.mts`]);
  expect(declarations.sort()).toEqual([...ofEntries, 'library.d.cts'].sort());
  const declaring = declarations.filter((file) =>
    readFileSync(join(folder, file), 'utf8').includes('class GrpcMetrics'),
  );
  expect(declaring).toEqual(['library.d.cts']);
});

test('what is built has one byte for each character', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cjs'))) {
    const code = readFileSync(join(folder, file), 'latin1');
    expect(code, file).not.toMatch(/[^\0-\x7f]/);
  }
});

const refused: [name: string, source: string, says: string][] = [
  ['a builtin without node:', "export { readFileSync } from 'fs';", 'broken.cjs contains require("fs")'],
  ['its own address', 'export const here: string = import.meta.url;', 'broken.cjs contains require("url")'],
  ['its own folder', 'export const here: string = __dirname;', 'broken.cjs contains __dirname'],
  ['a module that does not exist', "export { nothing } from './nothing.ts';", "Could not resolve './nothing.ts'"],
];
test.each(refused)('the build fails for %s', (_name, source, says) => {
  const path = join(folder, 'broken.ts');
  writeFileSync(path, source);
  expect(() => build({ broken: path }, folder)).toThrow(says);
});
