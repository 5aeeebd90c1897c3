import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as grpc from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { type CallStart, GrpcMetrics } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';
import { until } from '../support/wait.ts';
import { clientCaller, serverCaller } from './stubs.ts';

const maxSeries = 1000;
const labels = {
  tenant: { from: ({ metadata }: CallStart) => metadata.get('x-tenant') },
  plan: { from: ({ metadata }: CallStart) => metadata.get('x-plan'), maxValues: 10 },
  region: 'eu',
};
const legitimate = Object.values(service).map(({ path }) => path);
const tenants = ['acme', 'umbrella'];

/** xorshift32: the same attack each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // as the flag gives it

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

/** All series of calls: combinations of method and labels of the user's, of one side. */
function seriesOf(metrics: GrpcMetrics, name: string): string[] {
  const family = metrics.collect().find((candidate) => candidate.name === name);
  return family!.series.map((series) => JSON.stringify(series.labels));
}

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

test('a million calls with made-up methods, labels and targets stay within the limits', {
  timeout: 240_000,
}, async () => {
  const metrics = new GrpcMetrics({ labels, maxSeries, naming: ['basic', 'go', 'grpc', 'otel'] });
  const server = new grpc.Server();
  server.addService(service, {});
  metrics.instrument(server);
  metrics.preregister(service);
  const [serve, call] = [serverCaller(metrics), clientCaller(metrics)];
  const own = metrics.counter({ name: 'own_total', help: 'x', labelNames: ['id'], maxSeries: 500 });
  const next = random(1);

  const expected = new Map<string, number>();
  /** A call of a known tenant to a known method: on both sides. */
  const good = (index: number) => {
    const path = legitimate[index % legitimate.length]!;
    const tenant = tenants[index % 3 === 0 ? 0 : 1]!;
    const headers = { 'x-tenant': tenant, 'x-plan': 'gold' };
    serve(path, headers, 0);
    call(path, headers, 0, 'dns:orders:50051');
    expected.set(`${path} ${tenant}`, (expected.get(`${path} ${tenant}`) ?? 0) + 1);
  };
  const bad = () => {
    const made = next();
    const path = made % 4 === 0 ? legitimate[made % legitimate.length]! : `/evil.v1.S${made % 97}/M${next()}`;
    const headers: Record<string, string> = { 'x-tenant': `t${next()}${made % 50 === 0 ? 'x'.repeat(5000) : ''}` };
    if (made % 3 === 0) headers['x-plan'] = String(next());
    if (made % 2 === 0) serve(path, headers, made % 17);
    else call(path, headers, made % 17, made % 1000 === 1 ? `ipv4:10.0.0.1:${next()}` : 'dns:evil:1');
    if (made % 5 === 0) own.labels({ id: made }).inc();
  };

  for (let index = 0; index < 24; index += 1) good(index);
  const attack = async (calls: number) => {
    for (let index = 0; index < calls; index += 10) {
      good(index);
      for (let each = 0; each < 8; each += 1) bad();
      if (index % 1000 === 0) await turn(); // channels that were collected are forgotten between turns
    }
  };
  await attack(100_000);
  const before = await heap();
  const seriesBefore = metrics.collect().reduce((sum, { series }) => sum + series.length, 0);
  await attack(900_000);
  const grown = (await heap()) - before;
  const total = 1_000_000 + 48;

  const served = value(metrics, 'grpc_requests_total');
  const made = value(metrics, 'grpc_client_requests_total');
  expect(served + made).toBe(total);
  expect(value(metrics, 'grpc_requests_in_flight') + value(metrics, 'grpc_client_requests_in_flight')).toBe(0);

  // Legitimate numbers, of each tenant, on both sides.
  for (const [key, count] of expected) {
    const [method, tenant] = key.split(' ') as [string, string];
    const of = { method, tenant, plan: 'gold', region: 'eu', status: 'OK' };
    expect(value(metrics, 'grpc_requests_total', of), key).toBe(count);
    expect(value(metrics, 'grpc_client_requests_total', of), key).toBe(count);
  }

  // Each side has the series `other`, and that method's own `other` labels, beside the budget.
  const series = [
    ...seriesOf(metrics, 'grpc_requests_in_flight'),
    ...seriesOf(metrics, 'grpc_client_requests_in_flight'),
  ];
  expect(series.length).toBeGreaterThan(maxSeries / 4);
  expect(series.length).toBeLessThanOrEqual(maxSeries + 4);
  const withTargets = seriesOf(metrics, 'grpc_client_call_duration_seconds').map((one) =>
    one.replace(/"grpc_status":"\w+"/, ''),
  );
  expect(new Set([...seriesOf(metrics, 'grpc_requests_in_flight'), ...withTargets]).size).toBeLessThanOrEqual(
    maxSeries + 4,
  );
  expect(seriesOf(metrics, 'own_total')).toHaveLength(501);
  expect(seriesOf(metrics, 'grpc_client_channels').length).toBeLessThanOrEqual(101 * 4);
  for (const limit of ['label_values', 'series', 'metric', 'targets']) {
    expect(value(metrics, 'grpc_vitals_series_dropped_total', { limit }), limit).toBeGreaterThan(0);
  }
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);

  const startedAt = performance.now();
  const { body } = await metrics.render();
  const milliseconds = performance.now() - startedAt;
  const seriesAfter = metrics.collect().reduce((sum, { series: all }) => sum + all.length, 0);
  console.log(
    `${seriesAfter} series (${seriesBefore} after a tenth), ${body.length} bytes in ${milliseconds.toFixed(0)} ms, ` +
      `heap grown by ${(grown / 1e6).toFixed(2)} MB in 900,000 calls`,
  );
  // 4 to 15 MB, by the version of Node, and no more after three million calls.
  expect(grown).toBeLessThan(20e6);
  expect(body.length).toBeLessThan(12e6);
  expect(milliseconds).toBeLessThan(5000);
});

