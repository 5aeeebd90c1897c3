import { setImmediate as turn } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';
import { expectLimitsUnderAttack, heap, labels, seriesOf } from './attack.ts';
import { clientCaller } from './stubs.ts';

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

test('100,000 calls with made-up methods, labels and targets stay within the limits', { timeout: 60_000 }, async () => {
  await expectLimitsUnderAttack(100_000);
});

test('two thousand calls over a socket, each with another tenant and every other to another method', {
  timeout: 60_000,
}, async () => {
  const metrics = new GrpcMetrics({ callLabels: labels, maxCallSeries: 100 });
  const server = new grpc.Server();
  const answer: grpc.handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, Buffer.from('reply'));
  server.addService(service, { Unary: answer });
  metrics.instrument(server);
  metrics.preregister(service);
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), metrics.clientOptions());
  closing.push(() => client.close());
  const identity = (bytes: Buffer) => bytes;
  const call = (path: string, tenant: string) => {
    const metadata = new grpc.Metadata();
    metadata.set('x-tenant', tenant);
    return new Promise<void>((resolve) => {
      client.makeUnaryRequest(path, identity, identity, Buffer.from('x'), metadata, () => resolve());
    });
  };
  const known = service.Unary.path;
  await call(known, 'acme');
  for (let sent = 0; sent < 2000; sent += 200) {
    const some = Array.from({ length: 200 }, (_, index) => {
      if (index % 10 === 0) return call(known, 'acme');
      return call(index % 2 === 0 ? known : `/evil.v1.Evil/M${sent + index}`, `t${sent + index}`);
    });
    await Promise.all(some);
  }
  await until(
    () => value(metrics, 'grpc_requests_total') === 2001 && value(metrics, 'grpc_requests_in_flight') === 0,
    () => `${value(metrics, 'grpc_requests_total')} calls`,
  );
  for (const [name, unknown] of [
    ['grpc_requests_total', { method: 'unknown', tenant: '' }],
    ['grpc_client_requests_total', undefined],
  ] as const) {
    expect(value(metrics, name)).toBe(2001);
    expect(value(metrics, name, { method: known, status: 'OK' })).toBe(1001);
    expect(value(metrics, name, { method: known, tenant: 'acme', status: 'OK' })).toBe(201);
    if (unknown !== undefined) expect(value(metrics, name, { ...unknown, status: 'UNIMPLEMENTED' })).toBe(1000);
  }
  const series = [
    ...seriesOf(metrics, 'grpc_requests_in_flight'),
    ...seriesOf(metrics, 'grpc_client_requests_in_flight'),
  ];
  expect(series.length).toBeLessThanOrEqual(100 + 5); // and `unknown`
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
});

test('calls that are left out take no memory, whatever they are called', { timeout: 60_000 }, async () => {
  const metrics = new GrpcMetrics({ only: ['shop.v1.Orders'] });
  const call = clientCaller(metrics);
  const attack = async (calls: number) => {
    for (let index = 0; index < calls; index += 1) {
      call(`/evil.v1.Evil/M${index}${Math.random()}`, {}, 0, 'dns:evil:1');
      if (index % 1000 === 0) await turn();
    }
  };
  await attack(20_000);
  const before = await heap();
  await attack(200_000);
  const grown = (await heap()) - before;
  expect(grown).toBeLessThan(8e6);
  expect(value(metrics, 'grpc_vitals_calls_excluded_total', { side: 'client' })).toBe(220_000);
  call('/shop.v1.Orders/Buy', {}, 0, 'dns:orders:1');
  expect(value(metrics, 'grpc_client_requests_total', { method: '/shop.v1.Orders/Buy' })).toBe(1);
});
