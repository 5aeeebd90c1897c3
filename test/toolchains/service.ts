import type { Files } from '../support/project.ts';

/**
 * A service as a user writes it. It makes a call to itself, scrapes itself, opens its own page, and throws if anything is wrong.
 * It imports nothing, so that it can be part of any program: `required` and `imported` are the class in both ways.
 */
const serve = `
module.exports = async function serve(grpc, { instrument, imported, required }) {
  const check = (isTrue, what) => { if (!isTrue) throw new Error('not as it should be: ' + what); };
  check(imported === required, 'one copy');
  const pass = (bytes) => bytes;
  const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
  const path = '/shop.v1.Orders/Get';
  const server = new grpc.Server();
  const metrics = instrument(server, { service: { name: 'shop', version: '1.0.0' } });
  check(metrics instanceof imported, 'one class');
  server.addService(
    { Get: { path, requestStream: false, responseStream: false, ...codec } },
    { Get: (call, callback) => callback(null, call.request) },
  );
  const insecure = grpc.ServerCredentials.createInsecure();
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', insecure, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const client = new grpc.Client('127.0.0.1:' + port, grpc.credentials.createInsecure(), metrics.clientOptions());
  await new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, pass, pass, Buffer.from('x'), (error) => (error ? reject(error) : resolve()));
  });
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
  const page = await fetch(endpoint.url + '/');
  check(page.status === 200 && /uPlot[^]*<\\/html>/.test(await page.text()), 'the live page');
  const scrape = await (await fetch(endpoint.url + '/metrics')).text();
  const calls = '{method="' + path + '",status="OK"} 1';
  check(scrape.includes('grpc_requests_total' + calls), 'the call of the server');
  check(scrape.includes('grpc_client_requests_total' + calls), 'the call of the client');
  check(scrape.includes('grpc_service_info{service="shop",version="1.0.0"} 1'), 'the service');
  const hash = '$2b$04$qGA3t8dNCbXtjcm1EPzTh.sFecgxEdyrJWQPDrJAte2XfWfDjljru';
  const secure = await metrics.expose({ port: 0, host: '127.0.0.1', users: { a: hash } });
  const statusOf = async (password) => {
    const headers = { authorization: 'Basic ' + Buffer.from('a:' + password).toString('base64') };
    return (await fetch(secure.url + '/metrics', { headers })).status;
  };
  check((await statusOf('secret')) === 200 && (await statusOf('wrong')) === 401, 'the thread that compares passwords');
  await secure.close();
  const several = new imported({ processes: true });
  several.counter({ name: 'orders_total', help: 'Orders' }).inc(3);
  const { body } = await several.render();
  check(/^grpc_vitals_processes\\{state="alive"\\} 1$/m.test(body) && /^orders_total 3$/m.test(body), 'several processes');
  const threaded = await several.expose({ port: 0, host: '127.0.0.1' });
  const sum = await (await fetch(threaded.url + '/metrics')).text();
  check(/^orders_total 3$/m.test(sum) && /^grpc_vitals_main_thread_blocked_seconds 0$/m.test(sum), 'the thread of the endpoint');
  check((await (await fetch(threaded.url + '/')).text()).includes('uPlot'), 'the live page of the thread');
  await several.close();
  client.close();
  server.forceShutdown();
  await endpoint.close();
  console.log('served');
};
`;

const required = `module.exports = require('grpc-vitals').GrpcMetrics;\n`;

/** The parts that every program has. */
export const parts: Files = { 'serve.cjs': serve, 'required.cjs': required };

/** The program as an ES module; it is JavaScript and TypeScript at once. */
export const imports = `import * as grpc from '@grpc/grpc-js';
import { GrpcMetrics, instrument } from 'grpc-vitals';
import required from './required.cjs';
import serve from './serve.cjs';
`;
export const call = 'serve(grpc, { instrument, imported: GrpcMetrics, required })';
export const program: Files = {
  ...parts,
  'main.mjs': `${imports}\n${call}.catch((error) => { console.error(error); process.exit(1); });\n`,
};

/** The program as CommonJS. */
export const commonProgram: Files = {
  ...parts,
  'main.cjs': `const grpc = require('@grpc/grpc-js');
const { instrument } = require('grpc-vitals');
const serve = require('./serve.cjs');
import('grpc-vitals')
  .then(({ GrpcMetrics: imported }) => serve(grpc, { instrument, imported, required: require('./required.cjs') }))
  .catch((error) => { console.error(error); process.exit(1); });
`,
};

/** Versions that all toolchains are tried with, unless a row names its own. */
export const grpcJs = '@grpc/grpc-js@^1.14';
