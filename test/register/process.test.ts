import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { link, projectWith } from './built-programs.ts';
import { Child } from './child.ts';
import { services } from './services.ts';

const project = projectWith('1.14');
afterAll(() => project.remove());
beforeAll(async () => {
  project.write(services);
  link(project, 'another-copy/package.json', '../package.json');
  cpSync(new URL('../../dist', import.meta.url), join(project.folder, 'node_modules/another-copy/dist'), {
    recursive: true,
  });
  await build({
    entryPoints: [join(project.folder, 'service.cjs')],
    outfile: join(project.folder, 'bundled.cjs'),
    bundle: true,
    platform: 'node',
  });
});

const imported = ['--import', 'grpc-vitals/register'];
const required = ['--require', 'grpc-vitals/register'];
/** The loader of the package that its instrumentations depend on. */
const openTelemetry = createRequire(import.meta.resolve('@opentelemetry/instrumentation-grpc')).resolve(
  '@opentelemetry/instrumentation/hook.mjs',
);
/** What a path in NODE_OPTIONS names. */
const file = fileURLToPath(import.meta.resolve('../../dist/register.mjs'));
const answered = 'got OK, NOT_FOUND\n';
const local = { GRPC_VITALS_PORT: '0', GRPC_VITALS_HOST: '127.0.0.1' };

type Environment = Readonly<Record<string, string>>;

/** Runs a program to its end. */
function run(args: readonly string[], environment: Environment = local) {
  return new Child(args, { folder: project.folder, environment }).ended;
}

/** The calls that a program's endpoint counts, while the program stays. */
async function counted(args: readonly string[], environment: Environment = {}): Promise<Record<string, number>> {
  const info = { ...local, GRPC_VITALS_LOG: 'info', ...environment };
  const child = new Child(args, { folder: project.folder, environment: info, hasChannel: true });
  try {
    const url = await child.url();
    await child.printed(/got/);
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.matchAll(
      /^grpc_(client_)?requests_total\{method="\/shop.v1.Orders\/(\w+)",status="(\w+)"\} ([1-9]\d*)$/gm,
    );
    return Object.fromEntries(
      Array.from(lines, ([, client = '', ...rest]) => [`${client}${rest[0]} ${rest[1]}`, Number(rest[2])]),
    );
  } finally {
    child.process.disconnect();
    const { code, stdout } = await child.ended;
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('got OK, NOT_FOUND') });
  }
}

const each = { 'Get OK': 1, 'Find NOT_FOUND': 1, 'client_Get OK': 1, 'client_Find NOT_FOUND': 1 };
const twice = { 'Get OK': 2, 'Find NOT_FOUND': 2, 'client_Get OK': 2, 'client_Find NOT_FOUND': 2 };

const ways: [name: string, args: string[], environment: Environment, calls: object][] = [
  ['CommonJS, --import', [...imported, 'service.cjs'], {}, each],
  ['CommonJS, --require', [...required, 'service.cjs'], {}, each],
  ['an ES module, --import', [...imported, 'service.mjs'], {}, each],
  ['an ES module, --require', [...required, 'service.mjs'], {}, each],
  ['an ES module that imports the default', [...imported, 'default-import.mjs'], {}, each],
  ['NODE_OPTIONS', ['service.mjs'], { NODE_OPTIONS: imported.join(' ') }, each],
  ['NODE_OPTIONS with a path', ['service.cjs'], { NODE_OPTIONS: `--import ${file}` }, each],
  ['two copies of grpc-js', [...imported, 'both-copies.cjs'], {}, twice],
  ['a class that extends Server', [...imported, 'subclasses.cjs'], {}, each],
  ['registered after grpc-js was imported', ['late.mjs'], {}, each],
  ['registered twice', [...required, ...imported, 'service.mjs'], {}, each],
  [
    'registered by two copies',
    ['--require', './node_modules/another-copy/dist/register.cjs', ...imported, 'service.cjs'],
    {},
    each,
  ],
  ['tsx', ['--import', import.meta.resolve('tsx'), ...imported, 'service.mjs'], {}, each],
  ["OpenTelemetry's loader", ['--import', openTelemetry, ...imported, 'service.mjs'], {}, each],
];
test.each(ways)('counts each call once: %s', async (_name, args, environment, calls) => {
  expect(await counted(args, environment)).toEqual(calls);
});

