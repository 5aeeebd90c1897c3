import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { newFolder } from './folders.ts';
import { endProcesses, opened } from './metrics-here.ts';
import { scrapeOf } from './scraped.ts';

afterEach(endProcesses);

interface Started {
  readonly metrics: GrpcMetrics;
  readonly registry: promClient.Registry;
  readonly warnings: string[];
}

/** A process whose registry of prom-client is included when `fill` has filled it. */
function start(
  folder: string,
  fill: (registry: promClient.Registry) => void,
  options: GrpcMetricsOptions = {},
): Started {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => message.includes('not in memory') || warnings.push(message) };
  const metrics = new GrpcMetrics({ processes: { folder }, logger, ...options });
  opened(metrics);
  const registry = new promClient.Registry();
  fill(registry);
  metrics.include(registry);
  return { metrics, registry, warnings };
}

/** The series of a scrape whose name begins with `shop_`. */
async function shopIn({ metrics }: Started): Promise<Record<string, number>> {
  const scraped = await scrapeOf(metrics);
  return Object.fromEntries([...scraped].filter(([series]) => series.startsWith('shop_')));
}

/** Registries are read every 5 s. */
const patience = { timeout: 20_000 };
const limit = { timeout: 60_000 };

const libraries = [
  ['prom-client', promClient],
  ['@prometheus-io/client', successor as unknown as typeof promClient],
] as const;

describe.each(libraries)('%s', (_name, { Counter, Gauge, Histogram, Registry, Summary }) => {
  /** What each process counts: the second one ten times as much. */
  function fill(registers: promClient.Registry[], times: number): void {
    const counter = new Counter({ name: 'shop_orders_total', help: 'Orders', labelNames: ['plan'], registers });
    counter.inc({ plan: 'pro' }, times);
    counter.inc({ plan: `only "${times}"` }, 1);
    new Histogram({ name: 'shop_size', help: 'Size', buckets: [1, 2], registers }).observe(times);
    new Summary({ name: 'shop_wait', help: 'Wait', percentiles: [0.5], registers }).observe(times);
    for (const aggregator of ['sum', 'max', 'min', 'average', 'first', 'omit'] as const) {
      new Gauge({ name: `shop_${aggregator}`, help: aggregator, aggregator, registers }).set(times);
    }
  }

  const counted = {
    'shop_orders_total{plan="pro"}': 11,
    'shop_orders_total{plan="only \\"1\\""}': 1,
    'shop_orders_total{plan="only \\"10\\""}': 1,
    'shop_size_bucket{le="1"}': 1,
    'shop_size_bucket{le="2"}': 1,
    'shop_size_bucket{le="+Inf"}': 2,
    shop_size_sum: 11,
    shop_size_count: 2,
    shop_wait_sum: 11,
    shop_wait_count: 2,
  };

  test('counts add up, and gauges become one as their aggregator says; the dead keep their counts', limit, async () => {
    const folder = newFolder();
    const startWith = (times: number) => {
      const registry = new Registry();
      fill([registry], times);
      const started = start(folder, () => {});
      started.metrics.include(registry);
      return started;
    };
    const first = startWith(1);
    const second = startWith(10);
    const gauges = { shop_sum: 11, shop_max: 10, shop_min: 1, shop_average: 5.5, shop_first: 1 };
    for (const one of [first, second])
      await expect.poll(() => shopIn(one), patience).toEqual({ ...counted, ...gauges });
    await first.metrics.close();
    const left = { shop_sum: 10, shop_max: 10, shop_min: 10, shop_average: 10, shop_first: 10 };
    await expect.poll(() => shopIn(second), patience).toEqual({ ...counted, ...left });
    expect([...first.warnings, ...second.warnings]).toEqual([]);
  });
});

const counterOf = (registry: promClient.Registry) => {
  return new promClient.Counter({ name: 'shop_orders_total', help: 'Orders', registers: [registry] });
};

test('what was counted after the last reading is in the sum when the process closes', async () => {
  const folder = newFolder();
  let counter: promClient.Counter | undefined;
  const first = start(folder, (registry) => {
    counter = counterOf(registry);
  });
  const second = start(folder, () => {});
  await expect.poll(() => shopIn(second), patience).toEqual({ shop_orders_total: 0 });
  counter!.inc(7);
  await first.metrics.close();
  await expect.poll(() => shopIn(second)).toEqual({ shop_orders_total: 7 });
});

