import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { mergeSettings } from './settings.ts';
import { readSources, startProcess } from './start.ts';

const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-register-'));
afterAll(() => rmSync(folder, { recursive: true }));

const loadYaml = () => ({ parse: (text: string) => parse(text) as unknown });
const noYaml = () => {
  throw new Error("Cannot find module 'yaml'\nRequire stack:");
};

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const read = (environment: Record<string, string>) => {
  const { sources, problems } = readSources(environment, loadYaml);
  return { settings: mergeSettings(sources), problems };
};

const right: [variable: string, text: string, settings: object][] = [
  ['GRPC_VITALS_PORT', '9464', { expose: { port: '9464' } }],
  ['GRPC_VITALS_HOST', '127.0.0.1', { expose: { host: '127.0.0.1' } }],
  ['GRPC_VITALS_NAMING', 'basic, go', { naming: ['basic', 'go'] }],
  ['GRPC_VITALS_BUCKETS', '0.01,0.1, 1', { buckets: [0.01, 0.1, 1] }],
  ['GRPC_VITALS_EXCLUDE', 'shop.v1.Feed,shop.v1.Orders/Get', { exclude: ['shop.v1.Feed', 'shop.v1.Orders/Get'] }],
  ['GRPC_VITALS_RUNTIME', 'true', { runtime: true }],
  ['GRPC_VITALS_RUNTIME', 'OFF', { runtime: false }],
  ['GRPC_VITALS_ENABLED', '1', { enabled: true }],
  ['GRPC_VITALS_LOG', 'info', { log: 'info' }],
  ['GRPC_VITALS_PORT', '', {}],
  ['GRPC_VITALS_SERVICE_HOST', '10.0.0.1', {}],
  ['GRPC_VITALS_PORT_8000_TCP_ADDR', '10.0.0.1', {}],
  ['GRPC_SERVICE', 'not ours', {}],
];
test.each(right)('%s=%s is read', (variable, text, { expose = {}, ...settings }: { expose?: object }) => {
  const nothing = Object.keys({ ...expose, ...settings }).length === 0;
  expect(read({ [variable]: text })).toEqual({ settings: nothing ? {} : { ...settings, expose }, problems: [] });
});

const warnings: string[] = [];
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
  Reflect.deleteProperty(globalThis, Symbol.for('grpc-vitals.used'));
});
afterEach(() => {
  vi.restoreAllMocks();
  warnings.splice(0);
});

const end = 'grpc-vitals/register records nothing until that is right';
const json = (value: unknown) => file(`${Math.random()}.json`, JSON.stringify(value));