describe('a program that uses the library itself is left to it', () => {
  const itself = 'this program uses grpc-vitals itself';
  const rows: [name: string, environment: Environment, message: unknown][] = [
    ['the same copy', { LIBRARY: 'grpc-vitals' }, expect.stringContaining(itself)],
    ['another copy', { LIBRARY: './node_modules/another-copy/dist/index.cjs' }, expect.stringContaining(itself)],
    ['a copy that leaves no note', { LIBRARY: './node_modules/another-copy/dist/index.cjs', IS_OLD: '1' }, ''],
  ];
  test.each(rows)('%s', async (_name, environment, stderr) => {
    const ending = await run([...imported, 'uses-library.cjs'], { ...local, ...environment });
    expect(ending).toEqual({ code: 0, signal: null, stdout: `${answered}counted 1 1 1 1\n`, stderr });
  });
});

const bundled =
  /^\(node:\d+\) GrpcVitalsWarning: this process serves gRPC on port \d+, and grpc-vitals\/register cannot record it: [^\n]*\n\(Use [^\n]*\n$/;
const silent: [name: string, args: string[], environment: Environment, stdout: unknown, stderr: unknown][] = [
  ['a service', ['service.cjs'], {}, answered, ''],
  [
    'a service that is not enabled',
    ['service.cjs'],
    { GRPC_VITALS_ENABLED: 'false', GRPC_VITALS_PORT: 'x' },
    answered,
    '',
  ],
  [
    'a program without gRPC',
    ['plain.cjs'],
    { GRPC_VITALS_PORT: 'x' },
    expect.not.stringContaining('register-start'),
    '',
  ],
  ['an HTTP/2 server without gRPC', ['http2.cjs'], { GRPC_VITALS_PORT: 'x' }, 'got it\n', ''],
  ['a bundled service', ['bundled.cjs'], {}, answered, expect.stringMatching(bundled)],
  [
    'a loader that loads CommonJS itself',
    ['--import', './loader.mjs', 'service.mjs'],
    {},
    answered,
    expect.stringMatching(bundled),
  ],
  [
    'a wrong variable',
    ['service.cjs'],
    { GRPC_VITALS_PORT: 'eighty' },
    answered,
    expect.stringMatching(/GRPC_VITALS_PORT: port must be a whole number from 0 to 65535, not "eighty"\n/),
  ],
];
test.each(silent)('goes on as without it, and ends: %s', async (_name, args, environment, stdout, stderr) => {
  const NODE_OPTIONS = imported.join(' ');
  const ending = await run(args, { ...local, NODE_OPTIONS, ...environment });
  expect(ending).toEqual({ code: 0, signal: null, stdout, stderr });
});

test('a port that is taken is a message that names its variable', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo; // it listens on TCP
  try {
    const ending = await run([...imported, 'service.cjs'], { ...local, GRPC_VITALS_PORT: String(port) });
    expect(ending).toMatchObject({ code: 0, stdout: answered });
    expect(ending.stderr).toContain(`cannot expose the metrics: GRPC_VITALS_PORT: port 127.0.0.1:${port} is in use`);
  } finally {
    taken.close();
  }
});

test('an endpoint whose web configuration is wrong does not open', async () => {
  project.write({ 'web.yml': 'basic_auth_user: {}\n' });
  const ending = await run([...imported, 'service.cjs'], { ...local, GRPC_VITALS_WEB_CONFIG: 'web.yml' });
  expect(ending).toMatchObject({ code: 0, stdout: answered });
  expect(ending.stderr).toMatch(/cannot expose the metrics: GRPC_VITALS_WEB_CONFIG: .*web.yml:1: .*basic_auth_user/);
});

test('the exit code of the program stays', async () => {
  expect(await run([...imported, 'code.cjs'])).toMatchObject({ code: 3, stdout: answered, stderr: '' });
});

test('a rejection that the program does not handle ends it as before', async () => {
  const ending = await run([...imported, 'rejects.cjs']);
  expect(ending).toMatchObject({ code: 1, stdout: answered });
  expect(ending.stderr).toContain('Error: the program rejects');
});

test('npm, which inherits NODE_OPTIONS, prints what it prints', async () => {
  const NODE_OPTIONS = `--import ${file}`;
  const printed = await project.run('npm', ['--version'], { environment: { ...local, NODE_OPTIONS } });
  expect(printed).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the configuration file sets options of every kind', async () => {
  project.write({
    'vitals.yaml': 'exclude: [shop.v1.Orders/Find]\nconstantLabels: { region: eu }\nexpose: { page: false }\n',
  });
  const info = { ...local, GRPC_VITALS_LOG: 'info', GRPC_VITALS_CONFIG: 'vitals.yaml' };
  const child = new Child([...imported, 'service.cjs'], {
    folder: project.folder,
    environment: info,
    hasChannel: true,
  });
  try {
    const url = await child.url();
    await child.printed(/got/);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('grpc_requests_total{method="/shop.v1.Orders/Get",status="OK",region="eu"} 1');
    expect(text).not.toContain('Orders/Find');
    expect((await fetch(url)).status).toBe(404);
  } finally {
    await child.kill();
  }
});
