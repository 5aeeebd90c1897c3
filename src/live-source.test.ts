import { Counter as ForeignCounter, Gauge as ForeignGauge, Registry as ForeignRegistry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import { IncludedRegistries } from './bridge/prom-client/include.ts';
import { Registry } from './core/registry.ts';
import type { Role } from './live/protocol.ts';
import { type LiveParts, liveSource } from './live-source.ts';
import { CallCollector } from './naming/call-collector.ts';
import { chooseVocabularies, unionOfBounds, type VocabularyOptions } from './naming/choice.ts';
import { type NodeMetrics, nodeInternals, nodeLag } from './naming/own/node.ts';
import { processMetrics } from './naming/own/process.ts';
import { OwnRuntime } from './own-runtime.ts';
import { ClientStore } from './rpc/client-store.ts';
import { Faults } from './rpc/faults.ts';
import { ServerStore } from './rpc/server-store.ts';

interface Runs {
  started: number;
  stopped: number;
}

/** A collector that counts how often it was started and stopped. */
function counted(start: () => NodeMetrics): { readonly runs: Runs; readonly start: () => NodeMetrics } {
  const runs = { started: 0, stopped: 0 };
  return {
    runs,
    start: () => {
      runs.started += 1;
      const metrics = start();
      const stop = () => {
        runs.stopped += 1;
        metrics.stop();
      };
      return { ...metrics, stop };
    },
  };
}

interface TestedParts extends LiveParts {
  readonly registry: Registry;
  readonly included: IncludedRegistries;
  readonly lag: Runs;
  readonly node: Runs;
}

function parts(...naming: VocabularyOptions[]): TestedParts {
  const faults = new Faults(() => {});
  const chosen = chooseVocabularies(naming.length > 0 ? naming : undefined);
  const buckets = unionOfBounds(chosen);
  const server = new ServerStore(faults, { buckets });
  const client = new ClientStore(faults, { buckets });
  const registry = new Registry(faults);
  const calls = new CallCollector(chosen, { server, client, faults });
  registry.add(calls);
  const lag = counted(() => nodeLag({ resolution: 50, windowSeconds: 0 }));
  const node = counted(nodeInternals);
  return {
    registry,
    included: new IncludedRegistries(faults, {
      ownerOf: (sample) => registry.ownerOf(sample),
      has: () => false,
      isRuntime: () => false,
    }),
    calls,
    chosen,
    runtime: [],
    service: {},
    failed: () => {},
    lag: lag.runs,
    node: node.runs,
    shown: new OwnRuntime(lag.start, node.start),
  };
}

test('the event loop is sampled from start to stop, garbage collections are observed while somebody looks', async () => {
  const given = parts();
  const source = liveSource(given);
  const names = async (isLookedAt: boolean) => (await source.collect(isLookedAt)).map(({ name }) => name);
  const stop = source.start();
  const idle = await names(false);
  expect(given.lag).toEqual({ started: 1, stopped: 0 });
  expect(given.node).toEqual({ started: 0, stopped: 0 });
  expect(idle).toEqual(expect.arrayContaining(['process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']));
  expect(idle).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(idle).not.toContain('nodejs_gc_duration_seconds');
  for (const round of [1, 2]) {
    const unwatch = source.watch();
    expect(given.node).toEqual({ started: round, stopped: round - 1 });
    expect(await names(true)).toEqual(expect.arrayContaining(['nodejs_gc_duration_seconds', 'process_open_fds']));
    unwatch();
    expect(given.node).toEqual({ started: round, stopped: round });
    expect(await names(false)).toEqual(idle);
  }
  stop();
  expect(given.lag).toEqual({ started: 1, stopped: 1 });
  expect(await names(false)).not.toContain('nodejs_eventloop_lag_p99_seconds');
});

test("the user's own metric comes before the page's of the same name", async () => {
  const given = parts();
  given.registry.gauge({ name: 'process_resident_memory_bytes', help: 'Mine' }).set(1);
  const families = await liveSource(given).collect(false);
  const first = families.find(({ name }) => name === 'process_resident_memory_bytes');
  expect([first?.help, first?.role]).toEqual(['Mine', undefined]);
});

const namesake: [name: string, declare: (given: TestedParts) => void][] = [
  ["the user's own", ({ registry }) => registry.counter({ name: 'grpc_requests_total', help: 'Mine' }).inc(7)],
  [
    'of an included registry',
    ({ included }) => {
      const registry = new ForeignRegistry();
      new ForeignCounter({ name: 'grpc_requests_total', help: 'Mine', registers: [registry] }).inc(7);
      included.add(registry);
    },
  ],
];
test.each(namesake)(
  'a metric of the name that calls have on the page is shown beside them: %s',
  async (_name, declare) => {
    const given = parts({ use: 'go' });
    declare(given);
    const source = liveSource(given);
    const families = await source.collect(true);
    const find = (name: string) => families.filter((family) => family.name === name);
    const [mine, ...others] = find('grpc_requests_total');
    expect(others).toEqual([]);
    expect([mine?.help, mine?.role, ...mine!.series]).toMatchObject(['Mine', undefined, { value: 7 }]);
    expect(find('grpc_requests_total (calls)').map(({ role }) => role)).toEqual(['server.requests']);
    const { scraped } = source.hello();
    expect([scraped.grpc_requests_total, scraped['grpc_requests_total (calls)']]).toEqual([undefined, '']);
  },
);

test('gauges that are read are read for viewers only', async () => {
  const given = parts();
  const read = vi.fn(async () => 5);
  given.registry.gauge({ name: 'pool_connections', help: 'Mine', read });
  const source = liveSource(given);
  expect((await source.collect(false)).map(({ name }) => name)).not.toContain('pool_connections');
  expect(read).not.toHaveBeenCalled();
  const family = (await source.collect(true)).find(({ name }) => name === 'pool_connections');
  expect(Array.from(family!.series)).toMatchObject([{ value: 5 }]);
});

const roles: [name: string, role: Role | undefined][] = [
  ['grpc_requests_total', 'server.requests'],
  ['grpc_errors_total', 'server.errors'],
  ['grpc_request_duration_seconds', 'server.durations'],
  ['grpc_requests_in_flight', 'server.inFlight'],
  ['grpc_open_streams', 'server.streams'],
  ['grpc_messages_received_total', 'server.received'],
  ['grpc_messages_sent_total', 'server.sent'],
  ['grpc_active_connections', 'server.connections'],
  ['grpc_client_requests_total', 'client.requests'],
  ['grpc_client_retries_total', 'client.retries'],
  ['grpc_client_channels', 'client.channels'],
  ['grpc_messages_received_bytes_total', 'library'],
  ['process_cpu_seconds_total', 'runtime.cpu'],
  ['process_resident_memory_bytes', 'runtime.residentMemory'],
  ['nodejs_eventloop_utilization_ratio', 'runtime.loopUtilization'],
  ['nodejs_eventloop_lag_seconds', 'runtime.loopDelayMean'],
  ['nodejs_eventloop_lag_p99_seconds', 'runtime.loopDelayP99'],
  ['nodejs_eventloop_lag_max_seconds', 'runtime.loopDelayMax'],
  ['nodejs_heap_size_total_bytes', 'runtime.heapTotal'],
  ['nodejs_heap_size_used_bytes', 'runtime.heapUsed'],
  ['nodejs_gc_duration_seconds', 'runtime.garbageCollection'],
  ['process_start_time_seconds', 'runtime.startTime'],
  ['process_open_fds', 'library'],
  ['process_orders_total', undefined],
  ['nodejs_jobs', undefined],
  ['grpc_orders_total', undefined],
  ['process_files', undefined],
];
test('every family of the library has a role, and none of the user', async () => {
  const given = parts();
  for (const name of ['process_orders_total', 'grpc_orders_total']) given.registry.counter({ name, help: 'Mine' });
  given.registry.gauge({ name: 'nodejs_jobs', help: 'Mine' });
  const theirs = new ForeignRegistry();
  const theirGauge = new ForeignGauge({ name: 'process_files', help: 'Theirs', registers: [theirs] });
  theirGauge.set(1);
  given.included.add(theirs);
  const source = liveSource(given);
  const ends = [source.start(), source.watch()];
  const found = new Map((await source.collect(true)).map(({ name, role }) => [name, role]));
  for (const end of ends) end();
  expect(Object.fromEntries(roles.map(([name]) => [name, found.get(name)]))).toEqual(Object.fromEntries(roles));
  const without = [...found].filter(([, role]) => role === undefined).map(([name]) => name);
  expect(without.toSorted()).toEqual(
    roles
      .filter(([, role]) => role === undefined)
      .map(([name]) => name)
      .toSorted(),
  );
});

const naming: [name: string, VocabularyOptions, scraped: Record<string, string | undefined>][] = [
  ['basic', { use: 'basic' }, { grpc_errors_total: undefined, process_open_fds: '' }],
  ['another', { use: 'go' }, { grpc_errors_total: '', grpc_client_requests_total: '' }],
  ['a namespace', { use: 'basic', namespace: 'shop' }, { grpc_errors_total: 'shop_grpc_errors_total' }],
  [
    'some alone',
    { use: 'basic', metrics: ['grpc_requests_total'] },
    { grpc_errors_total: '', grpc_requests_total: undefined },
  ],
];
test.each(naming)('who looks is told what scrapes call it: %s', (_name, vocabulary, scraped) => {
  const told = liveSource(parts(vocabulary)).hello().scraped;
  for (const [name, expected] of Object.entries(scraped)) expect(told[name], name).toBe(expected);
});

test('and that they have the process, where they do', () => {
  const given = parts();
  given.registry.add(processMetrics());
  const { scraped } = liveSource(given).hello();
  expect(scraped.process_open_fds).toBeUndefined();
  expect(scraped).toMatchObject({ nodejs_heap_size_used_bytes: '', nodejs_eventloop_utilization_ratio: '' });
});
