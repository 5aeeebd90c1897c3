import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/servers/prometheus.ts';
import { Child } from './child.ts';
import { servicesProject } from './services.ts';
import { describeWays } from './ways.ts';

const project = servicesProject();
afterAll(() => project.remove());

const imported = ['--import', 'grpc-vitals/register'];
const required = ['--require', 'grpc-vitals/register'];
/** What a path in NODE_OPTIONS names. */
const file = fileURLToPath(import.meta.resolve('../../dist/register.mjs'));
const answered = 'got OK, NOT_FOUND\n';
const local = { GRPC_VITALS_PORT: '0', GRPC_VITALS_HOST: '127.0.0.1' };

type Environment = Readonly<Record<string, string>>;

/** Runs a program to its end. */
function run(args: readonly string[], environment: Environment = local) {
  return new Child(args, { folder: project.folder, environment }).ended;
}

describeWays();

describe('a program that uses the library itself is left to it', () => {
  const itself = 'this program uses grpc-vitals itself';
  const rows: [name: string, library: string][] = [
    ['the same copy', 'grpc-vitals'],
    ['another copy', './node_modules/another-copy/dist/index.cjs'],
  ];
  test.each(rows)('%s', async (_name, LIBRARY) => {
    const ending = await run([...imported, 'uses-library.cjs'], { ...local, LIBRARY, GRPC_VITALS_LOG: 'info' });
    expect(ending).toMatchObject({ code: 0, stdout: `${answered}counted 1 1 1 1\n` });
    expect(ending.stderr).toContain(itself);
    expect(ending.stderr).not.toContain('the metrics are at');
  });
});

const bundled =
  /^\(node:\d+\) GrpcVitalsWarning: this process (serves gRPC on port \d+|calls gRPC servers), and grpc-vitals\/register cannot record it: [^\n]*\n\(Use [^\n]*\n$/;
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
    ['--disable-warning=DEP0205', '--import', './loader.mjs', 'service.mjs'], // newer versions warn of such loaders
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
    const environment = { ...local, GRPC_VITALS_PORT: String(port) };
    const message = await warned(environment, /cannot expose the metrics: .*/);
    expect(message).toContain(`GRPC_VITALS_PORT: port 127.0.0.1:${port} is in use`);
  } finally {
    taken.close();
  }
});

test('an endpoint whose web configuration is wrong does not open', async () => {
  project.write({ 'web.yml': 'basic_auth_user: {}\n' });
  const environment = { ...local, GRPC_VITALS_WEB_CONFIG: 'web.yml' };
  const message = await warned(environment, /cannot expose the metrics: .*/);
  expect(message).toMatch(/GRPC_VITALS_WEB_CONFIG: .*web.yml:1: .*basic_auth_user/);
});

test('the workers of node:cluster are one target with GRPC_VITALS_PROCESSES', async () => {
  const environment = { GRPC_VITALS_PROCESSES: 'true', GRPC_VITALS_PORT: String(await freePort()) };
  const text = await scraped([...imported, 'cluster.cjs'], 'got[^]*got', environment);
  expect(text).toContain('grpc_requests_total{method="/shop.v1.Orders/Get",status="OK"} 2');
});

test('a program that only makes a client has an endpoint, too', async () => {
  const text = await scraped([...imported, 'client.cjs'], 'the metrics are at');
  expect(text).toContain('grpc_client_requests_total{method="/a.B/C",status="CANCELLED"} 1');
});

test('the exit code of the program stays', async () => {
  expect(await run([...imported, 'code.cjs'])).toMatchObject({ code: 3, stdout: answered, stderr: '' });
});

test('a rejection that the program does not handle ends it as before', async () => {
  const ending = await run([...imported, 'rejects.cjs']);
  expect(ending).toMatchObject({ code: 1, stdout: answered });
  expect(ending.stderr).toContain('Error: the program rejects');
});

const orders: [order: string, args: string[]][] = [
  ['before it', ['--require', './hiding-agent.cjs', ...required]],
  ['after it', [...required, '--require', './hiding-agent.cjs']],
];
test.each(orders)('an exception that an agent hides is recorded: the agent is loaded %s', async (_order, args) => {
  const text = await scraped([...args, 'throws.cjs'], 'got OK, INTERNAL');
  expect(text).toContain('grpc_errors_total{method="/shop.v1.Orders/Find",error_type="RangeError"} 1');
});

test('npm, which inherits NODE_OPTIONS, prints what it prints', async () => {
  const NODE_OPTIONS = `--import ${file}`;
  const printed = await project.run('npm', ['--version'], { environment: { ...local, NODE_OPTIONS } });
  expect(printed).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the configuration file sets options of every kind', async () => {
  project.write({
    'vitals.yaml':
      'exclude: [shop.v1.Orders/Find]\nconstantLabels: { region: eu }\nexpose: { allowedHosts: [metrics] }\n',
  });
  const text = await scraped([...imported, 'service.cjs'], answered, { GRPC_VITALS_CONFIG: 'vitals.yaml' });
  expect(text).toContain('grpc_requests_total{method="/shop.v1.Orders/Get",status="OK",region="eu"} 1');
  expect(text).not.toContain('Orders/Find');
});

/** What a service prints that matches. It goes on, and ends as without. */
async function warned(environment: Environment, pattern: RegExp): Promise<string> {
  const child = new Child([...imported, 'service.cjs'], { folder: project.folder, environment, hasChannel: true });
  const [message] = await child.printed(pattern);
  await child.printed(/got/); // now it waits for the end of the channel
  child.process.disconnect();
  expect(await child.ended).toMatchObject({ code: 0, stdout: answered });
  return message;
}

/** What a program exposes when it has printed this. */
async function scraped(args: readonly string[], printed: string, environment: Environment = {}): Promise<string> {
  const info = { ...local, GRPC_VITALS_LOG: 'info', ...environment };
  const child = new Child(args, { folder: project.folder, environment: info, hasChannel: true });
  try {
    await child.printed(new RegExp(printed));
    return await (await fetch(`${await child.url()}/metrics`)).text();
  } finally {
    await child.kill();
  }
}
