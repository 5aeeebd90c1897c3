import { expect, test } from 'vitest';
import type { Archive, Mirror } from '../../scripts/test-servers/sources.mjs';
import { chooseMirror, formatSource, parseOsRelease, parseSources } from '../../scripts/test-servers/sources.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const archive = (uri: string, suites: string[], components = ['main'], signedBy?: string): Archive => {
  return { uri, suites, components, signedBy };
};

const files: [name: string, file: string, text: string, archives: Archive[]][] = [
  [
    'one line',
    'sources.list',
    'deb http://m.test/debian bookworm main\n',
    [archive('http://m.test/debian', ['bookworm'])],
  ],
  [
    'a line with options and a remark',
    'a.list',
    `deb [arch=amd64 signed-by=${keyring}] http://m.test/debian bookworm main contrib # ours\n`,
    [archive('http://m.test/debian', ['bookworm'], ['main', 'contrib'], keyring)],
  ],
  ['lines that are off or of sources', 'a.list', '# deb http://m.test/x y z\ndeb-src http://m.test/x y z\n\n', []],
  [
    'two stanzas',
    'debian.sources',
    `# by the installer
Types: deb deb-src\nURIs: http://m.test/debian\nSuites: bookworm bookworm-updates\n# why\nComponents: main
Signed-By: ${keyring}\n\n\nTypes: deb\nURIs: http://m.test/security\nSuites: bookworm-security\nComponents: main\n`,
    [
      archive('http://m.test/debian', ['bookworm', 'bookworm-updates'], ['main'], keyring),
      archive('http://m.test/security', ['bookworm-security']),
    ],
  ],
  [
    'a stanza with two mirrors, continued lines and other case',
    'debian.sources',
    'types: deb\nuris: http://a.test/debian\n http://b.test/debian\nsuites: trixie\ncomponents: main\r\n',
    [archive('http://a.test/debian', ['trixie']), archive('http://b.test/debian', ['trixie'])],
  ],
  [
    'a stanza that is off',
    'a.sources',
    'Enabled: no\nTypes: deb\nURIs: http://m.test/x\nSuites: y\nComponents: main',
    [],
  ],
  ['a stanza of sources', 'a.sources', 'Types: deb-src\nURIs: http://m.test/x\nSuites: y\nComponents: main', []],
  [
    'a key in the stanza',
    'a.sources',
    'Types: deb\nURIs: http://m.test/x\nSuites: y\nComponents: main\nSigned-By:\n -----BEGIN-----\n .\n abc\n',
    [archive('http://m.test/x', ['y'], ['main'], '-----BEGIN-----\n.\nabc')],
  ],
];
test.each(files)('parseSources: %s', (_name, file, text, archives) => {
  expect(parseSources(file, text)).toEqual(archives);
});

const debian = { id: 'debian', codename: 'bookworm' };
const own = archive('http://m.test/debian', ['bookworm', 'bookworm-updates']);
const mirrors: [name: string, archives: Archive[], system: typeof debian, mirror: string | undefined][] = [
  ['the only one', [own], debian, own.uri],
  ['none', [], debian, undefined],
  ['only of another suite', [archive('http://m.test/debian', ['trixie'])], debian, undefined],
  ['only others, without main', [archive('http://docker.test/debian', ['bookworm'], ['stable'])], debian, undefined],
  ['another before it', [archive('http://tools.test', ['bookworm']), own], debian, own.uri],
  ['another before it at such a path', [archive('http://runner.test/debian', ['bookworm']), own], debian, own.uri],
  [
    'at any path by its keyring',
    [
      archive('http://tools.test/debian', ['bookworm']),
      archive('http://cache.test/d', ['bookworm'], ['main'], keyring),
    ],
    debian,
    'http://cache.test/d',
  ],
  [
    'another before it at another path',
    [archive('http://tools.test', ['bookworm']), archive('http://m.test/debian/', ['bookworm'])],
    debian,
    'http://m.test/debian/',
  ],
  ['one that says stable', [archive('http://m.test/debian', ['stable'])], debian, 'http://m.test/debian'],
  [
    'Ubuntu',
    [own, archive('http://m.test/ubuntu', ['noble', 'noble-updates'])],
    { id: 'ubuntu', codename: 'noble' },
    'http://m.test/ubuntu',
  ],
];
test.each(mirrors)('chooseMirror: %s', (_name, archives, system, mirror) => {
  expect(chooseMirror(archives, system)?.uri).toBe(mirror);
});

test('chooseMirror joins the components of its lines and keeps those that are needed', () => {
  const text = 'deb http://m.test/ubuntu noble main restricted\ndeb http://m.test/ubuntu noble universe\n';
  expect(chooseMirror(parseSources('sources.list', text), { id: 'ubuntu', codename: 'noble' })).toEqual({
    uri: 'http://m.test/ubuntu',
    suite: 'noble',
    components: ['main', 'universe'],
    signedBy: undefined,
  });
});

const mirror = (signedBy?: string): Mirror => ({
  ...archive('http://m.test/x', ['y'], ['main'], signedBy),
  suite: 'y',
});
test.each([
  ['a path', keyring],
  ['a whole key', '-----BEGIN-----\n.\nabc'],
  ['nothing', undefined],
])('formatSource is read back, signed by %s', (_name, signedBy) => {
  const text = formatSource(mirror(signedBy), 'forky');
  expect(parseSources('a.sources', text)).toEqual([archive('http://m.test/x', ['forky'], ['main'], signedBy)]);
});

test.each([
  ['Debian', 'ID=debian\nVERSION_CODENAME=bookworm\n', debian],
  ['quotes', 'VERSION_CODENAME="noble"\nID_LIKE=debian\nID="ubuntu"\n', { id: 'ubuntu', codename: 'noble' }],
  ['no codename', 'ID=arch\n', { id: 'arch', codename: undefined }],
])('parseOsRelease: %s', (_name, text, system) => {
  expect(parseOsRelease(text)).toEqual(system);
});
