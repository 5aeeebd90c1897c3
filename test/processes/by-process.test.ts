import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { examine } from '../../src/cli/examination.ts';
import { dialectOf } from '../../src/decode/dialect.ts';
import {
  GrpcMetrics,
  type GrpcMetricsOptions,
  type RenderedScrape,
  type RenderScrapeOptions,
} from '../../src/index.ts';
import { readProtobuf } from '../support/exposition/readers.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { checkMetrics } from '../support/servers/promtool.ts';
import { Fleet } from './fleet.ts';
import { booksIn, newFolder } from './folders.ts';
import { anyEvent, declareAll, randomFrom } from './history.ts';
import { endProcesses, start } from './metrics-here.ts';
import { numbersIn, type Scraped, scrape } from './watch.ts';

afterEach(endProcesses);

async function numbersOf(metrics: GrpcMetrics, options: RenderScrapeOptions<'go'> = {}): Promise<Scraped> {
  return numbersIn(String((await metrics.render(options)).body));
}

/** What each worker has of a family, by the text of its series without `worker`. */
function byWorker(scraped: Scraped, name: string): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const [series, value] of scraped) {
    if (!new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{|$)`).test(series)) continue;
    const worker = /worker="([^"]*)"/.exec(series)?.[1] ?? 'none';
    found[worker] = { ...found[worker], [withoutWorker(series)]: value };
  }
  return found;
}

function withoutWorker(series: string): string {
  return series
    .replace(/\bworker="[^"]*",?/, '')
    .replace(',}', '}')
    .replace('{}', '');
}

/** What the library counts by itself changes with each scrape, and some of it is of one process or of all. */
const isOfCallsOrUser = (series: string) =>
  !/^(grpc_vitals_|promhttp_|process_|nodejs_|grpc_service_info)/.test(series);

/** Each process began by itself. */
const isCreated = (series: string) => /_created(\{|$)/.test(series);

const vocabularies = ['basic', 'go', 'grpc', 'otel'] as const;
test.each(vocabularies)('%s: the series of the processes add up to the scrape of the sums', async (naming) => {
  const folder = newFolder();
  const random = randomFrom(7);
  const options: GrpcMetricsOptions = {
    nativeHistograms: true,
    createdSamples: true,
    constantLabels: { region: 'eu' },
    details: { messageSizes: true, streamMessages: true, streamDurations: true, deadlines: true },
  };
  const processes = [1, 2, 3, 4].map(() => start(folder, options));
  for (const metrics of processes) declareAll(metrics);
  for (let events = 0; events < 300; events += 1) anyEvent(random)(processes[Math.floor(random() * 4)]!);
  await processes.pop()!.close(); // one is dead
  await new Promise((resolve) => setImmediate(resolve));
  const [reader] = processes as [GrpcMetrics];
  for (const accept of ['text/plain', 'application/openmetrics-text; version=1.0.0']) {
    const plain = String((await reader.render({ naming: [naming], accept })).body);
    const split = String((await reader.render({ naming: [naming], accept, by: 'process' })).body);
    const gauges = new Set(Array.from(plain.matchAll(/^# TYPE (\S+) gauge/gm), ([, name]) => name));
    const added = new Map<string, number>();
    for (const [series, value] of numbersIn(split.replaceAll(/ # \{.*/g, ''))) {
      const name = withoutWorker(series);
      if (!isCreated(name)) added.set(name, (added.get(name) ?? 0) + value);
      const isGauge = gauges.has(/^[^{]*/.exec(series)![0]);
      expect(isGauge && series.includes('worker="retired"'), series).toBe(false);
      if (isOfCallsOrUser(series)) expect(series).toMatch(/\bworker="([012]|retired)"/);
    }
    const wanted = numbersIn(plain.replaceAll(/ # \{.*/g, ''));
    const compared = (all: Scraped) =>
      new Map([...all].filter(([series]) => isOfCallsOrUser(series) && !isCreated(series)));
    expect(compared(wanted).size).toBeGreaterThan(100);
    expect(compared(added)).toEqual(compared(wanted));
  }
});

test('nobody has retired before somebody has died, and the dead have no gauges', async () => {
  const folder = newFolder();
  const [first, second] = [start(folder), start(folder)];
  for (const [metrics, value] of [
    [first, 1],
    [second, 2],
  ] as const) {
    metrics.counter({ name: 'things_total', help: 'Things' }).inc(value);
    metrics.gauge({ name: 'level', help: 'Level' }).set(value);
  }
  await new Promise((resolve) => setImmediate(resolve));
  const seen = async (name: string) => byWorker(await numbersOf(first, { by: 'process' }), name);
  expect(await seen('things_total')).toEqual({ 0: { things_total: 1 }, 1: { things_total: 2 } });
  expect(await seen('level')).toEqual({ 0: { level: 1 }, 1: { level: 2 } });
  expect(await seen('grpc_vitals_process_deaths_total')).toEqual({});
  await second.close();
  const after = { 0: { things_total: 1 }, retired: { things_total: 2 } };
  await expect.poll(async () => seen('things_total'), { timeout: 15_000 }).toEqual(after);
  expect(await seen('level')).toEqual({ 0: { level: 1 } });
  const deaths = { grpc_vitals_process_deaths_total: 0 };
  expect(await seen('grpc_vitals_process_deaths_total')).toEqual({ retired: deaths });
  // It stays when the book of the dead is folded.
  await expect.poll(() => booksIn(join(folder, 'gen-1')).length, { timeout: 15_000 }).toBe(2);
  expect(await seen('things_total')).toEqual(after);
});

test('a label worker of yours is called exported_worker, also where it is the number of a process', async () => {
  const folder = newFolder();
  const both = [start(folder), start(folder)];
  for (const [index, metrics] of both.entries()) {
    const labelNames = ['worker'] as const;
    metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames }).labels({ worker: 'a' }).inc(index);
    metrics
      .histogram({ name: 'sizes', help: 'Sizes', labelNames, buckets: [1] })
      .labels({ worker: '1' })
      .observe(1);
    metrics.gauge({ name: 'own', help: 'Own', merge: 'each' }).set(index);
  }
  await new Promise((resolve) => setImmediate(resolve));
  const scraped = await numbersOf(both[0]!, { by: 'process', names: ['jobs_total', 'sizes', 'own'] });
  expect([...scraped.keys()].sort()).toEqual(
    [0, 1]
      .flatMap((worker) => [
        `jobs_total{exported_worker="a",worker="${worker}"}`,
        `own{worker="${worker}"}`,
        `sizes_bucket{exported_worker="1",worker="${worker}",le="+Inf"}`,
        `sizes_bucket{exported_worker="1",worker="${worker}",le="1"}`,
        `sizes_count{exported_worker="1",worker="${worker}"}`,
        `sizes_sum{exported_worker="1",worker="${worker}"}`,
      ])
      .sort(),
  );
});

test('a label exported_worker of yours stays what it is', async () => {
  const metrics = start(newFolder());
  const labelNames = ['worker', 'exported_worker'] as const;
  metrics.counter({ name: 'jobs_total', help: 'Jobs', labelNames }).labels({ worker: 'a', exported_worker: 'b' }).inc();
  await new Promise((resolve) => setImmediate(resolve));
  const scraped = await numbersOf(metrics, { by: 'process', names: ['jobs_total'] });
  expect([...scraped.keys()]).toEqual(['jobs_total{exported_worker="b",exported_exported_worker="a",worker="0"}']);
});

test('processes say who they are, since when, and what they use, also without runtime', async () => {
  const metrics = start(newFolder());
  const scraped = await numbersOf(metrics, { by: 'process' });
  expect(scraped.get(`grpc_vitals_process_info{pid="${process.pid}",worker="0"}`)).toBe(1);
  expect(scraped.get('grpc_vitals_processes{state="alive",worker="0"}')).toBe(1);
  expect(scraped.get('grpc_vitals_processes{state="late",worker="0"}')).toBe(0);
  expect(scraped.get('process_start_time_seconds{worker="0"}')).toBeCloseTo(performance.timeOrigin / 1000, 2);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_max_seconds'])
    expect(scraped.get(`${name}{worker="0"}`)).toBeGreaterThanOrEqual(0);
  // The scrape of the sums is without them, as always without runtime.
  expect([...(await numbersOf(metrics)).keys()].filter((series) => /^(process|nodejs)_/.test(series))).toEqual([]);
});

test('a metric of yours with a name of the process is yours', async () => {
  const metrics = start(newFolder());
  metrics.gauge({ name: 'process_resident_memory_bytes', help: 'Mine' }).set(7);
  await new Promise((resolve) => setImmediate(resolve));
  const scraped = await numbersOf(metrics, { by: 'process' });
  const name = 'process_resident_memory_bytes';
  expect(byWorker(scraped, name)).toEqual({ 0: { [name]: 7 } });
});

const wrong: [name: string, query: string, hasProcesses: boolean, says: string][] = [
  ['an unknown word', '?by=worker', true, 'by can be process, not "worker"'],
  ['none', '?by=', true, 'by can be process, not ""'],
  ['two words', '?by=process&by=x', true, 'by can be process, not "x"'],
  ['a single process', '?by=process', false, 'new GrpcMetrics({ processes: true })'],
];
test.each(wrong)('?by= is answered with 400 for %s', async (_name, query, hasProcesses, says) => {
  const metrics = hasProcesses ? start(newFolder()) : new GrpcMetrics();
  const answer = await metrics.fetch(new Request(`http://x/metrics${query}`));
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(says);
});

