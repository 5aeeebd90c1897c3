import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addToManifest,
  digestOf,
  readManifest,
  rowsToGet,
  serversFolder,
  skipFails,
} from '../../scripts/test-servers/manifest.mjs';
import { obtain, packageVersion, parseVersion, resolveCandidates } from '../../scripts/test-servers/obtain.mjs';
import { type Candidate, HOST, INSTALLED, rows, type ServerRow } from '../../scripts/test-servers/table.mjs';

test.each([
  ['prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)', '2.42.0'],
  ['Docker Compose version 2.40.3-3', '2.40.3'],
  ['docker-compose version: v2.1.0', '2.1.0'],
  ['Chromium 150.0.7871.100 built on Debian GNU/Linux 12 (bookworm)', '150.0.7871.100'],
  ['Google Chrome 150.0.7871.100 ', '150.0.7871.100'],
  ['tmux 3.3a', '3.3a'],
  ['error while loading shared libraries 1.2.3', undefined],
])('parseVersion: %s', (output, version) => {
  expect(parseVersion(output)).toBe(version);
});

const row: ServerRow = {
  name: 'demo',
  wants: '3.',
  skipped: 'suites of the demo',
  candidates: [
    { distribution: 'debian', suite: 'forky', package: 'demo', binary: 'usr/bin/demo' },
    { suite: HOST, package: 'demo', binary: 'usr/bin/demo' },
    { suite: HOST, package: 'demo-v3', binary: 'usr/bin/demo' },
  ],
};
test.each([
  ['victoria-metrics_1.79.5+ds1-2+b5_amd64/usr/bin/victoria-metrics', '1.79.5'],
  ['prometheus_2%3a2.42.0+ds-5_amd64/usr/bin/prometheus', '2.42.0'],
  ['demo_1/usr/bin/demo', undefined],
  ['demo-2.0.0/usr/bin/demo', undefined],
])('packageVersion: %s', (path, version) => {
  expect(packageVersion(path)).toBe(version);
});

const suitesOf: [name: string, id: string, hostSuite: string, candidates: string[]][] = [
  ['Debian', 'debian', 'bookworm', ['forky demo', 'bookworm demo', 'bookworm demo-v3']],
  ['Debian that is forky', 'debian', 'forky', ['forky demo', 'forky demo-v3']],
  ['Ubuntu', 'ubuntu', 'noble', ['noble demo', 'noble demo-v3']],
];
test.each(suitesOf)('resolveCandidates: %s', (_name, id, hostSuite, candidates) => {
  const resolved = resolveCandidates(row, { id, hostSuite });
  expect(resolved.map(({ suite, package: name }) => `${suite} ${name}`)).toEqual(candidates);
});

/** The version that each package's binary says; '' for a package that is there and does not run. */
const worlds: [name: string, packages: Record<string, string>, entry: object | undefined, problems: string[]][] = [
  ['the first', { 'forky demo': '3.5.3', 'bookworm demo': '2.42.0' }, { suite: 'forky', fallback: false }, []],
  [
    'forky does not answer',
    { 'bookworm demo': '2.42.0' },
    { suite: 'bookworm', version: '2.42.0', fallback: true },
    ['demo of forky: absent'],
  ],
  [
    'it does not run here',
    { 'forky demo': '', 'bookworm demo': '2.42.0' },
    { suite: 'bookworm', fallback: true, path: 'bookworm-demo/usr/bin/demo' },
    ['demo of forky: does not run'],
  ],
  [
    'another package that is as good',
    { 'bookworm demo-v3': '3.1.0' },
    { package: 'demo-v3', fallback: false },
    ['demo of forky: absent', 'demo of bookworm: absent'],
  ],
  ['nowhere', {}, undefined, ['demo of forky: absent', 'demo of bookworm: absent', 'demo-v3 of bookworm: absent']],
];
test.each(worlds)('obtain: %s', async (_name, packages, entry, problems) => {
  const said: string[] = [];
  const result = await obtain(
    [row],
    { id: 'debian', hostSuite: 'bookworm' },
    {
      unpack: async (suite, name) => {
        if (packages[`${suite} ${name}`] === undefined) throw new Error('absent');
        return `${suite}-${name}`;
      },
      probe: async (path) => {
        const version = packages[path.replace('-', ' ').replace('/usr/bin/demo', '')];
        if (!version) throw new Error('does not run');
        return version;
      },
      say: (line) => said.push(line),
    },
  );
  if (entry === undefined) expect(result.entries).toEqual({});
  else expect(result.entries.demo).toMatchObject(entry);
  expect(result.problems).toEqual({ demo: problems });
  expect(said).toHaveLength(entry === undefined ? 0 : 1);
});

/** What is asked of the world for a candidate, and where its binary is then. */
const ways: [name: string, candidate: Candidate, asked: unknown[], path: string][] = [
  [
    'unpacked',
    { suite: HOST, package: 'demo', binary: 'usr/bin/demo' },
    ['unpack', 'bookworm', 'demo'],
    'folder/usr/bin/demo',
  ],
  [
    'assembled with its libraries',
    { suite: HOST, package: 'demo', with: ['fonts'], binary: 'usr/bin/demo', ask: '-V' },
    ['assemble', 'bookworm', ['demo', 'fonts'], 'usr/bin/demo'],
    'folder/demo',
  ],
  [
    'built with its packages',
    { suite: 'bookworm', package: 'lib', with: ['compiler'], source: 'a/main.go', binary: 'demo' },
    ['build', 'bookworm', ['lib', 'compiler'], 'a/main.go'],
    'folder/demo',
  ],
  [
    'found on the PATH',
    { suite: INSTALLED, package: 'demo', binary: 'demo' },
    ['installed', 'demo'],
    '/usr/local/bin/demo',
  ],
];
test.each(ways)('obtain: a program is %s', async (_name, candidate, expected, path) => {
  const asked: unknown[] = [];
  const answer =
    (way: string, place: string) =>
    async (...of: unknown[]) => {
      asked.push([way, ...of]);
      return place;
    };
  const { entries } = await obtain(
    [{ ...row, candidates: [candidate] }],
    { id: 'debian', hostSuite: 'bookworm' },
    {
      unpack: answer('unpack', 'folder'),
      assemble: answer('assemble', 'folder'),
      build: answer('build', 'folder'),
      installed: (...of) => {
        asked.push(['installed', ...of]);
        return '/usr/local/bin/demo';
      },
      probe: answer('probe', '3.1.0'),
      say: () => {},
    },
  );
  expect(asked).toEqual([expected, ['probe', path, candidate.ask]]);
  expect(entries.demo).toMatchObject({ path, version: '3.1.0', package: candidate.package });
});

