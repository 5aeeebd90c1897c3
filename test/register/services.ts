import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Files, Project } from '../support/project.ts';
import { link, projectWith } from './built-programs.ts';

/**
 * A service that knows nothing of this package: it makes a server and a client, calls itself, and prints what the client got.
 * Then it ends, or stays until the test disconnects.
 */
const run = `
module.exports = async function run(grpc, before = () => {}, options = {}) {
  const pass = (bytes) => bytes;
  const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
  const method = (name) => ({ path: '/shop.v1.Orders/' + name, requestStream: false, responseStream: false, ...codec });
  const service = { Get: method('Get'), Find: method('Find') };
  const server = new grpc.Server(options);
  const observed = before(server) ?? {};
  server.addService(service, {
    Get: (call, callback) => callback(null, call.request),
    Find: (call, callback) => callback({ code: grpc.status.NOT_FOUND }),
  });
  const insecure = grpc.ServerCredentials.createInsecure();
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', insecure, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const Client = grpc.makeGenericClientConstructor(service, 'Orders');
  const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure(), observed.clientOptions);
  const call = (name) => new Promise((resolve) => {
    client[name](Buffer.from('x'), (error) => resolve(grpc.status[error ? error.code : 0]));
  });
  console.log('got ' + (await call('Get')) + ', ' + (await call('Find')));
  if (process.send !== undefined) await new Promise((resolve) => process.once('disconnect', resolve));
  client.close();
  await new Promise((resolve) => server.tryShutdown(resolve));
};
`;

/** Programs, by file. */
const services: Files = {
  'run.cjs': run,
  'service.cjs': "require('./run.cjs')(require('@grpc/grpc-js'));\n",
  'service.mjs': "import * as grpc from '@grpc/grpc-js';\nimport run from './run.cjs';\nawait run(grpc);\n",
  'default-import.mjs': "import grpc from '@grpc/grpc-js';\nimport run from './run.cjs';\nawait run(grpc);\n",
  'both-copies.cjs': `
const run = require('./run.cjs');
run(require('@grpc/grpc-js'));
run(require('dependency-with-its-own-grpc-js').grpc);
`,
  'subclasses.cjs': `
const grpc = require('@grpc/grpc-js');
class Server extends grpc.Server {
  addService(definition, handlers) { super.addService(definition, { ...handlers }); }
}
require('./run.cjs')({ ...grpc, Server });
`,
  'late.mjs': `
import { Server, makeGenericClientConstructor, status, credentials, ServerCredentials } from '@grpc/grpc-js';
import run from './run.cjs';
await import('grpc-vitals/register');
await run({ Server, makeGenericClientConstructor, status, credentials, ServerCredentials });
`,
  'uses-library.cjs': `
const { GrpcMetrics } = require(process.env.LIBRARY);
if (process.env.IS_OLD) delete globalThis[Symbol.for('grpc-vitals.used')];
const metrics = new GrpcMetrics();
if (process.env.IS_OLD) delete globalThis[Symbol.for('grpc-vitals.used')];
const count = (name) => metrics.collect().find((family) => family.name === name).series.map(({ value }) => value).filter(Boolean);
require('./run.cjs')(require('@grpc/grpc-js'), (server) => {
  if (process.env.BY !== 'interceptor') metrics.instrument(server);
  return { clientOptions: metrics.clientOptions() };
}, process.env.BY === 'interceptor' ? { interceptors: [metrics.serverInterceptor()] } : {}).then(() => console.log('counted', ...count('grpc_requests_total'), ...count('grpc_client_requests_total')));
`,
  'client.cjs': `
const grpc = require('@grpc/grpc-js');
const pass = (bytes) => bytes;
const client = new grpc.Client('127.0.0.1:1', grpc.credentials.createInsecure());
client.makeUnaryRequest('/a.B/C', pass, pass, Buffer.alloc(0), () => {}).cancel();
process.once('disconnect', () => client.close());
`,
  'cluster.cjs': `
const cluster = require('node:cluster');
if (cluster.isPrimary) {
  for (const worker of [cluster.fork(), cluster.fork()]) process.once('disconnect', () => worker.disconnect());
} else require('./run.cjs')(require('@grpc/grpc-js'));
`,
  'code.cjs': "process.exitCode = 3;\nrequire('./run.cjs')(require('@grpc/grpc-js'));\n",
  'rejects.cjs': `
require('./run.cjs')(require('@grpc/grpc-js')).then(() => Promise.reject(new Error('the program rejects')));
`,
  'plain.cjs': `
const { isMainThread, Worker } = require('node:worker_threads');
if (isMainThread) new Worker(__filename).on('exit', () => console.log(Object.keys(require.cache).map((path) => path.split('/').pop()).join(' ')));
`,
  'http2.cjs': `
const http2 = require('node:http2');
const server = http2.createServer((request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => {
  const session = http2.connect('http://127.0.0.1:' + server.address().port);
  session.request().on('end', () => { session.close(); server.close(); console.log('got it'); }).resume();
});
`,
  'loader.mjs': `
import { register } from 'node:module';
const source = \`
import { readFile } from 'node:fs/promises';
export async function load(url, context, next) {
  const loaded = await next(url, context);
  return loaded.format === 'commonjs' ? { ...loaded, source: loaded.source ?? (await readFile(new URL(url))) } : loaded;
}\`;
register('data:text/javascript,' + encodeURIComponent(source));
`,
  // An agent that answers what a handler throws, as dd-trace and New Relic do in part.
  'hiding-agent.cjs': `
const { prototype } = require('@grpc/grpc-js').Server;
const { register } = prototype;
prototype.register = function traced(path, handler, ...rest) {
  return register.call(this, path, (call, callback) => {
    try {
      handler(call, callback);
    } catch {
      callback({ code: 13 });
    }
  }, ...rest);
};
`,
  'throws.cjs': `
const grpc = require('@grpc/grpc-js');
class Server extends grpc.Server {
  addService(definition) {
    super.addService(definition, { Get: (call, callback) => callback(null, call.request), Find: () => { throw new RangeError('a bug'); } });
  }
}
require('./run.cjs')({ ...grpc, Server });
`,
  'hooks.mjs': `
import module from 'node:module';
module.registerHooks?.({ load: (url, context, next) => next(url, context) });
`,
};

/** A project with these programs, a bundle of one, and another copy of this package. */
export function servicesProject(): Project {
  const project = projectWith('1.14');
  project.write(services);
  link(project, 'another-copy/package.json', '../package.json');
  const copy = join(project.folder, 'node_modules/another-copy/dist');
  cpSync(new URL('../../dist', import.meta.url), copy, { recursive: true });
  buildSync({
    entryPoints: [join(project.folder, 'service.cjs')],
    outfile: join(project.folder, 'bundled.cjs'),
    bundle: true,
    platform: 'node',
  });
  return project;
}
