import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as grpc from '@grpc/grpc-js';
import { expect } from 'vitest';
import { type CallStart, GrpcMetrics } from '../../src/index.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';
import { clientCaller, serverCaller } from './stubs.ts';

const maxSeries = 1000;
/** Call labels of the attacks: of values that clients choose, of few such values, and constant. */
export const labels = {
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

/** Bytes of the heap that are in use after a full collection. */
export async function heap(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

/** All series of calls: combinations of method and labels of the user's, of one side. */
export function seriesOf(metrics: GrpcMetrics, name: string): string[] {
  const family = metrics.collect().find((candidate) => candidate.name === name);
  return family!.series.map((series) => JSON.stringify(series.labels));
}

/**
 * Attacks a `GrpcMetrics` with so many calls, whose methods, labels and targets are made up, and with legitimate calls between them.
 *
 * Expects exact numbers of the legitimate calls, and bounds of series, memory and scrapes. `calls` is a multiple of 10,000.
 */
export async function expectLimitsUnderAttack(calls: number): Promise<void> {
  const metrics = new GrpcMetrics({
    callLabels: labels,
    maxCallSeries: maxSeries,
    naming: ['basic', 'go', 'grpc', 'otel'],
  });
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
    else call(path, headers, made % 17, made % 100 === 1 ? `ipv4:10.0.0.1:${next()}` : 'dns:evil:1');
    if (made % 5 === 0) own.labels({ id: made }).inc();
  };

  for (let index = 0; index < 24; index += 1) good(index);
  const attack = async (count: number) => {
    for (let index = 0; index < count; index += 10) {
      good(index);
      for (let each = 0; each < 8; each += 1) bad();
      if (index % 1000 === 0) await turn(); // channels that were collected are forgotten between turns
    }
  };
  await attack(calls / 10);
  const before = await heap();
  const seriesBefore = metrics.collect().reduce((sum, { series }) => sum + series.length, 0);
  await attack((calls / 10) * 9);
  const grown = (await heap()) - before;
  const total = calls + 48;

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
      `heap grown by ${(grown / 1e6).toFixed(2)} MB in ${(calls / 10) * 9} calls`,
  );
  // 4 to 15 MB, by the version of Node, and no more after three million calls.
  expect(grown).toBeLessThan(20e6);
  expect(body.length).toBeLessThan(12e6);
  expect(milliseconds).toBeLessThan(5000);
}
