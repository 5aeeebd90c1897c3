import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import type { HistogramSeries } from '../../src/core/snapshot.ts';
import { type ExposeOptions, GrpcMetrics } from '../../src/index.ts';
import { findBase, userFolder } from '../../src/processes/folder.ts';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { type Scraped, scrape } from '../processes/watch.ts';
import { permissionFlags } from '../support/permission.ts';
import { freePort } from '../support/servers/prometheus.ts';

const blockedName = 'grpc_vitals_main_thread_blocked_seconds';

/** Threads that were started in this process. */
const workers: Worker[] = [];
const noteWorker = (worker: Worker) => workers.push(worker);
process.on('worker', noteWorker);

const open: GrpcMetrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
  workers.splice(0);
  removeFolders();
});

/** A process of several, whose endpoint has a thread. */
function start(folder = newFolder()): { metrics: GrpcMetrics; warnings: string[]; folder: string } {
  const warnings: string[] = [];
  // A test's folder is where temporary files are, which is warned of.
  const logger = { warn: (message: string) => message.includes('not in memory') || warnings.push(message) };
  const metrics = new GrpcMetrics({ processes: { folder }, logger });
  metrics.counter({ name: 'things_total', help: 'Things' }).inc(3);
  open.push(metrics);
  return { metrics, warnings, folder };
}

const options: ExposeOptions = { port: 0, host: '127.0.0.1' };

async function scraped(url: string): Promise<Scraped> {
  return (await scrape(url)) ?? new Map();
}

test.each([
  ['several processes, in a thread', true, {}],
  ['several processes, in the main thread', true, { thread: false }],
  ['one process', false, {}],
])('%s: whether a scrape closes its connection', async (_name, isShared, more) => {
  const metrics = isShared ? start().metrics : new GrpcMetrics();
  open.push(metrics);
  const { url } = await metrics.expose({ port: 0, host: '127.0.0.1', ...more });
  const header = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    await response.arrayBuffer();
    return response.headers.get('connection');
  };
  // A scraper that keeps a connection to a process that is killed loses a scrape; a browser loads again by itself.
  expect(await header('/metrics')).toBe(isShared ? 'close' : 'keep-alive');
  expect(await header('/')).toBe('keep-alive');
});

test('with processes an endpoint has a thread, unless it is turned off', async () => {
  const { metrics } = start();
  const inThread = await metrics.expose(options);
  const inMain = await metrics.expose({ ...options, thread: false });
  expect((await scraped(inThread.url)).get('things_total')).toBe(3);
  expect((await scraped(inThread.url)).get(blockedName)).toBe(0);
  expect((await scraped(inMain.url)).get('things_total')).toBe(3);
  expect((await scraped(inMain.url)).has(blockedName)).toBe(false);
  expect(workers).toHaveLength(1);
});

test('scrapes that the thread answers are counted by the process, each once', async () => {
  const { metrics } = start();
  const endpoint = await metrics.expose(options);
  for (let count = 0; count < 3; count += 1) await scraped(endpoint.url);
  await endpoint.close();
  const families = new Map(metrics.collect().map((family) => [family.name, family.series]));
  expect(families.get('promhttp_metric_handler_requests_total')).toContainEqual({ labels: { code: '200' }, value: 3 });
  expect(families.get('promhttp_metric_handler_requests_in_flight')).toEqual([{ labels: {}, value: 0 }]);
  const [duration] = families.get('grpc_vitals_scrape_duration_seconds')!;
  expect((duration as HistogramSeries).buckets.reduce((sum, count) => sum + count)).toBe(3);
});

test('a vocabulary that a scrape asks for, and formats, are those of the main thread', async () => {
  const { metrics } = start();
  const { url } = await metrics.expose(options);
  const ask = async (query: string, accept = '') =>
    (await (await fetch(`${url}/metrics${query}`, { headers: { accept } })).text()).replace(
      /^.*(promhttp|scrape_|blocked).*\n/gm,
      '',
    );
  const render = async (naming: ('otel' | 'go')[], accept = '') => {
    const { body } = await metrics.render({ naming, accept });
    return String(body).replace(/^.*(promhttp|scrape_|oldest_book).*\n/gm, '');
  };
  const withoutAges = (text: string) => text.replace(/^.*oldest_book.*\n/gm, '');
  expect(withoutAges(await ask('?naming=otel'))).toBe(await render(['otel']));
  const openMetrics = 'application/openmetrics-text; version=1.0.0';
  expect(withoutAges(await ask('?naming=go', openMetrics))).toBe(await render(['go'], openMetrics));
  expect((await fetch(`${url}/metrics?naming=x`)).status).toBe(400);
});

test('a thread that ends is replaced; one that ends again and again, by the main thread', {
  timeout: 60_000,
}, async () => {
  const { metrics, warnings } = start();
  const { url } = await metrics.expose(options);
  const requests = 'promhttp_metric_handler_requests_total{code="200"}';
  const before = (await scraped(url)).get(requests)!;
  for (let ends = 1; ends <= 3; ends += 1) {
    expect(workers).toHaveLength(ends);
    await workers.at(-1)!.terminate();
    await expect.poll(async () => (await scraped(url)).get('things_total')).toBe(3);
  }
  const last = await scraped(url);
  expect(workers).toHaveLength(3);
  expect(last.has(blockedName)).toBe(false);
  expect(last.get(requests)).toBeGreaterThan(before);
  expect(warnings).toEqual([
    expect.stringMatching(/^scrape: "the thread of the endpoint": Error: it has ended/),
    expect.stringMatching(/^the endpoint answers on the main thread, .*: its thread has ended 3 times$/),
  ]);
});

