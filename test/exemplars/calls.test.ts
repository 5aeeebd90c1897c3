import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exemplar } from '../../src/core/snapshot.ts';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { type Grpc, type Handler, versions } from '../support/grpc-js/fixture.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { service } from '../support/service.ts';
import { sleep } from '../support/wait.ts';

/** Which trace the code runs in, as a tracer keeps it. */
const traces = new AsyncLocalStorage<string>();
const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Setup {
  readonly exemplars: GrpcMetricsOptions['exemplars'];
  readonly handler?: Handler;
  readonly alone?: boolean;
}

/** A server whose handlers a tracer has wrapped, each call in a trace of its own: a1, a2, ... */
async function serve(version: Grpc, { exemplars, handler = answer, alone = false }: Setup) {
  const metrics = new GrpcMetrics({ exemplars, buckets: [0.05, 10] });
  let calls = 0;
  const server = new version.Server(alone ? { interceptors: [metrics.serverInterceptor()] } : {});
  const register = server.register.bind(server) as (...args: unknown[]) => boolean;
  server.register = (name: string, handle: unknown, ...rest: unknown[]) => {
    const traced: Handler = (call, callback) => {
      calls += 1;
      return traces.run(`a${calls}`, () => (handle as Handler)(call, callback)); // unary
    };
    return register(name, traced, ...rest);
  };
  if (!alone) metrics.instrument(server);
  closing.push(() => server.forceShutdown());
  server.addService({ Unary: service.Unary }, { Unary: handler });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', version.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = await RawClient.connect(port);
  closing.push(() => client.close());
  return { metrics, client };
}

const path = service.Unary.path;
const answer: Handler = (_call, callback) => callback(null, Buffer.from('ok'));

const current = () => {
  const trace = traces.getStore();
  return trace === undefined ? undefined : { trace_id: trace };
};

/** Of `grpc_requests_total` by status, and of the buckets of the durations. */
function exemplarsOf(metrics: GrpcMetrics) {
  const families = metrics.collect();
  const counters: Record<string, Exemplar> = {};
  let buckets: readonly (Exemplar | undefined)[] = [];
  for (const { name, series } of families) {
    for (const one of series) {
      if (name === 'grpc_requests_total' && 'exemplar' in one && one.exemplar !== undefined) {
        counters[one.labels.status!] = one.exemplar;
      }
      if (name === 'grpc_request_duration_seconds' && 'exemplars' in one) buckets = one.exemplars ?? [];
    }
  }
  return { counters, buckets };
}

const faultsOf = (metrics: GrpcMetrics) =>
  metrics
    .collect()
    .find(({ name }) => name === 'grpc_vitals_errors_total')
    ?.series.find(({ labels }) => labels.stage === 'exemplar');

for (const [version, versioned] of versions) {
  describe(`exemplars, grpc-js ${version}`, () => {
    test('the trace is that in which the handler was called, with what the call took and when it ended', async () => {
      const { metrics, client } = await serve(versioned, { exemplars: current });
      const before = Date.now() / 1000;
      await client.call(path, frame('x'));
      await client.call(path, frame('x'));
      const { counters, buckets } = exemplarsOf(metrics);
      expect(counters).toEqual({ OK: { labels: { trace_id: 'a2' }, value: 1, timestamp: expect.any(Number) } });
      const { timestamp } = counters.OK!;
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000);
      const found = buckets.filter((one) => one !== undefined);
      expect(found.at(0)).toMatchObject({ labels: { trace_id: expect.stringMatching(/^a[12]$/) } });
      for (const [index, one] of buckets.entries()) {
        if (one !== undefined) expect(one.value > 0.05 ? 1 : 0).toBe(index);
      }
    });

    test('a call that nobody answered has one too', async () => {
      const { metrics, client } = await serve(versioned, { exemplars: current, handler: () => {} });
      await client.call(path, frame('x'), { 'grpc-timeout': '60m' });
      await sleep(20);
      const { counters, buckets } = exemplarsOf(metrics);
      expect(counters).toMatchObject({ DEADLINE_EXCEEDED: { labels: { trace_id: 'a1' } } });
      expect(buckets).toMatchObject([undefined, { labels: { trace_id: 'a1' } }, undefined]);
    });

    test('with the interceptor alone it is the trace in which the call began', async () => {
      const { metrics, client } = await serve(versioned, {
        exemplars: () => ({ trace_id: traces.getStore() ?? 'none yet' }),
        alone: true,
      });
      await client.call(path, frame('x'));
      expect(exemplarsOf(metrics).counters).toMatchObject({ OK: { labels: { trace_id: 'none yet' } } });
    });

    const wrong: [name: string, exemplars: () => never][] = [
      [
        'throws',
        () => {
          throw new Error('no tracer');
        },
      ],
      ['gives what is no label', () => ({ 'trace-id': 7 }) as never],
    ];
    test.each(wrong)('a function that %s costs no call', async (_name, exemplars) => {
      const { metrics, client } = await serve(versioned, { exemplars });
      expect(await client.call(path, frame('x'))).toEqual({ status: 0 });
      expect(exemplarsOf(metrics)).toEqual({ counters: {}, buckets: [] });
      expect(faultsOf(metrics)).toMatchObject({ value: 2 });
    });

    test('without the option there are none', async () => {
      const { metrics, client } = await serve(versioned, { exemplars: undefined });
      await client.call(path, frame('x'));
      expect(exemplarsOf(metrics)).toEqual({ counters: {}, buckets: [] });
    });
  });
}

test('exemplars must be a choice', () => {
  const choice = 'yes' as never;
  expect(() => new GrpcMetrics({ exemplars: choice })).toThrow(
    expect.objectContaining({
      code: 'invalid_option',
      message: 'exemplars must be true, false or a function, not "yes"',
    }),
  );
});

test('`true` without an SDK of OpenTelemetry is one fault and costs no call', async () => {
  const { metrics, client } = await serve(versions[0]![1], { exemplars: true });
  await client.call(path, frame('x'));
  expect(await client.call(path, frame('x'))).toEqual({ status: 0 });
  expect(exemplarsOf(metrics)).toEqual({ counters: {}, buckets: [] });
  expect(faultsOf(metrics)).toMatchObject({ value: 1 });
});