test('a registry that is reset: the sum does not fall, and goes on', limit, async () => {
  let counter: promClient.Counter | undefined;
  const one = start(newFolder(), (registry) => {
    counter = counterOf(registry);
    counter.inc(7);
    new promClient.Histogram({ name: 'shop_size', help: 'Size', buckets: [1], registers: [registry] }).observe(0.5);
  });
  await expect.poll(() => shopIn(one), patience).toMatchObject({ shop_orders_total: 7, shop_size_count: 1 });
  one.registry.resetMetrics();
  counter!.inc(2);
  await expect.poll(async () => (await shopIn(one)).shop_orders_total, patience).toBe(9);
  expect(await shopIn(one)).toMatchObject({ shop_size_count: 1, shop_size_sum: 0.5 });
  counter!.inc(3);
  await expect.poll(async () => (await shopIn(one)).shop_orders_total, patience).toBe(12);
});

test('a metric that throws is counted; its counts stay, a gauge goes', limit, async () => {
  let isBroken = false;
  const collect = () => {
    if (isBroken) throw new Error('the database is gone');
  };
  const one = start(newFolder(), (registry) => {
    const registers = [registry];
    new promClient.Counter({ name: 'shop_orders_total', help: 'Orders', registers, collect }).inc(3);
    new promClient.Gauge({ name: 'shop_level', help: 'Level', registers, collect }).set(4);
    new promClient.Gauge({ name: 'shop_other', help: 'Other', registers }).set(5);
  });
  await expect.poll(() => shopIn(one), patience).toEqual({ shop_orders_total: 3, shop_level: 4, shop_other: 5 });
  isBroken = true;
  await expect.poll(() => shopIn(one), patience).toEqual({ shop_orders_total: 3, shop_other: 5 });
  expect((await scrapeOf(one.metrics)).get('grpc_vitals_errors_total{stage="include"}')).toBeGreaterThanOrEqual(2);
  expect(one.warnings).toContainEqual(expect.stringContaining('the database is gone'));
});

test('process_* and nodejs_* are never summed: each process has its own, with the label worker', limit, async () => {
  const folder = newFolder();
  const fill = (register: promClient.Registry) => promClient.collectDefaultMetrics({ register });
  const [first, second] = [start(folder, fill), start(folder, fill)];
  const seriesOf = async (name: string) => {
    const scraped = await scrapeOf(first.metrics);
    return [...scraped.keys()].filter((series) => series === name || series.startsWith(`${name}{`)).sort();
  };
  const both = (name: string) => [`${name}{worker="0"}`, `${name}{worker="1"}`];
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
    await expect.poll(() => seriesOf(name), patience).toEqual(both(name));
  }
  expect([...first.warnings, ...second.warnings]).toEqual([]);
});

test(
  'a name that another process has for itself: the included metric is left out, which is warned of',
  limit,
  async () => {
    const folder = newFolder();
    const first = start(folder, () => {});
    first.metrics.gauge({ name: 'shop_level', help: 'Level' }).set(3);
    const second = start(folder, (registry) => {
      new promClient.Gauge({ name: 'shop_level', help: 'Level', registers: [registry] }).set(4);
      counterOf(registry).inc(5);
    });
    await expect.poll(() => shopIn(second), patience).toEqual({ shop_level: 3, shop_orders_total: 5 });
    expect(second.warnings).toContainEqual(expect.stringContaining('is in use in another process'));
  },
);

test('metrics of ours in a registry that is included are there once', limit, async () => {
  const one = start(newFolder(), () => {});
  one.metrics.counter({ name: 'shop_things_total', help: 'Things' }).inc(2);
  one.metrics.registerInto(one.registry);
  counterOf(one.registry).inc(5);
  await expect.poll(() => shopIn(one), patience).toEqual({ shop_things_total: 2, shop_orders_total: 5 });
});

test('constant labels, and each process for itself', limit, async () => {
  const one = start(newFolder(), (registry) => counterOf(registry).inc(5), { constantLabels: { zone: 'eu' } });
  await expect.poll(() => shopIn(one), patience).toEqual({ 'shop_orders_total{zone="eu"}': 5 });
  const { body } = await one.metrics.render({ by: 'process' });
  expect(String(body)).toMatch(/^shop_orders_total\{(zone="eu",worker="0"|worker="0",zone="eu")\} 5$/m);
});

test('the thread of the endpoint has them, once', limit, async () => {
  const one = start(newFolder(), (registry) => counterOf(registry).inc(5));
  const { url } = await one.metrics.expose({ port: 0, host: '127.0.0.1' });
  const lines = async () =>
    (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line.startsWith('shop_'));
  await expect.poll(lines, patience).toEqual(['shop_orders_total 5']);
});
