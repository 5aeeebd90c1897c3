import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Files, Project, pack } from '../support/project.ts';
import { grpcJs, program } from './service.ts';

const timeout = 600_000;
const shelf = new Project();
afterAll(() => shelf.remove());
let tarball = '';
beforeAll(() => {
  tarball = pack(shelf.folder);
});

const banner =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" +
  ' const __filename = import.meta.filename; const __dirname = import.meta.dirname;';

const webpack = `
const path = require('node:path');
module.exports = { mode: 'production', target: 'node', entry: './main.mjs', output: { path: __dirname, filename: 'out.cjs' } };
`;
const rollup = `
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
export default { input: 'main.mjs', plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()] };
`;
const vite = `
export default { build: { ssr: 'main.mjs', outDir: '.', emptyOutDir: false, rollupOptions: { output: { entryFileNames: 'out.mjs' } } }, ssr: { noExternal: true } };
`;

interface Row {
  readonly packages: readonly string[];
  readonly files?: Files;
  readonly command: readonly [program: string, ...args: string[]];
  /** What the bundler writes. */
  readonly output: string;
}

/** Each bundle contains grpc-js and everything else, and runs in an empty folder. */
const rows: [name: string, row: Row][] = [
  [
    'esbuild, CommonJS',
    {
      packages: ['esbuild'],
      command: ['esbuild', 'main.mjs', '--bundle', '--platform=node', '--outfile=out.cjs'],
      output: 'out.cjs',
    },
  ],
  [
    'esbuild, CommonJS, minified',
    {
      packages: ['esbuild'],
      command: ['esbuild', 'main.mjs', '--bundle', '--minify', '--platform=node', '--outfile=out.cjs'],
      output: 'out.cjs',
    },
  ],
  [
    'esbuild, ES module, with the banner that grpc-js needs',
    {
      packages: ['esbuild'],
      command: [
        'esbuild',
        'main.mjs',
        '--bundle',
        '--platform=node',
        '--format=esm',
        `--banner:js=${banner}`,
        '--outfile=out.mjs',
      ],
      output: 'out.mjs',
    },
  ],
  [
    'webpack 5',
    {
      packages: ['webpack@5', 'webpack-cli'],
      files: { 'webpack.config.js': webpack },
      command: ['webpack'],
      output: 'out.cjs',
    },
  ],
  [
    'webpack 5.97',
    {
      packages: ['webpack@5.97.1', 'webpack-cli@5'],
      files: { 'webpack.config.js': webpack },
      command: ['webpack'],
      output: 'out.cjs',
    },
  ],
  [
    'rollup 4, CommonJS',
    {
      packages: ['rollup@4', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs', '@rollup/plugin-json'],
      files: { 'rollup.config.mjs': rollup },
      command: ['rollup', '-c', '-f', 'cjs', '-o', 'out.cjs'],
      output: 'out.cjs',
    },
  ],
  [
    'rollup 4, ES module',
    {
      packages: ['rollup@4', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs', '@rollup/plugin-json'],
      files: { 'rollup.config.mjs': rollup },
      command: ['rollup', '-c', '-f', 'es', '-o', 'out.mjs'],
      output: 'out.mjs',
    },
  ],
  [
    'ncc 0.45',
    { packages: ['@vercel/ncc@0.45'], command: ['ncc', 'build', 'main.mjs', '-o', '.'], output: 'index.mjs' },
  ],
  [
    'Vite 8, for servers',
    { packages: ['vite@8'], files: { 'vite.config.mjs': vite }, command: ['vite', 'build'], output: 'out.mjs' },
  ],
  [
    'bun build --compile',
    { packages: ['bun@1'], command: ['bun', 'build', 'main.mjs', '--compile', '--outfile', 'out'], output: 'out' },
  ],
];

test.each(rows)('%s', { timeout }, async (_name, { packages, files = {}, command: [bundler, ...args], output }) => {
  const project = new Project({ ...program, ...files });
  const empty = new Project();
  try {
    await project.install([tarball, grpcJs, ...packages]);
    const said = await project.run(bundler, args);
    expect(said, 'warnings of the package').not.toMatch(/WARNING in \S*grpc-vitals/);
    const bundle = join(empty.folder, output);
    copyFileSync(join(project.folder, output), bundle);
    const run = output.includes('.') ? empty.run(process.execPath, [bundle]) : empty.run(bundle, []);
    expect(await run).toContain('served');
  } finally {
    project.remove();
    empty.remove();
  }
});

/** Everything of OpenTelemetry is in the bundle, so nothing can be required at run time. */
const traced: Files = {
  'main.mjs': `
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { GrpcMetrics } from 'grpc-vitals';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider());
const metrics = new GrpcMetrics({ exemplars: true });
const orders = metrics.counter({ name: 'orders_total', help: 'Orders' });
trace.getTracer('shop').startActiveSpan('order', (span) => {
  orders.inc();
  console.log(span.spanContext().traceId);
  span.end();
});
metrics.render({ accept: 'application/openmetrics-text' }).then(({ body }) => console.log(/orders_total 1.*trace_id="(\\w+)"/.exec(body)[1]));
`,
};
const tracedRows = rows.filter(([name]) => ['esbuild, CommonJS', 'webpack 5', 'rollup 4, CommonJS'].includes(name));
test.each(tracedRows)('exemplars of OpenTelemetry in one bundle: %s', { timeout }, async (_name, row) => {
  const {
    packages,
    files = {},
    command: [bundler, ...args],
    output,
  } = row;
  const project = new Project({ ...traced, ...files });
  const empty = new Project();
  try {
    const sdk = ['@opentelemetry/api@1', '@opentelemetry/context-async-hooks@2', '@opentelemetry/sdk-trace-base@2'];
    await project.install([tarball, ...sdk, ...packages]);
    await project.run(bundler, args);
    copyFileSync(join(project.folder, output), join(empty.folder, output));
    expect(await empty.run(process.execPath, [output])).toMatch(/^([0-9a-f]{32})\n\1\n$/);
  } finally {
    project.remove();
    empty.remove();
  }
});