test('ten thousand calls over a socket, each with another tenant and every other to another method', {
  timeout: 120_000,
}, async () => {
  const metrics = new GrpcMetrics({ labels, maxSeries: 100 });
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
  for (let sent = 0; sent < 10_000; sent += 200) {
    const some = Array.from({ length: 200 }, (_, index) => {
      if (index % 10 === 0) return call(known, 'acme');
      return call(index % 2 === 0 ? known : `/evil.v1.Evil/M${sent + index}`, `t${sent + index}`);
    });
    await Promise.all(some);
  }
  await until(
    () => value(metrics, 'grpc_requests_total') === 10_001 && value(metrics, 'grpc_requests_in_flight') === 0,
    () => `${value(metrics, 'grpc_requests_total')} calls`,
  );
  for (const [name, unknown] of [
    ['grpc_requests_total', { method: 'unknown', tenant: '' }],
    ['grpc_client_requests_total', undefined],
  ] as const) {
    expect(value(metrics, name)).toBe(10_001);
    expect(value(metrics, name, { method: known, status: 'OK' })).toBe(5001);
    expect(value(metrics, name, { method: known, tenant: 'acme', status: 'OK' })).toBe(1001);
    if (unknown !== undefined) expect(value(metrics, name, { ...unknown, status: 'UNIMPLEMENTED' })).toBe(5000);
  }
  const series = [
    ...seriesOf(metrics, 'grpc_requests_in_flight'),
    ...seriesOf(metrics, 'grpc_client_requests_in_flight'),
  ];
  expect(series.length).toBeLessThanOrEqual(100 + 5); // and `unknown`
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
});

test('calls that are left out take no memory, whatever they are called', { timeout: 60_000 }, async () => {
  const metrics = new GrpcMetrics({ include: ['shop.v1.Orders'] });
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
