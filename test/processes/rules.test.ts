import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import type { GrpcMetrics } from '../../src/index.ts';
import { partsOf } from '../../src/metrics.ts';
import type { Method } from '../../src/rpc/methods/method.ts';
import { newFolder } from './folders.ts';
import { endProcesses, start } from './metrics-here.ts';
import { scrapeOf } from './scraped.ts';
import type { Scraped } from './watch.ts';

/*
 * How numbers of several processes become one, as scrapes show it. `merge.test.ts` has the same of rows.
 */

afterEach(endProcesses);

/** Ends a process. Resolves when another one has put it into the retired sum, of which it is the nth. */
async function endAndFold(folder: string, metrics: GrpcMetrics, nth = 1): Promise<void> {
  await metrics.close();
  await expect.poll(() => existsSync(`${folder}/gen-1/retired-${nth}`)).toBe(true);
}

function seriesOf(scraped: Scraped, name: string): Record<string, number> {
  const isOf = (series: string) => series === name || series.startsWith(`${name}{`);
  return Object.fromEntries([...scraped].filter(([series]) => isOf(series)));
}

const path = '/shop.Feed/Watch';

/** A method of the server, of which something has changed. */
function change(metrics: GrpcMetrics, action: (method: Method) => void): Method {
  const { server } = partsOf(metrics);
  server.declare(path, 'server_stream');
  const method = server.method(path)!;
  action(method);
  method.watcher?.changed(method);
  return method;
}

test('counters and histograms: the sum of the living and the dead', async () => {
  const folder = newFolder();
  const processes = [1, 10, 100].map((count) => {
    const metrics = start(folder);
    metrics.counter({ name: 'orders_total', help: 'Orders' }).inc(count);
    metrics.histogram({ name: 'size', help: 'Size', buckets: [50] }).observe(count);
    return metrics;
  });
  const expected = { orders_total: 111, 'size_bucket{le="50"}': 2, 'size_bucket{le="+Inf"}': 3, size_sum: 111 };
  const sums = async () => Object.fromEntries(await scrapeOf(processes[2]!)) as Record<string, number>;
  await turn();
  expect(await sums()).toMatchObject(expected);
  await endAndFold(folder, processes[0]!);
  expect(await sums()).toMatchObject(expected);
});

test('other bounds after a rolling restart: the bounds of both are there, and no count falls', async () => {
  const folder = newFolder();
  const observe = (metrics: GrpcMetrics, buckets: number[]) => {
    for (const value of [0.5, 1.5, 2.5]) metrics.histogram({ name: 'size', help: 'Size', buckets }).observe(value);
  };
  const buckets = async (metrics: GrpcMetrics) => seriesOf(await scrapeOf(metrics), 'size_bucket');
  const old = start(folder);
  observe(old, [1, 3]);
  await turn();
  const before = await buckets(old);
  expect(before).toEqual({ 'size_bucket{le="1"}': 1, 'size_bucket{le="3"}': 3, 'size_bucket{le="+Inf"}': 3 });
  const next = start(folder);
  observe(next, [2, 3]);
  await turn();
  const both = {
    'size_bucket{le="1"}': 1,
    // What the old one counted from 1 to 2 is not known.
    'size_bucket{le="2"}': 3,
    'size_bucket{le="3"}': 6,
    'size_bucket{le="+Inf"}': 6,
  };
  for (const one of [old, next]) expect(await buckets(one)).toEqual(both);
  await endAndFold(folder, old);
  expect(await buckets(next)).toEqual(both);
});

test('gauges of the dead vanish', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder), start(folder)];
  for (const metrics of [first, second]) metrics.gauge({ name: 'level', help: 'Level' }).set(3);
  await turn();
  expect((await scrapeOf(second)).get('level')).toBe(6);
  await first.close();
  await expect.poll(async () => (await scrapeOf(second)).get('level')).toBe(3);
});

test('requests in flight, open streams and connections: the sum; the oldest stream: the largest', async () => {
  const folder = newFolder();
  const processes = [1, 2].map((count) => {
    const metrics = start(folder);
    change(metrics, (method) => {
      method.started += count;
      for (let index = 0; index < count; index += 1) {
        method.openStreams?.add({ startedAt: method.clock() - 1000 * (10 * count - index) });
      }
    });
    partsOf(metrics).server.changeConnections(10 * count);
    return metrics;
  });
  await turn();
  const scraped = await scrapeOf(processes[0]!);
  expect(seriesOf(scraped, 'grpc_requests_in_flight')).toEqual({ [`grpc_requests_in_flight{method="${path}"}`]: 3 });
  expect(seriesOf(scraped, 'grpc_active_connections')).toEqual({ grpc_active_connections: 30 });
  expect(seriesOf(scraped, 'grpc_open_streams')).toEqual({ [`grpc_open_streams{method="${path}"}`]: 3 });
  const [age] = Object.values(seriesOf(scraped, 'grpc_oldest_stream_age_seconds'));
  expect(age).toBeGreaterThanOrEqual(20);
  expect(age).toBeLessThan(120);
});