test('render() rejects what ?by= refuses', async () => {
  const invalid = { code: 'invalid_option', message: expect.stringContaining('processes: true') };
  await expect(new GrpcMetrics().render({ by: 'process' })).rejects.toMatchObject(invalid);
});

test('scrapes at the same time, by process and not, get what they asked for', async () => {
  const metrics = start(newFolder());
  metrics.counter({ name: 'things_total', help: 'Things' }).inc();
  await new Promise((resolve) => setImmediate(resolve));
  const queries = ['', '?by=process', '', '?by=process&by=process'];
  const answers = queries.map(async (query) => (await metrics.fetch(new Request(`http://x/metrics${query}`))).text());
  const found = (await Promise.all(answers)).map((text) => /^things_total.*/m.exec(text)![0]);
  expect(found).toEqual([
    'things_total 1',
    'things_total{worker="0"} 1',
    'things_total 1',
    'things_total{worker="0"} 1',
  ]);
});

/** A scrape with everything that processes can have. */
async function everything(options: GrpcMetricsOptions, render: RenderScrapeOptions<'go'>): Promise<RenderedScrape> {
  const folder = newFolder();
  const random = randomFrom(3);
  const processes = [1, 2, 3].map(() => start(folder, { runtime: true, ...options }));
  for (const metrics of processes) declareAll(metrics);
  for (let events = 0; events < 100; events += 1) anyEvent(random)(processes[Math.floor(random() * 3)]!);
  await processes.pop()!.close();
  await new Promise((resolve) => setImmediate(resolve));
  const seen = () => processes[0]!.render({ ...render, by: 'process' });
  const isWhole = async () => Buffer.from((await seen()).body).includes('retired');
  await expect.poll(isWhole, { timeout: 15_000 }).toBe(true);
  return seen();
}