test('obtain: what is in no package and not installed leaves reasons', async () => {
  const chromium = rows.filter(({ name }) => name === 'chromium');
  const { entries, problems } = await obtain(
    chromium,
    { id: 'ubuntu', hostSuite: 'noble' },
    {
      unpack: () => Promise.reject(new Error('is not unpacked')),
      assemble: () => Promise.reject(new Error('E: Unable to locate package chromium')),
      installed: () => {
        throw new Error('is not on the PATH');
      },
      probe: () => Promise.reject(new Error('is not probed')),
      say: () => {},
    },
  );
  expect(entries).toEqual({});
  expect(problems.chromium).toEqual([
    'chromium of noble: E: Unable to locate package chromium',
    'chromium of installed: is not on the PATH',
    'google-chrome of installed: is not on the PATH',
  ]);
});

describe('the manifest', () => {
  let folder: string;
  const entry = { path: 'demo_1/usr/bin/demo', version: '3.5.3', suite: 'forky', package: 'demo', fallback: false };
  const absolute = () => ({ ...entry, path: join(folder, entry.path) });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-servers-'));
    mkdirSync(join(folder, 'demo_1/usr/bin'), { recursive: true });
    writeFileSync(join(folder, entry.path), '', { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is read back with absolute paths', () => {
    addToManifest(folder, { demo: entry });
    expect(readManifest(folder)).toEqual({ demo: absolute() });
    expect(readdirSync(folder).sort()).toEqual(['demo_1', 'servers.json']);
  });

  test('keeps what it had', () => {
    addToManifest(folder, { demo: entry });
    addToManifest(folder, { other: { ...entry, version: '1.0.0' } });
    expect(Object.keys(readManifest(folder))).toEqual(['demo', 'other']);
    expect(readFileSync(join(folder, 'servers.json'), 'utf8')).not.toContain(folder);
  });

  test('has programs of the system where they are', () => {
    const installed = { ...entry, path: process.execPath, suite: INSTALLED };
    addToManifest(folder, { node: installed });
    expect(readManifest(folder)).toEqual({ node: installed });
  });

  test.each([
    ['a binary is gone', () => rmSync(join(folder, entry.path))],
    ['a binary may not be run', () => chmodSync(join(folder, entry.path), 0o644)],
    ['it is cut off', () => writeFileSync(join(folder, 'servers.json'), '{"demo": {')],
    ['it is gone', () => rmSync(join(folder, 'servers.json'))],
  ])('has no server when %s', (_name, spoil) => {
    addToManifest(folder, { demo: entry });
    spoil();
    expect(readManifest(folder)).toEqual({});
  });

  const fallback = { ...entry, fallback: true };
  test.each([
    ['nothing when all is there', { demo: entry }, false, []],
    ['what is not there', {}, false, ['demo']],
    ['no fallback that is there', { demo: fallback }, false, []],
    ['a fallback when told to retry', { demo: fallback }, true, ['demo']],
    ['nothing else when told to retry', { demo: entry }, true, []],
  ])('leaves to get: %s', (_name, present, retry, names) => {
    expect(rowsToGet([row], present, retry).map(({ name }) => name)).toEqual(names);
  });

  test('leaves to get what was built of another source', () => {
    const built = {
      ...row,
      candidates: [{ suite: 'bookworm', package: 'demo', binary: 'demo', source: 'package.json' }],
    };
    const path = `go-bookworm-${digestOf('package.json')}/demo`;
    expect(rowsToGet([built], { demo: { ...entry, path } })).toEqual([]);
    expect(rowsToGet([built], { demo: entry })).toEqual([built]);
  });

  test('is made with its folder', () => {
    addToManifest(join(folder, 'a/b'), {});
    expect(readManifest(join(folder, 'a/b'))).toEqual({});
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['servers.json']);
  });

  test.each([
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/cache' }, /^\/cache\/grpc-vitals\/servers$/],
    ['an empty one', { XDG_CACHE_HOME: '' }, /\/\.cache\/grpc-vitals\/servers$/],
    ['none', {}, /\/\.cache\/grpc-vitals\/servers$/],
  ])('is below %s', (_name, env, path) => {
    expect(serversFolder(env)).toMatch(path);
  });
});

test.each([
  [{ CI: 'true' }, true],
  [{ CI: '' }, false],
  [{}, false],
])('skipFails: %o', (env, fails) => {
  expect(skipFails(env)).toBe(fails);
});

test('every row has a name of its own and somewhere to come from on Debian and on Ubuntu', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const each of rows) {
    expect(resolveCandidates(each, { id: 'debian', hostSuite: 'bookworm' })).not.toEqual([]);
    expect(resolveCandidates(each, { id: 'ubuntu', hostSuite: 'noble' })).not.toEqual([]);
  }
});