test('info: each set of labels once, and those of the living alone', async () => {
  const folder = newFolder();
  const versions = ['1.0.0', '1.0.0', '1.1.0'].map((version) => start(folder, { service: { name: 'shop', version } }));
  const info = async () => seriesOf(await scrapeOf(versions[2]!), 'grpc_service_info');
  const infoOf = (version: string) => `grpc_service_info{service="shop",version="${version}"}`;
  for (const metrics of versions) await scrapeOf(metrics); // which writes all that it has
  expect(await info()).toEqual({ [infoOf('1.0.0')]: 1, [infoOf('1.1.0')]: 1 });
  for (const old of versions.slice(0, 2)) await old.close();
  await expect.poll(info).toEqual({ [infoOf('1.1.0')]: 1 });
});

test('process_* and nodejs_*: each process has its own, and the lowest free number; without it is the start of the service', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder, { runtime: true }), start(folder, { runtime: true })];
  const workersOf = async () => {
    const scraped = [...(await scrapeOf(second)).keys()].filter((series) => /^(process|nodejs)_/.test(series));
    const all = scraped.map((series) => /worker="(\d+)"/.exec(series)?.[1] ?? series);
    return [...new Set(all)].sort();
  };
  await expect.poll(workersOf).toEqual(['0', '1', 'process_start_time_seconds']);
  const serviceStart = (await scrapeOf(second)).get('process_start_time_seconds');
  await endAndFold(folder, first);
  await expect.poll(workersOf).toEqual(['1', 'process_start_time_seconds']);
  start(folder, { runtime: true });
  await expect.poll(workersOf).toEqual(['0', '1', 'process_start_time_seconds']);
  expect((await scrapeOf(second)).get('process_start_time_seconds')).toBe(serviceStart);
});

/** An OpenMetrics scrape with created samples, and exemplars. */
async function openMetrics(metrics: GrpcMetrics): Promise<string> {
  return String((await metrics.render({ accept: 'application/openmetrics-text' })).body);
}

test('created timestamps: the earliest, also when its process is folded', async () => {
  const folder = newFolder();
  const processes = [];
  for (let count = 0; count < 2; count += 1) {
    const metrics = start(folder, { createdSamples: true });
    metrics.counter({ name: 'orders_total', help: 'Orders' }).inc();
    processes.push(metrics);
    await turn();
  }
  const createdIn = async (metrics: GrpcMetrics) => /^orders_created (.*)$/m.exec(await openMetrics(metrics))?.[1];
  const created = await createdIn(processes[0]!);
  expect(Number(created)).toBeGreaterThan(1e9);
  expect(await createdIn(processes[1]!)).toBe(created);
  await endAndFold(folder, processes[0]!);
  expect(await createdIn(processes[1]!)).toBe(created);
});

test('exemplars: the latest, also when its process is folded', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder), start(folder)];
  const add = (metrics: GrpcMetrics, trace_id: string) => {
    metrics.counter({ name: 'orders_total', help: 'Orders' }).inc(1, { exemplar: { trace_id } });
  };
  const exemplar = async () => /^orders_total \S+ # \{trace_id="(\w+)"\}/m.exec(await openMetrics(second))?.[1];
  add(second, 'early');
  await expect.poll(exemplar).toBe('early');
  add(first, 'late');
  await expect.poll(exemplar).toBe('late');
  await endAndFold(folder, first);
  expect(await exemplar()).toBe('late');
  add(second, 'latest');
  await expect.poll(exemplar).toBe('latest');
});

test('grpc_vitals_processes: those that are alive', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder), start(folder)];
  const processes = async () => seriesOf(await scrapeOf(second), 'grpc_vitals_processes');
  const states = (alive: number) => ({
    'grpc_vitals_processes{state="alive"}': alive,
    'grpc_vitals_processes{state="late"}': 0,
  });
  expect(await processes()).toEqual(states(2));
  await first.close();
  await expect.poll(processes).toEqual(states(1));
});

test('collect(), producer(), registerInto() and onCallEnd() see their own process', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder), start(folder)];
  const ended: string[] = [];
  second.onCallEnd(({ method }) => ended.push(method));
  const registry = new Registry();
  second.registerInto(registry);
  for (const metrics of [first, second]) metrics.counter({ name: 'orders_total', help: 'Orders' }).inc();
  await turn();
  expect((await scrapeOf(second)).get('orders_total')).toBe(2);
  const own = second.collect().find(({ name }) => name === 'orders_total');
  expect(own?.series).toMatchObject([{ value: 1 }]);
  expect(await registry.metrics()).toMatch(/^orders_total 1$/m);
  const { resourceMetrics } = await second.producer().collect();
  const sent = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  const points = sent.find(({ descriptor }) => descriptor.name === 'orders_total')?.dataPoints;
  expect(points?.map(({ value }) => value)).toEqual([1]);
  change(first, (method) => method.finish(0, 1));
  expect(ended).toEqual([]);
});