test('after close() the port is free, the thread is gone, and nothing comes back', async () => {
  const { metrics } = start();
  const endpoint = await metrics.expose(options);
  const exit = once(workers[0]!, 'exit');
  const underWay = scraped(endpoint.url);
  await Promise.all([endpoint.close(), endpoint.close()]);
  await underWay;
  await exit;
  const server = createServer().listen(endpoint.port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await metrics.close();
  expect(workers).toHaveLength(1);
});

test('close() while the endpoint is being opened', async () => {
  const { metrics } = start();
  const opening = metrics.expose(options);
  await metrics.close();
  const { url } = await opening;
  expect(await scrape(url)).toBeUndefined();
});

test('the thread follows the process to another generation', async () => {
  const { metrics, folder } = start();
  const { url } = await metrics.expose(options);
  expect((await scraped(url)).get('things_total')).toBe(3);
  rmSync(`${folder}/gen-1`, { recursive: true });
  metrics.counter({ name: 'things_total', help: 'Things' }).inc();
  await expect.poll(async () => (await scraped(url)).get('things_total')).toBe(4);
});

test('lastScrape() waits for a scrape that the thread answers, and ends with the endpoint', async () => {
  const { metrics } = start();
  const endpoint = await metrics.expose(options);
  const last = endpoint.lastScrape({ timeoutSeconds: 60 });
  await fetch(`${endpoint.url}/metrics`, { headers: { 'x-prometheus-scrape-timeout-seconds': '10' } });
  expect(await last).toBe(true);
  await expect(endpoint.lastScrape({ timeoutSeconds: 0 })).rejects.toMatchObject({ code: 'invalid_option' });
  const endless = endpoint.lastScrape({ timeoutSeconds: 60 });
  await endpoint.close();
  expect(await endless).toBe(false);
});

const wrong: [name: string, options: object, code: string][] = [
  ['no port', { port: 99_999 }, 'invalid_option'],
  ['no limit', { maxRequestsInFlight: 0 }, 'invalid_option'],
  ['no address', { host: '192.0.2.1' }, 'listen_failed'],
  ['a function as certificate', { tls: { cert: () => 'x', key: 'x' } }, 'invalid_option'],
  ['a file that is not there', { webConfig: '/none/web.yml' }, 'invalid_web_config'],
];
test.each(wrong)('expose() rejects as without a thread: %s', async (_name, given, code) => {
  const { metrics } = start();
  const message = async (more: object) => {
    const error = await metrics.expose({ ...options, ...given, ...more }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    return (error as Error).message;
  };
  expect(await message({})).toBe(await message({ thread: false }));
  await expect.poll(() => workers.filter(({ threadId }) => threadId !== -1)).toEqual([]);
});

const run = promisify(execFile);
const program = fileURLToPath(new URL('./ending.mjs', import.meta.url));

const ends = ['return', 'exit', 'close'].flatMap((way) => [
  [way, 'one of several'],
  [way, 'alone'],
]);
test.each(ends)('a process ends by %s, with its endpoint open or closed: %s', async (way, kind) => {
  const folder = kind === 'alone' ? '' : newFolder();
  const ended = run(process.execPath, [program, folder, way], { timeout: 30_000 });
  const { stdout, stderr } = await ended;
  expect({ stdout, stderr }).toEqual({ stdout: '200\n', stderr: '' });
  expect(ownFolders().filter((name) => name.startsWith(`alone-${ended.child.pid}-`))).toEqual([]);
});

/** The groups of this user. */
function ownFolders(): string[] {
  try {
    return readdirSync(userFolder(findBase().path));
  } catch {
    return [];
  }
}

test('where there may be no threads, the main thread answers, and says so once', async () => {
  const flags = permissionFlags('--allow-fs-write=*');
  const { stdout, stderr } = await run(process.execPath, [...flags, program, newFolder(), 'return'], {
    timeout: 30_000,
  });
  expect(stdout).toBe('200\n');
  expect(stderr.match(/the endpoint answers on the main thread/g)).toHaveLength(1);
});

test('who waits for the port has a thread ready, and takes it', { timeout: 60_000 }, async () => {
  const [folder, port] = [newFolder(), await freePort()];
  const [first, second] = [start(folder), start(folder)];
  await first.metrics.expose({ port, host: '127.0.0.1' });
  const [owner] = workers;
  const { url } = await second.metrics.expose({ port, host: '127.0.0.1' });
  const others = () => workers.filter((one) => one !== owner && one.threadId !== -1);
  await expect.poll(() => others().length).toBe(1);
  expect((await scraped(url)).get('things_total')).toBe(6);
  await first.metrics.close();
  await expect.poll(async () => (await scraped(url)).get(blockedName)).toBe(0);
  expect(others()).toHaveLength(1);
  await second.metrics.close();
  expect(await scrape(url)).toBeUndefined();
  await expect.poll(others).toEqual([]);
  expect([...first.warnings, ...second.warnings]).toEqual([]);
});

test('a thread that is ready and not needed ends', { timeout: 60_000 }, async () => {
  const [folder, port] = [newFolder(), await freePort()];
  const [first, second] = [start(folder), start(folder)];
  await first.metrics.expose({ port, host: '127.0.0.1' });
  await second.metrics.expose({ port, host: '127.0.0.1' });
  await expect.poll(() => workers.length).toBeGreaterThan(1);
  await second.metrics.close();
  await first.metrics.close();
  await expect.poll(() => workers.filter(({ threadId }) => threadId !== -1)).toEqual([]);
});

test('a port that is in use costs no thread', async () => {
  const port = await freePort();
  const [first, second] = [start(), start()];
  await first.metrics.expose({ port, host: '127.0.0.1' });
  await expect(second.metrics.expose({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'port_in_use' });
  expect(workers).toHaveLength(1);
});
