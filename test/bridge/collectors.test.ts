import * as grpc from '@grpc/grpc-js';
import type { GaugeConfiguration } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { exposed, faultsOf, foreignLines, libraries, type Registry, scrape, watched } from './libraries.ts';

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

type Library = (typeof libraries)[number][1];

type Collect = NonNullable<GaugeConfiguration<string>['collect']>;

/** A gauge whose `collect` is given. */
function gauge(library: Library, registry: Registry, name: string, collect: Collect): void {
  new library.Gauge({ name, help: name, collect, registers: [registry] }).set(1);
}

const lines = (name: string) => `# HELP ${name} ${name}\n# TYPE ${name} gauge\n${name} 1\n`;

const late = 'left out, as its collect() took longer than 0.2 s';

const broken: [name: string, collect: Collect, says: string][] = [
  [
    'throws',
    () => {
      throw new Error('no database');
    },
    'Error: no database',
  ],
  [
    'throws nothing',
    () => {
      throw undefined;
    },
    'undefined',
  ],
  ['rejects', () => Promise.reject(new Error('no database')), 'Error: no database'],
  ['rejects later', () => sleep(20).then(() => Promise.reject(new Error('no database'))), 'Error: no database'],
  ['hangs', () => new Promise(() => {}), `Error: ${late}`],
  [
    'rejects when nobody waits any more',
    () => sleep(300).then(() => Promise.reject(new Error('no database'))),
    `Error: ${late}`,
  ],
  ['is slow', () => sleep(400), `Error: ${late}`],
];

describe.each(libraries)('%s', (_name, library) => {
  test.each(broken)('a collector that %s costs only itself', async (_case, collect, says) => {
    const registry = new library.Registry();
    gauge(library, registry, 'before', () => {});
    gauge(library, registry, 'broken', collect);
    gauge(library, registry, 'after', () => sleep(20));
    const { metrics, said } = watched();
    const url = await exposed(metrics.include(registry, { timeoutSeconds: 0.2 }));
    const answer = await scrape(url);
    expect(answer.status).toBe(200);
    expect(foreignLines(answer.text)).toBe(lines('before') + lines('after'));
    // Ours are read when theirs are in, so that this very scrape says that something is missing.
    expect(faultsOf(answer.text)).toBe(1);
    await scrape(url);
    await sleep(200);
    expect(said).toEqual([`include: "broken": ${says}`]);
  });

  test('one that was slow once is read again when it has ended', async () => {
    const registry = new library.Registry();
    let wait = 300;
    let asked = 0;
    gauge(library, registry, 'slow', () => {
      asked += 1;
      return sleep(wait);
    });
    const { metrics } = watched();
    const url = await exposed(metrics.include(registry, { timeoutSeconds: 0.1 }));
    expect(foreignLines((await scrape(url)).text)).toBe('');
    expect(foreignLines((await scrape(url)).text)).toBe('');
    expect(asked).toBe(1);
    wait = 0;
    await sleep(400);
    expect(foreignLines((await scrape(url)).text)).toBe(lines('slow'));
    expect(asked).toBe(2);
  });

  test('50 scrapes of one that hangs ask it once, wait for it once and leave nothing behind', async () => {
    const registry = new library.Registry();
    let asked = 0;
    gauge(library, registry, 'hangs', () => {
      asked += 1;
      return new Promise(() => {});
    });
    gauge(library, registry, 'fine', () => {});
    const { metrics, said } = watched();
    metrics.include(registry, { timeoutSeconds: 0.1 });
    await metrics.render();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const start = performance.now();
    let body = '';
    for (let round = 1; round < 50; round += 1) body = String((await metrics.render()).body);
    expect(performance.now() - start).toBeLessThan(2000); // 49 waits would be 4.9 s
    expect(timers()).toBeLessThanOrEqual(before);
    expect(asked).toBe(1);
    expect(faultsOf(body)).toBe(50);
    expect(foreignLines(body)).toBe(lines('fine'));
    expect(said).toHaveLength(1);
  });

  test('scrapes at the same time share what is being read', async () => {
    const registry = new library.Registry();
    let asked = 0;
    gauge(library, registry, 'slow', () => {
      asked += 1;
      return sleep(100);
    });
    const { metrics } = watched();
    metrics.include(registry);
    const bodies = await Promise.all(Array.from({ length: 10 }, () => metrics.render()));
    expect(asked).toBe(1);
    for (const { body } of bodies) expect(foreignLines(String(body))).toBe(lines('slow'));
  });

  test('collectors are waited for together, not one after the other', async () => {
    const registry = new library.Registry();
    for (let index = 0; index < 20; index += 1) gauge(library, registry, `slow_${index}`, () => sleep(100));
    const { metrics } = watched();
    metrics.include(registry);
    const start = performance.now();
    const { body } = await metrics.render();
    expect(performance.now() - start).toBeLessThan(1900); // one after the other they take 2 s
    expect(foreignLines(String(body)).match(/^slow_\d+ 1$/gm)).toHaveLength(20);
  });

  test('the endpoint answers in time, or refuses, whatever the collectors take', async () => {
    const registry = new library.Registry();
    gauge(library, registry, 'hangs', () => new Promise(() => {}));
    const { metrics } = watched();
    const patient = await exposed(metrics.include(registry, { timeoutSeconds: 0.3 }));
    const impatient = await exposed(metrics, { timeoutSeconds: 0.1 });
    expect((await scrape(impatient)).status).toBe(503);
    expect((await scrape(patient)).status).toBe(200);
  });

  test('metrics that are none of the library cost only themselves', async () => {
    const registry: Registry = new library.Registry();
    gauge(library, registry, 'fine', () => {});
    const add = (metric: object) => registry.registerMetric(metric as never); // it takes anything at run time
    const family = { help: 'x', type: 'gauge', aggregator: 'sum' };
    add({ ...family, name: 'no_get' });
    add({ ...family, name: 'gives_nothing', get: () => undefined });
    add({ ...family, name: 'not-a-name', get: () => ({}) });
    add({ ...family, name: 'no_type', type: 'untyped', get: () => ({}) });
    add({
      ...family,
      name: 'half_true',
      get: () => ({
        ...family,
        name: 'half_true',
        values: [
          { value: 1, labels: { a: 'x' } },
          { value: '2', labels: { a: 'y' } },
        ],
      }),
    });
    const { metrics, said } = watched();
    const url = await exposed(metrics.include(registry));
    const { status, text } = await scrape(url);
    expect(status).toBe(200);
    expect(foreignLines(text)).toBe(`${lines('fine')}# HELP half_true x\n# TYPE half_true gauge\nhalf_true{a="x"} 1\n`);
    expect(faultsOf(text)).toBe(5);
    expect(said.sort()).toEqual([
      'include: "gives_nothing": Error: it gave undefined',
      `include: "half_true": the series {"a":"y"} is left out: its value is 2, of type string`,
      'include: "no_get": TypeError: metric.get is not a function',
      'include: "no_type": Error: its type is untyped',
      'include: "not-a-name": Error: its name is not a metric name',
    ]);
  });

  test('labels of a metric are never taken for those of the registry', async () => {
    const registry: Registry = new library.Registry();
    const odd = new library.Gauge({ name: 'odd', help: 'odd', labelNames: ['a'], registers: [registry] });
    odd.set({ a: 'x' }, 1);
    gauge(library, registry, 'fine', () => {});
    // Reads its own metrics, whoever asks.
    registry.getMetricsAsJSON = registry.getMetricsAsJSON.bind(registry);
    const { metrics, said } = watched();
    const { body } = await metrics.include(registry).render();
    expect(foreignLines(String(body))).toBe(`# HELP odd odd\n# TYPE odd gauge\nodd{a="x"} 1\n${lines('fine')}`);
    expect(said).toEqual([
      'include: "default labels": Error: its getMetricsAsJSON does not read what its getMetricsAsArray gives',
    ]);
  });

  test('a registry that breaks leaves ours', async () => {
    const registry: Registry = new library.Registry();
    gauge(library, registry, 'fine', () => {});
    const { metrics, said } = watched();
    metrics.include(registry);
    registry.getMetricsAsJSON = () => Promise.reject(new Error('no labels'));
    const labelless = await metrics.render();
    expect(foreignLines(String(labelless.body))).toBe(lines('fine'));
    registry.getMetricsAsArray = () => {
      throw new Error('no metrics');
    };
    const { body } = await metrics.render();
    expect(foreignLines(String(body))).toBe('');
    expect(String(body)).toContain('grpc_active_connections 0\n');
    expect(said).toEqual(['include: "default labels": Error: no labels', 'include: "a registry": Error: no metrics']);
  });
});