const textual = [
  ['text', 'text/plain'],
  ['OpenMetrics', 'application/openmetrics-text; version=1.0.0'],
] as const;
for (const naming of vocabularies) {
  test.each(textual)(`check has nothing to say of ${naming} in %s`, async (_name, accept) => {
    const { body, contentType } = await everything({ naming: [naming] }, { accept });
    const limits = { maxSeries: 10_000, maxLabelValues: 100, now: Date.now() / 1000 };
    const options = { isStrict: true };
    const { logs, samples } = await examine(Buffer.from(String(body)), dialectOf(contentType), limits, options);
    expect(samples).toBeGreaterThan(300);
    expect(logs.flatMap(({ kinds }) => kinds)).toEqual([]);
  });
}

test('protobuf has the same series as text', async () => {
  const accept = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
  const [binary, text] = [await everything({}, { accept }), await everything({}, {})];
  const families = readProtobuf(binary.body as Uint8Array);
  expect(families.length).toBe(String(text.body).match(/^# TYPE/gm)!.length);
});

describeWith(['promtool'], 'promtool', (paths) => {
  test.each(vocabularies)('has nothing to say of %s', async (naming) => {
    const { body } = await everything({ naming: [naming] }, {});
    expect(await checkMetrics(paths.promtool, body)).toEqual({ ok: true, output: '' });
  });
});

test('real processes: each has its own number and its calls', { timeout: 60_000 }, async () => {
  const fleet = await Fleet.start('node:cluster', newFolder());
  try {
    const pids = async () => {
      const scraped = (await scrape(fleet.url, '?by=process')) ?? new Map<string, number>();
      const infos = [...scraped.keys()].filter((series) => series.startsWith('grpc_vitals_process_info'));
      return new Set(infos.map((series) => Number(/pid="(\d+)"/.exec(series)![1])));
    };
    await expect.poll(pids).toEqual(new Set(fleet.pids));
    fleet.kill(fleet.pids[0]!);
    await expect.poll(() => fleet.pids.length, { timeout: 15_000 }).toBe(4);
    await expect.poll(pids, { timeout: 15_000 }).toEqual(new Set(fleet.pids));
    const scraped = (await scrape(fleet.url, '?by=process'))!;
    const lives = Object.entries(byWorker(scraped, 'grpc_vitals_processes'));
    expect(lives.map(([worker]) => worker).sort()).toEqual(['0', '1', '2', '3']);
  } finally {
    await fleet.close();
  }
});
