import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type * as Vitals from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { until } from '../support/wait.ts';
import { root } from './build.ts';

/** Two copies of the built package in one process, as nested dependencies bring them. */
const folder = mkdtempSync(join(tmpdir(), 'grpc-vitals-copies-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [ours, theirs] = ['ours', 'theirs'].map((name) => {
  cpSync(join(root, 'dist'), join(folder, name), { recursive: true });
  return createRequire(join(folder, 'x'))(`./${name}/index.cjs`) as typeof Vitals; // built from it
}) as [typeof Vitals, typeof Vitals];

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

const path = '/test.v1.Copies/Get';
const pass = (bytes: Buffer) => bytes;
const codec = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
const service: grpc.ServiceDefinition = { Get: { path, requestStream: false, responseStream: false, ...codec } };

let metrics: [Vitals.GrpcMetrics, Vitals.GrpcMetrics];
beforeEach(() => {
  metrics = [new ours.GrpcMetrics(), new theirs.GrpcMetrics()];
});

/** Makes one unary call to the server; resolves with the client, which is open until the test ends. */
async function call(server: grpc.Server, options: grpc.ClientOptions = {}): Promise<grpc.Client> {
  closing.push(() => server.forceShutdown());
  server.addService(service, {
    Get: (request: { request: Buffer }, callback: grpc.sendUnaryData<Buffer>) => callback(null, request.request),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
  closing.push(() => client.close());
  await new Promise((resolve) => client.makeUnaryRequest(path, pass, pass, Buffer.from('four'), resolve));
  return client;
}

test('they are two copies', () => {
  expect(ours.GrpcMetrics).not.toBe(theirs.GrpcMetrics);
});

test('a server that one has instrumented is refused by the other, which says why', () => {
  const server = new grpc.Server();
  ours.instrument(server);
  expect(() => theirs.instrument(server)).toThrow(
    expect.objectContaining({
      name: 'MetricsError',
      code: 'already_instrumented',
      message: expect.stringContaining('another copy of grpc-vitals observes it: `npm ls grpc-vitals` shows both'),
    }),
  );
});

const servers: [name: string, make: () => grpc.Server][] = [
  ['both by interceptors', () => new grpc.Server({ interceptors: metrics.map((one) => one.serverInterceptor()) })],
  [
    'one by instrument, one by its interceptor',
    () => {
      const server = new grpc.Server({ interceptors: [metrics[1].serverInterceptor()] });
      metrics[0].instrument(server);
      return server;
    },
  ],
];
test.each(servers)('each counts a call of one server once: %s', async (_name, make) => {
  await call(make());
  for (const [index, one] of metrics.entries()) {
    await until(
      () => value(one, 'grpc_requests_in_flight', { method: path }) === 0,
      () => `copy ${index}`,
    );
    expect(value(one, 'grpc_requests_total', { method: path, status: 'OK' })).toBe(1);
    expect(value(one, 'grpc_messages_received_total', { method: path })).toBe(1);
    expect(value(one, 'grpc_messages_sent_total', { method: path })).toBe(1);
    expect(value(one, 'grpc_active_connections')).toBe(1);
  }
});

test('each counts a call and the channel of one client once', async () => {
  const client = await call(new grpc.Server(), metrics[1].clientOptions(metrics[0].clientOptions()));
  // A method of another type is another view of the same channel.
  const stream = client.makeServerStreamRequest('/test.v1.Copies/None', pass, pass, Buffer.from('x'));
  await new Promise((resolve) => stream.on('error', resolve));
  for (const one of metrics) {
    expect(value(one, 'grpc_client_requests_total', { method: path, status: 'OK' })).toBe(1);
    expect(value(one, 'grpc_client_channels', { state: 'READY' })).toBe(1);
  }
});

test('one observes the attempts on a channel that the other observes', async () => {
  metrics = [
    new ours.GrpcMetrics({ client: { attempts: true } }),
    new theirs.GrpcMetrics({ client: { attempts: true } }),
  ];
  await call(new grpc.Server(), metrics[1].clientOptions(metrics[0].clientOptions()));
  for (const one of metrics) {
    expect(value(one, 'grpc_client_request_attempts_total', { method: path, status: 'OK' })).toBe(1);
    expect(value(one, 'grpc_vitals_errors_total', { stage: 'connection' })).toBe(0);
  }
});
