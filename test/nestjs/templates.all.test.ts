import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { documentedFiles, steps } from '../support/nestjs/docs.ts';
import { type Files, Project, pack } from '../support/project.ts';
import { grpcJs } from '../toolchains/service.ts';

/** The versions whose templates are ES modules. Their relative imports end in `.js`, as docs/nestjs.md says. */
const ofModules = ['12'];

const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

/** The files of the numbered steps, as the version wants its imports. */
function stepFiles(version: string): Files {
  const files = documentedFiles();
  const withExtensions = (text: string) => text.replace(/(from '\.\/[^']+)'/g, "$1.js'");
  return Object.fromEntries(
    steps.map((path) => {
      const text = files[path]!;
      return [`app/${path}`, ofModules.includes(version) ? withExtensions(text) : text];
    }),
  );
}

/** A unit test in the words of the template. */
const spec = (extension: string) => `import { GrpcMetrics } from 'grpc-vitals';
import { OrdersController } from './orders.controller${extension}';

describe('OrdersController', () => {
  it('counts lookups', () => {
    const metrics = new GrpcMetrics();
    new OrdersController(metrics).getOrder({ id: '1' });
    const lookups = metrics.collect().find(({ name }) => name === 'order_lookups_total');
    expect(lookups?.series).toMatchObject([{ value: 1 }]);
  });
});
`;

/** Starts the built application, calls it, scrapes it, and ends it. */
const check = `
const { spawn } = require('node:child_process');
const grpc = require('@grpc/grpc-js');
const [main, port, httpPort, metricsPort] = process.argv.slice(2);
const env = { ...process.env, GRPC_URL: 'localhost:' + port, PORT: httpPort, METRICS_PORT: metricsPort };
const app = spawn(process.execPath, [main], { env, stdio: 'inherit' });
const client = new grpc.Client('localhost:' + port, grpc.credentials.createInsecure());
const pass = (bytes) => bytes;
const call = (body) => new Promise((resolve) => {
  const deadline = Date.now() + 30000;
  const metadata = new grpc.Metadata({ waitForReady: true });
  client.makeUnaryRequest('/shop.v1.Orders/GetOrder', pass, pass, Buffer.from(body), metadata, { deadline }, (error) => resolve(error ? error.code : 0));
});
(async () => {
  console.log('statuses', await call([0x0a, 1, 0x31]), await call([]));
  for (let tries = 0; tries < 100; tries += 1) {
    const scrape = await fetch('http://localhost:' + metricsPort + '/metrics').then((response) => response.text(), () => '');
    const lines = scrape.split('\\n').filter((line) => /GetOrder|order_lookups/.test(line) && !/ 0$/.test(line));
    if (lines.length > 0) { console.log(lines.join('\\n')); break; }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log('http', (await fetch('http://localhost:' + httpPort)).status);
  app.once('exit', (code, signal) => { console.log('ended', code ?? signal); process.exit(); });
  app.kill('SIGTERM');
})().catch((error) => { console.error(error); app.kill('SIGKILL'); process.exit(1); });
`;

/** The builders of each version. NestJS 12 refuses webpack in a project of ES modules, and names rspack instead. */
const versions: [version: string, builders: readonly string[]][] = [
  ['10', ['tsc', 'swc', 'webpack']],
  ['11', ['tsc', 'swc', 'webpack']],
  ['12', ['tsc', 'swc', 'rspack']],
];

describe.each(versions)('the template of NestJS %s with the documented steps', (version, builders) => {
  const project = new Project();
  const app = { folder: 'app', timeoutSeconds: 300 };
  afterAll(() => project.remove(), 300_000);

  beforeAll(async () => {
    await project.install([`@nestjs/cli@${version}`, `@nestjs/schematics@${version}`]);
    await project.run('nest', ['new', 'app', '--skip-install', '--skip-git', '--package-manager', 'npm']);
    project.write({ ...stepFiles(version), 'app/check.cjs': check });
    const extension = ofModules.includes(version) ? '.js' : '';
    project.write({ 'app/src/orders.controller.spec.ts': spec(extension) });
    const documented = [tarball, grpcJs, '@grpc/proto-loader', `@nestjs/microservices@${version}`];
    const ofBuilders = [
      '@swc/cli',
      '@swc/core',
      ...(builders.includes('rspack')
        ? ['@rspack/core', 'webpack-node-externals', 'tsconfig-paths-webpack-plugin']
        : []),
    ];
    await project.install([...documented, ...ofBuilders], 'app');
  }, 900_000);

  test('passes its unit tests and its end-to-end tests', { timeout: 600_000 }, async () => {
    expect(await project.run('npm', ['test'], app)).toMatch(/[2-9] passed/);
    expect(await project.run('npm', ['run', 'test:e2e'], app)).toMatch(/[1-9] passed/);
  });

  test('compiles in a strict project', { timeout: 600_000 }, async () => {
    // The template of NestJS 10 turns these two off by themselves.
    const off = ['--strictNullChecks', '--noImplicitAny'];
    const strict = ['--strict', ...off, '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
    expect(await project.run('npx', ['tsc', '-p', 'tsconfig.build.json', ...strict], app)).toBe('');
  });

  test.each(builders)('builds with %s, and its metrics are right', { timeout: 600_000 }, async (builder) => {
    await project.run('npx', ['nest', 'build', '--builder', builder], app);
    const main = ['dist/main.js', 'dist/src/main.js'].find((path) => existsSync(join(project.folder, 'app', path)));
    const ports = [await freePort(), await freePort(), await freePort()];
    const printed = await project.run('node', ['check.cjs', main!, ...ports], app);
    const method = 'method="/shop.v1.Orders/GetOrder"';
    for (const line of [
      'statuses 0 2',
      `grpc_requests_total{${method},status="OK"} 1`,
      `grpc_requests_total{${method},status="UNKNOWN"} 1`,
      `grpc_errors_total{${method},error_type="RangeError"} 1`,
      `grpc_messages_received_bytes_total{${method}} 3`,
      'order_lookups_total 1',
      'http 200',
      'ended SIGTERM',
    ]) {
      expect(printed).toContain(`${line}\n`);
    }
  });
});