const bytes = { serialize: (message: Buffer) => message, deserialize: (message: Buffer) => message };
const definition: grpc.ServiceDefinition = {
  echo: {
    path: '/test.v1.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  },
};

test.each(libraries)('%s: calls do not notice collectors that hang, throw and lie', async (_name, library) => {
  const registry = new library.Registry();
  for (const [name, collect] of broken) gauge(library, registry, name.replaceAll(' ', '_'), collect);
  const { metrics } = watched();
  const server = new grpc.Server();
  metrics.instrument(server).include(registry, { timeoutSeconds: 0.2 });
  server.addService(definition, {
    echo: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) =>
      answer(null, call.request),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const call = () =>
    new Promise<Buffer>((resolve, reject) => {
      const { serialize, deserialize } = bytes;
      client.makeUnaryRequest('/test.v1.Echo/Echo', serialize, deserialize, Buffer.from('x'), (error, answer) =>
        error ? reject(error) : resolve(answer!),
      );
    });
  try {
    await call();
    const url = await exposed(metrics);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); // the scrapes wait until time passes
    let answered = 0;
    const scrapes = Array.from({ length: 3 }, () =>
      scrape(url).then(({ status }) => {
        answered += 1;
        return status;
      }),
    );
    for (let index = 0; index < 50; index += 1) expect(String(await call())).toBe('x');
    expect(answered).toBe(0);
    while (answered < scrapes.length) await vi.advanceTimersByTimeAsync(200);
    expect(await Promise.all(scrapes)).toEqual([200, 200, 200]);
    vi.useRealTimers();
    const { text } = await scrape(url);
    expect(text).toContain('grpc_requests_total{method="/test.v1.Echo/Echo",status="OK"} 51\n');
    expect(text).toContain('grpc_vitals_errors_total{stage="call"} 0\n');
  } finally {
    vi.useRealTimers();
    client.close();
    server.forceShutdown();
  }
});
