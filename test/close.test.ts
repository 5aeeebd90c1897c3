import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GrpcMetrics } from '../src/index.ts';
import { unary } from './support/grpc-js/calls.ts';
import { Fixture, versions } from './support/grpc-js/fixture.ts';
import { value } from './support/metric-value.ts';
import { sleep, until } from './support/wait.ts';

const exposed = { port: 0, host: '127.0.0.1' };
let fixture: Fixture | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await fixture?.stop();
  fixture = undefined;
});

describe.each(versions)('close() with a server of grpc-js %s', (_version, grpc) => {
  test('ends listeners and endpoints, and the server goes on', async () => {
    const handlers = {
      Unary: (_call: unknown, callback: (error: null, answer: Buffer) => void) => callback(null, Buffer.from('x')),
    };
    fixture = await Fixture.start(grpc, 'instrument', { handlers, metrics: { runtime: true } });
    const { metrics } = fixture;
    const told: unknown[] = [];
    metrics.onCallEnd((call) => told.push(call));
    const endpoints = await Promise.all([metrics.expose(exposed), metrics.expose({ ...exposed, page: false })]);
    const client = fixture.client();
    expect(await unary(client)).toBe(0);
    await until(
      () => told.length === 1,
      () => `${told.length} told`,
    );
    const stream = await fetch(`${endpoints[0].url}/live`);

    await metrics.close();
    expect(await text(stream.body!)).not.toBe(''); // it has ended
    for (const { url } of endpoints) await expect(fetch(url)).rejects.toThrow();
    expect(await unary(client)).toBe(0);
    await until(
      () => value(metrics, 'grpc_requests_total', { status: 'OK' }) === 2,
      () => JSON.stringify(fixture!.recorded()),
    );
    expect(told).toHaveLength(1);
    expect(String((await metrics.render()).body)).toContain('nodejs_eventloop_lag_seconds');
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });
});

test('close() ends observers of the process', async () => {
  const disconnect = vi.spyOn(PerformanceObserver.prototype, 'disconnect');
  const clear = vi.spyOn(globalThis, 'clearInterval');
  const metrics = new GrpcMetrics({ runtime: true });
  expect([disconnect.mock.calls.length, clear.mock.calls.length]).toEqual([0, 0]);
  await metrics.close();
  expect(disconnect).toHaveBeenCalledOnce();
  expect(clear).toHaveBeenCalled();
});

test('close() closes an endpoint that is still being opened', async () => {
  const metrics = new GrpcMetrics();
  const opening = metrics.expose(exposed);
  await metrics.close();
  const { url } = await opening;
  await expect(fetch(url)).rejects.toThrow();
});

test('after close() nothing new can start, and a second one changes nothing', async () => {
  const metrics = new GrpcMetrics();
  const endpoint = await metrics.expose(exposed);
  await endpoint.close();
  await metrics.close();
  await metrics.close();
  const closed = { name: 'MetricsError', code: 'already_closed' };
  await expect(metrics.expose(exposed)).rejects.toMatchObject(closed);
  expect(() => metrics.onCallEnd(() => {})).toThrow(expect.objectContaining(closed));
});

/** Runs a program with the library to its end, which it must reach within seconds. */
async function run(program: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const source = `import { GrpcMetrics } from ${JSON.stringify(index)};\n${program}`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', source];
  const child = spawn(process.execPath, args, { timeout: 15_000, killSignal: 'SIGKILL' });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: Number(code), stdout, stderr };
}

test('after close() nothing keeps the process alive', async () => {
  const program = `
    const metrics = new GrpcMetrics({ runtime: true });
    metrics.onCallEnd(() => {});
    const { url } = await metrics.expose(${JSON.stringify(exposed)});
    const stream = await fetch(url + '/live');
    await metrics.close();
    console.log('closed');
  `;
  expect(await run(program)).toEqual({ code: 0, stdout: 'closed\n', stderr: '' });
});

const hanging: [name: string, declare: string][] = [
  [
    'a gauge of the user',
    "metrics.gauge({ name: 'slow', help: 'h', timeoutSeconds: 60, read: () => new Promise(() => {}) });",
  ],
  [
    'a metric of an included registry',
    `const { Gauge, Registry } = await import('prom-client');
    const registry = new Registry();
    new Gauge({ name: 'slow', help: 'h', registers: [registry], collect: () => new Promise(() => {}) });
    metrics.include(registry, { timeoutSeconds: 60 });`,
  ],
];
test.each(hanging)('after close() nobody waits for %s that hangs', async (_name, declare) => {
  const program = `
    const metrics = new GrpcMetrics({ logger: { warn: (message) => console.log(message) } });
    ${declare}
    const scrape = metrics.render();
    setTimeout(() => metrics.close(), 10);
    const { body } = await scrape;
    console.log(String(body).includes('grpc_vitals_errors_total'), String(body).includes('slow'));
  `;
  const { code, stdout, stderr } = await run(program);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/left out, as its .* had not ended when close\(\) was called/);
  expect(stdout).toMatch(/true false\n$/);
});

describe('expose() on a taken port', () => {
  async function taken(): Promise<{ port: number; free: () => void }> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not a TCP address');
    return { port: address.port, free: () => server.close() };
  }

  test('that nobody waits for warns, and the service goes on', async () => {
    const { port, free } = await taken();
    try {
      const program = `
        void new GrpcMetrics().expose({ port: ${port}, host: '127.0.0.1' });
        setTimeout(() => console.log('alive'), 1000);
      `;
      const { code, stdout, stderr } = await run(program);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'alive\n' });
      expect(stderr).toContain(`GrpcVitalsWarning: scrape: "expose()": MetricsError: port 127.0.0.1:${port} is in use`);
    } finally {
      free();
    }
  });

  test('that somebody waits for rejects, and warns of nothing', async () => {
    const { port, free } = await taken();
    const warn = vi.fn();
    try {
      const metrics = new GrpcMetrics({ logger: { warn } });
      await expect(metrics.expose({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'port_in_use' });
      await sleep(20);
      expect(warn).not.toHaveBeenCalled();
      expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
    } finally {
      free();
    }
  });
});
