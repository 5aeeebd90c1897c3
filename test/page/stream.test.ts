import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry as Foreign, Gauge as ForeignGauge } from 'prom-client';
import { afterEach, expect, test, vi } from 'vitest';
import type { MetricFamily } from '../../src/core/snapshot.ts';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { Live, type LiveOptions, type LiveSource } from '../../src/live/live.ts';
import type { Frame, Hello } from '../../src/live/protocol.ts';
import { newFolder, removeFolders } from '../processes/folders.ts';
import { signal } from '../scrape/fixture.ts';
import { events, type LiveEvent, Reader, tableOf } from '../support/stream-reader.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).toReversed()) await close();
});

async function ask(url: string, method = 'GET', headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(request(url, { method, headers, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  closing.push(() => response.destroy());
  response.on('error', () => {}); // some are cut off
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** One who looks: what was told, one event at a time. */
class Looker {
  readonly reader = new Reader();
  readonly frames: Frame[] = [];
  hello!: Hello;
  readonly #events: AsyncGenerator<LiveEvent, void>;
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.#events = events(response);
  }

  static async at(url: string): Promise<Looker> {
    const response = await ask(`${url}/live`);
    expect(response.statusCode).toBe(200);
    const looker = new Looker(response);
    expect(await looker.next()).toEqual({ retry: 1000 });
    looker.hello = ((await looker.next()) as { data: Hello }).data;
    return looker;
  }

  async next(): Promise<LiveEvent | undefined> {
    const { value } = await this.#events.next();
    return value ?? undefined;
  }

  async frame(): Promise<Frame> {
    const event = await this.next();
    if (event === undefined) throw new Error('the stream has ended');
    if (!('event' in event) || event.event !== 'frame') throw new Error(JSON.stringify(event));
    this.frames.push(event.data);
    this.reader.read(event.data);
    return event.data;
  }

  /** Reads until this holds of what is known. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.frame();
  }

  /** Reads until this holds of what is known, with stopped timers: lets seconds pass meanwhile. */
  async passUntil(holds: () => boolean): Promise<void> {
    const reading = this.until(holds).then(() => true);
    while (!(await Promise.race([reading, passSeconds(1).then(() => false)])));
  }

  leave(): void {
    this.#response.destroy();
  }
}

const gauge = (name: string, value: number): MetricFamily => ({
  name,
  type: 'gauge',
  help: name,
  series: [{ labels: {}, value }],
});

/** So many gauges, each of which has another value at each reading. */
function counting(gauges = 1): () => MetricFamily[] {
  let value = 0;
  return () => {
    value += 1;
    return Array.from({ length: gauges }, (_, index) => gauge(`x${index}`, value));
  };
}

/** One series, which is another one of 100 kB at each reading. */
function large(): () => MetricFamily[] {
  let value = 0;
  return () => {
    value += 1;
    const labels = { text: `${value}${'x'.repeat(100_000)}` };
    return [{ name: 'x', type: 'gauge', help: 'x', series: [{ labels, value }] }];
  };
}

const labels = { method: 'a', status: 'b', errorType: 'd', state: 'c' };
const identity = { host: 'a', pid: 1, node: 'v1', startedAt: 0 };

/** A stream of its own, with what it was asked. */
async function stream(
  options: LiveOptions = {},
  collect: LiveSource['collect'] = () => [gauge('x', 1)],
  source: Partial<LiveSource> = {},
) {
  const told = { failures: [] as unknown[], started: 0, watching: 0, looked: [] as boolean[] };
  const live = new Live(
    {
      hello: () => ({
        service: {},
        process: identity,
        labels,
        statuses: {},
        unknownMethod: 'x',
        queries: {},
        scraped: {},
      }),
      collect: (isLookedAt) => {
        told.looked.push(isLookedAt);
        return collect(isLookedAt);
      },
      start: () => {
        told.started += 1;
        return () => {
          told.started -= 1;
        };
      },
      watch: () => {
        told.watching += 1;
        return () => {
          told.watching -= 1;
        };
      },
      failed: (error) => told.failures.push(error),
      ...source,
    },
    { interval: 0.02, idleInterval: 0.03, share: 1, idleShare: 1, ...options },
  );
  const server: Server = createServer((incoming, response) => live.answer(incoming, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    live.close();
    server.closeAllConnections();
    server.close();
  });
  live.start();
  return { live, server, told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }; // it listens on TCP
}

async function exposed(options: GrpcMetricsOptions = {}, page?: boolean) {
  const metrics = new GrpcMetrics(options);
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1', page });
  closing.push(() => endpoint.close());
  return { metrics, endpoint, url: endpoint.url };
}

/** Stops the timers that wait for the next frame. `passSeconds` then moves them on; sockets and the event loop run as before. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

async function passSeconds(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}

const isOfProcess = (name: string) => /^(process|nodejs)_/.test(name);
const without = (table: ReturnType<Reader['table']>, leaveOut: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(table).filter(([name]) => !leaveOut(name)));

test('who looks is told who speaks, and how the charts are asked for', async () => {
  const { url } = await exposed({ service: { name: 'shop', version: '1.2' }, naming: [{ use: 'go', namespace: 'x' }] });
  const { hello } = await Looker.at(url);
  expect(hello).toMatchObject({
    format: 4,
    run: expect.stringMatching(/^[0-9a-f-]{36}$/),
    service: { service: 'shop', version: '1.2' },
    interval: 1,
    process: { host: hostname(), pid: process.pid, node: process.version },
    labels: { method: 'method', status: 'status', errorType: 'error_type', state: 'state' },
    statuses: { OK: 'ok', NOT_FOUND: 'caller', CANCELLED: 'cancelled', INTERNAL: 'fault' },
    unknownMethod: 'unknown',
    queries: { 'server.rate': 'sum by (grpc_service, grpc_method) (rate(x_grpc_server_handled_total[$window]))' },
  });
  expect(Math.abs(hello.now - Date.now() / 1000)).toBeLessThan(5);
  expect(Math.abs(hello.process.startedAt + process.uptime() - Date.now() / 1000)).toBeLessThan(5);
  expect(Object.keys(hello.queries)).not.toContain('runtime.lag');
  const other = await exposed({ runtime: true });
  const { hello: further } = await Looker.at(other.url);
  expect(further.run).not.toBe(hello.run);
  expect(Object.keys(further.queries)).toEqual(expect.arrayContaining(['runtime.lag', 'runtime.memory', 'runtime.gc']));
});

test('frames are what the metrics are, at each moment', async () => {
  stopTimers();
  const { metrics, url } = await exposed();
  const random = () => Math.random() * 10;
  const counter = metrics.counter({ name: 'a_total', help: 'a', labelNames: ['x'] });
  const level = metrics.gauge({ name: 'b', help: 'b', labelNames: ['x'] });
  const waits = metrics.histogram({ name: 'c_seconds', help: 'c', labelNames: ['x'] });
  const looker = await Looker.at(url);
  const own = (name: string) => isOfProcess(name) || name.startsWith('promhttp') || name.startsWith('grpc_vitals');
  await looker.passUntil(() => 'grpc_service_info' in looker.reader.table());
  for (let round = 0; round < 5; round += 1) {
    for (const x of 'pqrst') {
      if (random() < 5) counter.labels({ x }).inc(random());
      if (random() < 5) level.labels({ x }).set([NaN, Infinity, random(), -0][Math.floor(random() / 2.5)]!);
      if (random() < 5) waits.labels({ x }).observe(random());
      if (random() < 3) counter.remove({ x });
      if (random() < 3) waits.remove({ x });
    }
    metrics.gauge({ name: `new_${round}`, help: 'new' }).set(round);
    await looker.passUntil(() => `new_${round}` in looker.reader.table());
    expect(without(looker.reader.table(), own)).toEqual(without(tableOf(metrics.collect()), own));
  }
  const { times } = looker.reader;
  expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
});

test('calls are as basic names them, whatever is scraped, and without its namespace', async () => {
  const { url } = await exposed({
    naming: ['go', { use: 'basic', namespace: 'shop', metrics: ['grpc_requests_total'] }],
  });
  const looker = await Looker.at(url);
  await looker.until(() => looker.frames.length > 1);
  const told = looker.reader.families.map(({ name }) => name);
  expect(told).toEqual(
    expect.arrayContaining(['grpc_requests_total', 'grpc_request_duration_seconds', 'process_cpu_seconds_total']),
  );
  expect(told.filter((name) => name.includes('handled') || name.startsWith('shop'))).toEqual([]);
});

test('who comes late sees the past, in the same bytes as everybody', async () => {
  const { url } = await stream({}, counting());
  const early = await Looker.at(url);
  await early.until(() => early.frames.length > 12);
  const late = await Looker.at(url);
  await late.until(() => late.frames.length >= early.frames.length);
  expect(late.frames.slice(0, early.frames.length)).toEqual(early.frames);
});

test('what was counted before the stream is there from the beginning, for whoever comes at once', async () => {
  const gate = signal();
  const count = counting();
  const collect = () => gate.given.then(() => count());
  const { url } = await stream({}, collect, { hasBegun: true });
  const looking = Looker.at(url);
  setTimeout(() => gate.give(), 50);
  const looker = await looking;
  const first = await looker.frame();
  expect(first.values).toEqual([0, 1]);
  expect((await looker.frame()).values).toEqual([0, 2]);
  const late = await Looker.at(url);
  expect(await late.frame()).toMatchObject({ t: first.t, values: [0, 1] });
});

test('a stream that has begun answers also where its first reading fails', async () => {
  let readings = 0;
  const count = counting();
  const collect = () => {
    readings += 1;
    if (readings === 1) throw new Error('broken');
    return count();
  };
  const { url, told } = await stream({}, collect, { hasBegun: true });
  const looker = await Looker.at(url);
  await looker.until(() => looker.reader.table().x0 !== undefined);
  expect(told.failures).toHaveLength(1);
});

test('the next of several processes that answers is of the same run, and says who it is', async () => {
  const folder = newFolder();
  const options = { processes: { folder }, logger: { warn: () => {} } };
  const [first, second] = [await exposed(options), await exposed(options)];
  closing.push(() => Promise.all([first.metrics.close(), second.metrics.close()]), removeFolders);
  first.metrics.counter({ name: 'things_total', help: 'Things' }).inc(7);
  await new Promise((resolve) => setImmediate(resolve));
  const [one, other] = [await Looker.at(first.url), await Looker.at(second.url)];
  expect(one.hello.run).toBe(other.hello.run);
  expect(one.hello.process.startedAt).toBe(other.hello.process.startedAt);
  await first.metrics.close();
  const later = await Looker.at(second.url);
  expect(later.hello.run).toBe(one.hello.run);
  await later.until(() => later.reader.table().things_total !== undefined);
  expect(later.reader.table().things_total!.series).toEqual({ '[[],null]': 7 });
});

test('past what is remembered, the past is where the base is', async () => {
  const { url } = await stream({ maxFrames: 3 }, counting());
  const early = await Looker.at(url);
  await early.until(() => early.frames.length > 12);
  const late = await Looker.at(url);
  await late.frame();
  expect(late.reader.times[0]).toBeGreaterThan(early.reader.times[5]!);
  await late.until(() => late.frames.length > 6);
  expect(late.reader.series).toHaveLength(1);
});

test('runtime metrics are there while somebody looks, also where scrapes have none; else the cheap ones', async () => {
  const { metrics, url } = await exposed();
  const looker = await Looker.at(url);
  await looker.until(() => 'nodejs_active_resources' in looker.reader.table());
  const [, idle] = looker.frames;
  const [first] = idle!
    .families!.map(({ name }) => name)
    .filter((name) => name === 'nodejs_eventloop_utilization_ratio');
  expect(first).toBeDefined();
  expect(
    metrics
      .collect()
      .map(({ name }) => name)
      .filter(isOfProcess),
  ).toEqual([]);
});

test('looking changes nothing that a scrape sees', async () => {
  stopTimers();
  const numbers = async (isLooking: boolean) => {
    const { metrics, url } = await exposed({ runtime: true });
    metrics.counter({ name: 'a_total', help: 'a' }).inc(3);
    const looker = isLooking ? await Looker.at(url) : undefined;
    await looker?.frame();
    // The event loop stands still; the page reads twice before the scrape does.
    await sleep(50);
    const end = performance.now() + 300;
    while (performance.now() < end);
    await sleep(50);
    await passSeconds(3);
    await looker?.passUntil(() => looker.frames.length > 3);
    const text = await textOf(await ask(`${url}/metrics`));
    const lag = Number(/^nodejs_eventloop_lag_max_seconds (.*)$/m.exec(text)![1]);
    const others = text.split('\n').filter((line) => !/^(# \w+ )?(process|nodejs)_/.test(line));
    return { lag, others };
  };
  const alone = await numbers(false);
  const together = await numbers(true);
  expect(together.others).toEqual(alone.others);
  expect(together.others.join('\n')).toContain('promhttp_metric_handler_requests_total{code="200"} 0');
  for (const { lag } of [alone, together]) expect(lag).toBeGreaterThan(0.2);
});

test('the page shows a block of the event loop from before it was opened', async () => {
  const { url } = await exposed();
  await sleep(100);
  const end = performance.now() + 400;
  while (performance.now() < end);
  await sleep(100);
  const looker = await Looker.at(url);
  const lag = () => Number(looker.reader.table().nodejs_eventloop_lag_max_seconds?.series['[[],null]'] ?? 0);
  await looker.until(() => lag() > 0.3 || looker.frames.length > 5);
  expect(lag()).toBeGreaterThan(0.3);
});

test("the page does not read an included registry's event loop lag, which begins anew with each reading", async () => {
  const register = new Foreign();
  const reads: string[] = [];
  for (const name of ['nodejs_eventloop_lag_seconds', 'theirs']) {
    const collect = () => void reads.push(name);
    register.registerMetric(new ForeignGauge({ name, help: 'x', registers: [], collect }));
  }
  const metrics = new GrpcMetrics().include(register);
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => endpoint.close());
  const looker = await Looker.at(endpoint.url);
  await looker.until(() => 'theirs' in looker.reader.table());
  expect(reads).not.toContain('nodejs_eventloop_lag_seconds');
  expect(await textOf(await ask(`${endpoint.url}/metrics`))).toContain('nodejs_eventloop_lag_seconds 0');
  expect(reads).toContain('nodejs_eventloop_lag_seconds');
});

test('an included registry is read only while somebody looks', async () => {
  stopTimers();
  const register = new Foreign();
  let reads = 0;
  const foreign = new ForeignGauge({
    name: 'theirs',
    help: 'x',
    registers: [register],
    collect: () => {
      reads += 1;
      foreign.set(reads);
    },
  });
  const metrics = new GrpcMetrics().include(register);
  const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
  closing.push(() => endpoint.close());
  await passSeconds(60);
  const before = reads;
  const looker = await Looker.at(endpoint.url);
  await looker.passUntil(() => 'theirs' in looker.reader.table());
  expect(before).toBe(0);
  expect(reads).toBeGreaterThan(0);
});

test('sources are told whether somebody looks, and watched exactly so long', async () => {
  const { url, told, live } = await stream();
  await sleep(100);
  expect(told.looked).not.toContain(true);
  expect([told.started, told.watching]).toEqual([1, 0]);
  const lookers = [await Looker.at(url), await Looker.at(url)];
  for (const looker of lookers) await looker.until(() => looker.frames.length > 5);
  expect(told.looked.at(-1)).toBe(true);
  expect(told.watching).toBe(1);
  lookers[0]!.leave();
  await sleep(100);
  expect([live.viewers, told.watching]).toEqual([1, 1]);
  lookers[1]!.leave();
  await sleep(150);
  expect([live.viewers, told.watching, told.looked.at(-1)]).toEqual([0, 0, false]);
});

test('one reading does for all who look', async () => {
  const { url, told } = await stream({ interval: 0.1, idleInterval: 60 });
  const lookers = await Promise.all(Array.from({ length: 10 }, () => Looker.at(url)));
  const before = told.looked.length;
  for (const looker of lookers) await looker.until(() => looker.frames.length > 4);
  // A frame or two may be under way.
  expect(told.looked.length - before).toBeLessThanOrEqual(7);
});

test('viewers who come and go cause no more readings than one who stays', async () => {
  const { url, told } = await stream({ interval: 0.3, idleInterval: 0.3 });
  const start = performance.now();
  for (let round = 0; round < 30; round += 1) (await Looker.at(url)).leave();
  const seconds = (performance.now() - start) / 1000;
  expect(told.looked.length).toBeLessThanOrEqual(2 + seconds / 0.3);
});

test('where reading takes long, frames are further apart, most of all while nobody looks', async () => {
  const starts: number[] = [];
  function* slow() {
    const start = performance.now();
    const before = process.cpuUsage();
    starts.push(start);
    // Also where other processes have the processor.
    const spent = () => {
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    while (performance.now() < start + 10 || spent() < 10_000);
    yield { labels: {}, value: start };
  }
  const shares = { interval: 0.01, idleInterval: 0.01, share: 0.1, idleShare: 0.025 };
  const { url } = await stream(shares, () => [{ name: 'x', type: 'gauge', help: '', series: slow() }]);
  const gaps = () => starts.slice(1).map((start, index) => start - starts[index]!);
  await expect.poll(gaps).toHaveLength(1);
  // Of 10 ms of reading at most a share: every 400 ms while nobody looks, every 100 ms then.
  expect(gaps()[0]).toBeGreaterThan(380);
  await Looker.at(url);
  await expect.poll(() => gaps().length).toBeGreaterThan(5);
  const [first, second, ...others] = gaps().slice(1);
  expect(Math.min(first!, second!)).toBeLessThan(380); // the one who looks is not kept waiting
  expect(Math.min(...others)).toBeGreaterThan(80);
  expect(Math.min(...others)).toBeLessThan(380);
});

test('one too many is answered 503, and let in when another has left', async () => {
  const { url } = await stream({ maxViewers: 2 });
  const lookers = [await Looker.at(url), await Looker.at(url)];
  const refused = await ask(`${url}/live`);
  expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  expect(await textOf(refused)).toBe('2 viewers are looking already: try again later\n');
  lookers[0]!.leave();
  await sleep(50);
  await (await Looker.at(url)).frame();
});

test('one who does not read is cut off, holds next to nothing, and costs the others nothing', async () => {
  const { url, server, live } = await stream({ patience: 0.4 }, large());
  const sockets: { writableLength: number }[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  closing.push(() => slow.destroy());
  slow.write('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
  slow.pause();
  const looker = await Looker.at(url);
  let held = 0;
  const start = performance.now();
  while (live.viewers > 1 && performance.now() - start < 10_000) {
    await looker.frame();
    held = Math.max(held, sockets[0]!.writableLength);
  }
  expect(live.viewers).toBe(1);
  expect(held).toBeLessThan(1_000_000);
  await looker.frame();
});

test('where all places are taken those who read keep theirs, and one who does not read gives up its own', async () => {
  const { url, live } = await stream({ maxViewers: 2, givesUpPlaceAfter: 0.3, patience: 3600 });
  const reading = await Looker.at(url);
  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  closing.push(() => slow.destroy());
  slow.pause();
  slow.write('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => live.viewers).toBe(2);
  const refused = await ask(`${url}/live`);
  expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  let isLet = false;
  while (!isLet) {
    await reading.frame();
    const response = await ask(`${url}/live`);
    isLet = response.statusCode === 200;
    if (!isLet) response.resume();
  }
  await expect.poll(() => live.viewers).toBe(2);
  slow.resume(); // or it would never see that it was closed
  await new Promise((resolve) => slow.once('close', resolve));
  for (let frame = 0; frame < 10; frame += 1) await reading.frame();
});

test('one whose place in the past is gone is cut off', async () => {
  const { url, live } = await stream({ maxFrames: 5, patience: 3600 }, large());
  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  closing.push(() => slow.destroy());
  slow.write('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
  slow.pause();
  await expect.poll(() => live.viewers, { timeout: 15_000 }).toBe(1);
  await expect.poll(() => live.viewers, { timeout: 15_000 }).toBe(0);
});

test('series that come and go leave nothing behind for who comes late', async () => {
  let round = 0;
  const changing = (): MetricFamily[] => {
    round += 1;
    return [{ name: 'x', type: 'gauge', help: 'x', series: [{ labels: { round: String(round) }, value: round }] }];
  };
  const { url } = await stream({ maxFrames: 3 }, changing);
  const looker = await Looker.at(url);
  await looker.until(() => looker.frames.length > 20);
  expect(looker.reader.series.size).toBe(1);
  const late = await Looker.at(url);
  await late.until(() => late.frames.length > 0);
  expect(late.frames[0]!.series).toHaveLength(1);
});

test('what fails is told, costs its moment, and ends nothing', async () => {
  let fails = false;
  const { url, told } = await stream({}, () => {
    if (fails) throw new Error('broken');
    return [gauge('x', 1)];
  });
  const looker = await Looker.at(url);
  await looker.frame();
  fails = true;
  await expect.poll(() => told.failures.length).toBeGreaterThan(1);
  fails = false;
  const before = Date.now() / 1000;
  await looker.until(() => looker.reader.times.at(-1)! > before);
  expect(told.failures[0]).toEqual(new Error('broken'));
});

test('a collector that breaks is counted, and neither the stream nor the rest ends', async () => {
  stopTimers();
  const { metrics, url } = await exposed();
  const broken = metrics.gauge({ name: 'broken', help: 'x', labelNames: ['a'] });
  Object.defineProperty(broken.labels({ a: '1' }), 'readInto', {
    value: () => {
      throw new Error('broken');
    },
  });
  const looker = await Looker.at(url);
  const faults = () => looker.reader.table().grpc_vitals_errors_total?.series['[[["stage","scrape"]],null]'];
  await looker.passUntil(() => Number(faults()) > 0);
  expect(looker.reader.table()).toHaveProperty('grpc_service_info');
});

test('closing ends the streams at once', async () => {
  const { endpoint, url } = await exposed();
  const looker = await Looker.at(url);
  await looker.frame();
  const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections'); // it would come after a second
  await endpoint.close();
  expect(cutOff).not.toHaveBeenCalled();
  cutOff.mockRestore();
  await expect(looker.until(() => false)).rejects.toThrow('the stream has ended');
  await endpoint.close();
});

test('after closing nothing is read any more', async () => {
  const { live, told, url } = await stream();
  const looker = await Looker.at(url);
  await looker.frame();
  live.close();
  const { length } = told.looked;
  await sleep(150);
  expect(told.looked).toHaveLength(length);
  expect([told.started, told.watching]).toEqual([0, 0]);
  expect((await ask(`${url}/live`)).statusCode).toBe(503);
});

test('HEAD has the headers of the stream and is no viewer', async () => {
  const { url, told } = await stream();
  const response = await ask(`${url}/live`, 'HEAD');
  expect(response).toMatchObject({
    statusCode: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store, no-transform' },
  });
  expect(await textOf(response)).toBe('');
  expect(told.watching).toBe(0);
});

const askers: [site: string, status: number][] = [
  ['same-origin', 200],
  ['none', 200],
  ['same-site', 403],
  ['cross-site', 403],
];
test.each(askers)('a request that a browser calls %s is answered %i', async (site, status) => {
  const { url, live } = await stream();
  const response = await ask(`${url}/live`, 'GET', { 'sec-fetch-site': site });
  expect(response.statusCode).toBe(status);
  expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  expect(response.headers['x-content-type-options']).toBe('nosniff');
  expect(live.viewers).toBe(status === 200 ? 1 : 0);
});

test.each(['/', '/live'])('POST %s is answered 405', async (path) => {
  const { url } = await exposed();
  const response = await ask(url + path, 'POST');
  expect(response).toMatchObject({ statusCode: 405, headers: { allow: 'GET, HEAD' } });
});

test('page: false has neither page nor stream, and reads nothing', async () => {
  stopTimers();
  let reads = 0;
  const { metrics, url } = await exposed({}, false);
  const level = metrics.gauge({ name: 'a', help: 'a' });
  Object.defineProperty(level, 'readInto', {
    value: () => {
      reads += 1;
    },
  });
  for (const path of ['/', '/live']) {
    const response = await ask(url + path);
    expect(response.statusCode).toBe(404);
    expect(await textOf(response)).toBe('not found: the metrics are at /metrics\n');
  }
  await passSeconds(60);
  expect(reads).toBe(0);
});

test.each(['no', 0, null])('page: %j is an invalid option', async (page) => {
  await expect(exposed({}, page as never)).rejects.toMatchObject({
    code: 'invalid_option',
    message: `page must be true or false, not ${JSON.stringify(page)}`,
  });
});

test('a viewer does not keep the process alive', async () => {
  const program = `
    import { GrpcMetrics } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const endpoint = await new GrpcMetrics({ runtime: true }).expose({ port: 0, host: '127.0.0.1' });
    console.log(endpoint.port);
    setTimeout(() => {}, 300);
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.exitCode === null && child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const looker = await Looker.at(`http://127.0.0.1:${port.trim()}`);
  await looker.frame();
  const start = performance.now();
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('closing leaves nothing open, with somebody looking', async () => {
  const program = `
    import { get } from 'node:http';
    import { GrpcMetrics } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const endpoint = await new GrpcMetrics().expose({ port: 0, host: '127.0.0.1' });
    const count = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length;
    const response = await new Promise((resolve) => get(endpoint.url + '/live', { agent: false }, resolve));
    response.resume();
    const ended = new Promise((resolve) => response.on('close', resolve));
    await new Promise((resolve) => response.once('data', resolve));
    await endpoint.close();
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(count());
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.exitCode === null && child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  expect(await once(child.stdout.setEncoding('utf8'), 'data')).toEqual(['0\n']);
  expect(await ended).toEqual([0, null]);
});
