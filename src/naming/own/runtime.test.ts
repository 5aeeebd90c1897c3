import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { collected } from '../../../test/support/collected.ts';
import type { Collector } from '../../core/registry.ts';
import type { Labels } from '../../core/snapshot.ts';
import { loopUtilization, nodeMetrics } from './node.ts';
import { processMetrics } from './process.ts';

function value(collector: Collector, name: string, labels: Labels = {}): number {
  const family = collected(collector).find((candidate) => candidate.name === name);
  if (family?.type !== 'counter' && family?.type !== 'gauge') throw new Error(`no number ${name}`);
  const series = family.series.find((candidate) =>
    Object.entries(labels).every(([label, text]) => candidate.labels[label] === text),
  );
  if (series === undefined) throw new Error(`${name} has no series ${JSON.stringify(labels)}`);
  return series.value;
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.each([processMetrics, nodeMetrics])('%o collects the families that it declares', (create) => {
  const collector = create();
  expect(collected(collector).map(({ name, type }) => ({ name, type }))).toEqual(
    collector.families.map(({ name, type }) => ({ name, type })),
  );
});

test('CPU seconds grow by what is spent', () => {
  const collector = processMetrics();
  const before = value(collector, 'process_cpu_seconds_total');
  block(200);
  const spent = value(collector, 'process_cpu_seconds_total') - before;
  expect(spent).toBeGreaterThan(0.02);
  expect(spent).toBeLessThan(20);
});

test('memory is in bytes and the start in seconds since 1970', () => {
  const collector = processMetrics();
  const rss = process.memoryUsage.rss();
  expect(value(collector, 'process_resident_memory_bytes') / rss).toBeCloseTo(1, 0);
  const started = value(collector, 'process_start_time_seconds');
  expect(Math.abs(started + process.uptime() - Date.now() / 1000)).toBeLessThan(5);
});

test.runIf(process.platform === 'linux')('open file descriptors are counted exactly, below their limit', () => {
  const collector = processMetrics();
  const before = value(collector, 'process_open_fds');
  const descriptors = [1, 2, 3].map(() => openSync(import.meta.filename, 'r'));
  expect(value(collector, 'process_open_fds')).toBe(before + 3);
  descriptors.map(closeSync);
  expect(value(collector, 'process_open_fds')).toBe(before);
  expect(value(collector, 'process_max_fds')).toBeGreaterThan(before);
  expect(value(collector, 'process_virtual_memory_bytes')).toBeGreaterThan(1e6);
});

// A busy machine makes blocks of its own.
test('every reader sees the same block of the event loop, until two windows have ended', { retry: 2 }, async () => {
  const collector = nodeMetrics({ windowSeconds: 0.5 });
  const longest = () => value(collector, 'nodejs_eventloop_lag_max_seconds');
  await sleep(50);
  expect(longest()).toBeLessThan(0.2);
  block(300);
  await sleep(50);
  const seen = [longest(), longest(), longest()];
  expect(Math.min(...seen)).toBeGreaterThan(0.2);
  expect(new Set(seen).size).toBe(1);
  await sleep(1100);
  expect(longest()).toBeLessThan(0.2);
  collector.stop();
});

test('garbage collections are counted by kind', async () => {
  const collector = nodeMetrics();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await sleep(50);
  const family = collected(collector).find(({ name }) => name === 'nodejs_gc_duration_seconds');
  if (family?.type !== 'histogram') throw new Error('no histogram');
  const major = family.series.find(({ labels }) => labels.kind === 'major');
  expect(Array.from(major!.buckets).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
});

test('what is open is counted by its type', async () => {
  const collector = nodeMetrics();
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  expect(value(collector, 'nodejs_active_resources', { type: 'TCPServerWrap' })).toBeGreaterThan(0);
  server.close();
  expect(value(collector, 'nodejs_version_info', { version: process.version })).toBe(1);
});

test('stopped, it samples no more and keeps what it had', async () => {
  const collector = nodeMetrics();
  const stopped = nodeMetrics({ resolution: 50 });
  stopped.stop();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await sleep(50);
  block(300);
  await sleep(50);
  const collections = (of: Collector) => {
    const family = collected(of).find(({ name }) => name === 'nodejs_gc_duration_seconds');
    if (family?.type !== 'histogram') throw new Error('no histogram');
    return family.series.flatMap(({ buckets }) => [...buckets]).reduce((sum, count) => sum + count, 0);
  };
  expect(value(stopped, 'nodejs_eventloop_lag_max_seconds')).toBe(0);
  expect(value(collector, 'nodejs_eventloop_lag_max_seconds')).toBeGreaterThan(0.2);
  expect(collections(stopped)).toBe(0);
  expect(collections(collector)).toBeGreaterThan(0);
  collector.stop();
});

test('the utilization of the event loop is of the time since it was asked last, by the same', async () => {
  const read = (one: ReturnType<typeof loopUtilization>) => ([...one().series][0] as { value: number }).value;
  const [often, seldom] = [loopUtilization(), loopUtilization()];
  await sleep(20);
  block(200);
  await sleep(20);
  expect(read(often)).toBeGreaterThan(0.5);
  await sleep(200);
  expect(read(often)).toBeLessThan(0.3);
  expect(read(seldom)).toBeGreaterThan(0.3);
});
