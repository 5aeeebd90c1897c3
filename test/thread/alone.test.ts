import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { Counter as ForeignCounter, Gauge as ForeignGauge, Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { type ExposeOptions, GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { numbersIn } from '../processes/watch.ts';
import { permissionFlags } from '../support/permission.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const options: ExposeOptions = { port: 0, host: '127.0.0.1', thread: true };

function start(given: GrpcMetricsOptions = {}): { metrics: GrpcMetrics; warnings: string[] } {
  const warnings: string[] = [];
  const metrics = new GrpcMetrics({ ...given, logger: { warn: (message) => warnings.push(message) } });
  closing.push(() => metrics.close());
  return { metrics, warnings };
}

/** Calls a service of its own: `ok` calls that end well, and one that fails. */
async function call(metrics: GrpcMetrics, ok: number): Promise<void> {
  const bytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const say = { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...bytes };
  const server = new Server();
  metrics.instrument(server);
  server.addService(
    { Say: say },
    {
      Say: (({ request }, callback) =>
        request.length > 0 ? callback(null, request) : callback({ code: 5 })) satisfies UntypedCall,
    },
  );
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), metrics.clientOptions());
  closing.push(() => client.close());
  const once = (body: string) =>
    new Promise<void>((resolve) => {
      client.makeUnaryRequest(say.path, same, same, Buffer.from(body), () => resolve());
    });
  for (let count = 0; count < ok; count += 1) await once('x');
  await once('');
}

type UntypedCall = (
  call: { readonly request: Buffer },
  callback: (error: { readonly code: number } | null, reply?: Buffer) => void,
) => void;

const same = (it: Buffer) => it;

/** Everything that a scrape can have, declared and counted before the endpoint opens. */
async function busy(): Promise<GrpcMetrics> {
  const { metrics } = start({
    service: { name: 'shop', version: '1' },
    constantLabels: { region: 'eu' },
    nativeHistograms: true,
    details: { messageSizes: true },
  });
  const things = metrics.counter({ name: 'things_total', help: 'Things', labelNames: ['kind'] });
  things.labels({ kind: 'a' }).inc(3);
  things.labels({ kind: 'b' }).inc();
  things.remove({ kind: 'b' });
  metrics.gauge({ name: 'level', help: 'Level', merge: 'each' }).set(-2);
  metrics.histogram({ name: 'wait_seconds', help: 'Wait' }).observe(0.2);
  metrics.gauge({
    name: 'asked',
    help: 'Asked',
    labelNames: ['a'],
    read: async () => [{ labels: { a: 'x' }, value: 7 }],
  });
  const registry = new Registry();
  new ForeignCounter({ name: 'foreign_total', help: 'Foreign', registers: [registry] }).inc(5);
  metrics.include(registry);
  await call(metrics, 2);
  return metrics;
}

const scrapes: [name: string, query: string, accept: string][] = [
  ['text', '', 'text/plain'],
  ['OpenMetrics', '', 'application/openmetrics-text; version=1.0.0'],
  ['otel', '?naming=otel', 'text/plain'],
  ['go and grpc', '?naming=go&naming=grpc', 'text/plain'],
  ['some families', '?name[]=things_total&name[]=asked&name[]=foreign_total', 'text/plain'],
];
test('a scrape is the same with and without a thread', async () => {
  const metrics = await busy();
  const threaded = await metrics.expose(options);
  const plain = await metrics.expose({ ...options, thread: false });
  const things = metrics.counter({ name: 'things_total', help: 'Things', labelNames: ['kind'] });
  things.labels({ kind: 'c' }).inc(5);
  metrics.counter({ name: 'late_total', help: 'Declared after the endpoint' }).inc();
  await call(metrics, 1);
  /** What an endpoint says of itself changes with each scrape. */
  const own = /(promhttp|grpc_vitals_scrape|grpc_vitals_main_thread)_/;
  for (const [name, query, accept] of scrapes) {
    const lines = async ({ url }: { url: string }) => {
      const text = await (await fetch(`${url}/metrics${query}`, { headers: { accept } })).text();
      return text.split('\n').filter((line) => !own.test(line));
    };
    const [inThread, inMain] = [await lines(threaded), await lines(plain)];
    expect(inMain.length, name).toBeGreaterThan(5);
    expect(inThread.toSorted(), name).toEqual(inMain.toSorted());
  }
});

test('gauges with a function and included registries are read for each scrape, once, and not without one', async () => {
  const { metrics } = start();
  let [asked, collected] = [0, 0];
  metrics.gauge({ name: 'asked', help: 'Asked', read: () => ++asked });
  const { url } = await metrics.expose({ ...options, page: false });
  const registry = new Registry();
  const foreign = new ForeignGauge({
    name: 'foreign',
    help: 'Foreign',
    registers: [],
    collect() {
      collected += 1;
      this.set(collected);
    },
  });
  registry.registerMetric(foreign);
  metrics.include(registry);
  for (let count = 1; count <= 3; count += 1) {
    const scraped = numbersIn(await (await fetch(`${url}/metrics`)).text());
    expect([scraped.get('asked'), scraped.get('foreign')]).toEqual([count, count]);
  }
});

test('what fails in the main thread is left out and counted there, and costs nothing else', async () => {
  const { metrics, warnings } = start();
  metrics.gauge({
    name: 'broken',
    help: 'Broken',
    read: () => {
      throw new Error('no pool');
    },
  });
  const { url } = await metrics.expose(options);
  await fetch(`${url}/metrics`);
  const scraped = numbersIn(await (await fetch(`${url}/metrics`)).text());
  expect(scraped.has('broken')).toBe(false);
  expect(scraped.get('grpc_vitals_errors_total{stage="metric"}')).toBeGreaterThan(0);
  expect(warnings.filter((warning) => warning.includes('no pool'))).toHaveLength(1);
});

test('an included registry has the names of its metrics for the thread, too', async () => {
  const { metrics } = start();
  const registry = new Registry();
  new ForeignCounter({ name: 'grpc_server_started_total', help: 'Mine', registers: [registry] }).inc(5);
  metrics.include(registry);
  const { url } = await metrics.expose(options);
  const scraped = numbersIn(await (await fetch(`${url}/metrics?naming=go`)).text());
  expect(scraped.get('grpc_server_started_total')).toBe(5);
});

const program = fileURLToPath(new URL('./ending.mjs', import.meta.url));

test('where there is no folder, the main thread answers, and says so once', async () => {
  const flags = permissionFlags('--allow-worker');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, program, '', 'return'], {
    timeout: 30_000,
  });
  expect(stdout).toBe('200\n');
  expect(stderr.match(/^.*the endpoint answers on the main thread.*$/gm)).toHaveLength(1);
});

test('several endpoints of one process share a book, and a second GrpcMetrics has one of its own', async () => {
  const [first, second] = [start().metrics, start().metrics];
  first.counter({ name: 'things_total', help: 'Things' }).inc(1);
  second.counter({ name: 'things_total', help: 'Things' }).inc(2);
  const values = [first, first, second].map(async (metrics) => {
    const { url } = await metrics.expose(options);
    return numbersIn(await (await fetch(`${url}/metrics`)).text()).get('things_total');
  });
  expect(await Promise.all(values)).toEqual([1, 1, 2]);
});