const wrong: [name: string, environment: Record<string, string>, message: RegExp][] = [
  ['a port', { PORT: 'http' }, /^GRPC_VITALS_PORT: port must be a whole number from 0 to 65535, not "http"$/],
  ['a Service', { PORT: 'tcp://10.0.0.1:8000' }, /^GRPC_VITALS_PORT: .* Kubernetes .* enableServiceLinks: false/],
  ['a vocabulary', { NAMING: 'goo' }, /^GRPC_VITALS_NAMING: .*"goo"/],
  ['bounds', { BUCKETS: '0.1;1' }, /^GRPC_VITALS_BUCKETS: must be numbers of seconds with commas.*not "0.1;1"$/],
  ['bounds that do not increase', { BUCKETS: '1,0.1' }, /^GRPC_VITALS_BUCKETS: .*increas/],
  ['a method', { EXCLUDE: '/' }, /^GRPC_VITALS_EXCLUDE: .*"\/"/],
  ['a flag', { RUNTIME: 'maybe' }, /^GRPC_VITALS_RUNTIME: must be true or false, not "maybe"$/],
  ['the switch', { ENABLED: 'si' }, /^GRPC_VITALS_ENABLED: must be true or false, not "si"$/],
  ['a level', { LOG: 'debug' }, /^GRPC_VITALS_LOG: log must be "silent", "warn", "info", not "debug"$/],
  ['a misspelt variable', { PROT: '1' }, /^GRPC_VITALS_PROT: unknown variable, did you mean GRPC_VITALS_PORT\?$/],
  ['another variable', { X: '1' }, /^GRPC_VITALS_X: unknown variable, known are GRPC_VITALS_PORT, /],
  ['no file', { CONFIG: '/nowhere.json' }, /^GRPC_VITALS_CONFIG: cannot read the file: ENOENT/],
  ['another kind of file', { CONFIG: '/etc/x.toml' }, /^GRPC_VITALS_CONFIG: must be the path of a file .json, .yaml/],
  ['broken JSON', { CONFIG: file('broken.json', '{') }, /^GRPC_VITALS_CONFIG: ".*broken.json" cannot be parsed: /],
  ['broken YAML', { CONFIG: file('broken.yaml', '[') }, /^GRPC_VITALS_CONFIG: ".*broken.yaml" cannot be parsed: /],
  ['a list as a file', { CONFIG: json([1]) }, /^GRPC_VITALS_CONFIG \(.*\): it must hold an object.*not \[1\]$/],
  [
    'an option in the file',
    { CONFIG: json({ runtim: true }) },
    /^GRPC_VITALS_CONFIG \(.*\): .*did you mean "runtime"\?$/,
  ],
  ['a port at the top', { CONFIG: json({ port: 1 }) }, /"port" is an option of "expose": \{ expose: \{ port \} \}$/],
  ['a misspelt key', { CONFIG: json({ expsoe: {} }) }, /unknown option "expsoe", did you mean "expose"\?$/],
  ['an option of expose', { CONFIG: json({ expose: { prot: 1 } }) }, /expose\(\): unknown option "prot"/],
  ['no object', { CONFIG: json({ expose: 8000 }) }, /expose\(\) takes an object.*not 8000$/],
];
test.each(wrong)('wrong: %s. A message says so, and nothing is recorded', (_name, given, message) => {
  const environment = Object.fromEntries(Object.entries(given).map(([name, text]) => [`GRPC_VITALS_${name}`, text]));
  expect(startProcess(environment, loadYaml)).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(message), end]);
});

test('each wrong variable has its message', () => {
  startProcess({ GRPC_VITALS_PORT: 'x', GRPC_VITALS_RUNTIME: 'y' }, loadYaml);
  expect(warnings).toHaveLength(3);
});

test('YAML without the package yaml: the message says what to install', () => {
  startProcess({ GRPC_VITALS_CONFIG: file('right.yaml', 'runtime: true') }, noYaml);
  expect(warnings[0]).toMatch(/^GRPC_VITALS_CONFIG: a YAML file needs .*npm install yaml.*Cannot find module 'yaml'$/);
});

describe('the file', () => {
  const settings = { naming: ['go'], runtime: true, log: 'silent', expose: { port: 1, host: '::1' } };
  const files: [name: string, path: string][] = [
    ['JSON', json(settings)],
    ['YAML', file('all.yml', 'naming: [go]\nruntime: true\nlog: silent\nexpose: { port: 1, host: "::1" }\n')],
  ];
  test.each(files)('%s holds options, and variables win', (_name, path) => {
    const environment = { GRPC_VITALS_CONFIG: path, GRPC_VITALS_PORT: '2', GRPC_VITALS_NAMING: 'otel' };
    const expected = { ...settings, naming: ['otel'], expose: { port: '2', host: '::1' } };
    expect(read(environment)).toEqual({ settings: expected, problems: [] });
  });

  test('an empty one sets nothing', () => {
    expect(read({ GRPC_VITALS_CONFIG: file('empty.yaml', '') })).toEqual({ settings: { expose: {} }, problems: [] });
  });
});

const quiet: [name: string, environment: Record<string, string>][] = [
  ['silent', { GRPC_VITALS_LOG: 'silent', GRPC_VITALS_PORT: 'x' }],
  ['not enabled', { GRPC_VITALS_CONFIG: json({ enabled: false, runtime: 5 }) }],
];
test.each(quiet)('says nothing and records nothing: %s', (_name, environment) => {
  expect(startProcess(environment, loadYaml)).toBeUndefined();
  expect(warnings).toEqual([]);
});

test('starts without any variable', () => {
  expect(startProcess({}, loadYaml)).toBeDefined();
  expect(warnings).toEqual([]);
});

test('a process that has a GrpcMetrics already is left to it', () => {
  startProcess({}, loadYaml);
  expect(startProcess({}, loadYaml)).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining('this program uses grpc-vitals itself')]);
});
