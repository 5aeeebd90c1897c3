import * as grpc from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { GrpcMetrics, partsOf } from './metrics.ts';
import type { GrpcMetricsOptions } from './options.ts';

const identity = (bytes: Buffer) => bytes;
const say = {
  path: '/a.B/C',
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
};

/** The schemas of the durations of requests and of a user's histogram. */
function schemasWith(nativeHistograms: GrpcMetricsOptions['nativeHistograms']): (number | undefined)[] {
  const server = new grpc.Server();
  server.addService({ say }, { say: () => {} });
  const metrics = new GrpcMetrics({ nativeHistograms }).instrument(server);
  metrics.histogram({ name: 'wait_seconds', help: 'Waiting' });
  return ['grpc_request_duration_seconds', 'wait_seconds'].map((name) => {
    const family = metrics.collect().find((one) => one.name === name);
    return family?.type === 'histogram' ? family.series[0]!.native?.schema : Number.NaN;
  });
}

const choices: [choice: GrpcMetricsOptions['nativeHistograms'], schema: number | undefined][] = [
  [undefined, undefined],
  [false, undefined],
  [true, 3],
  [{ factor: 2 }, 0],
];
test.each(choices)(
  "nativeHistograms %j is for the durations of requests and for the user's histograms",
  (given, schema) => {
    expect(schemasWith(given)).toEqual([schema, schema]);
  },
);

test('nativeHistograms is checked', () => {
  const mistake = () => new GrpcMetrics({ nativeHistograms: { factor: 1 } });
  const message = 'nativeHistograms: factor 1 must be a number above 1 and at most 65536, such as 1.1';
  expect(mistake).toThrow(expect.objectContaining({ name: 'MetricsError', code: 'invalid_option', message }));
});

test('createdSamples says in OpenMetrics since when counters and histograms count', async () => {
  const accept = 'application/openmetrics-text;version=1.0.0';
  const rendered = async (createdSamples?: boolean) => {
    const metrics = new GrpcMetrics({ createdSamples });
    metrics.counter({ name: 'jobs_total', help: 'Jobs' }).inc();
    metrics.histogram({ name: 'wait_seconds', help: 'Waiting' }).observe(1);
    const endpoint = await metrics.expose({ port: 0, host: '127.0.0.1' });
    const response = await fetch(`${endpoint.url}/metrics`, { headers: { accept } });
    const scraped = await response.text();
    await endpoint.close();
    const text = String((await metrics.render({ accept })).body);
    const created = (of: string) => of.match(/^(jobs|wait_seconds)_created \d{10}\.\d+$/gm) ?? [];
    expect(created(scraped)).toEqual(created(text));
    expect(String((await metrics.render()).body)).not.toContain('_created');
    return created(text).length;
  };
  expect(await rendered()).toBe(0);
  expect(await rendered(true)).toBe(2);
});

test('a scrape has the gauges that could be read, and counts the others in the same scrape', async () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    const metrics = new GrpcMetrics();
    metrics.gauge({ name: 'pool_connections', help: 'Open connections', read: async () => 5 });
    metrics.gauge({ name: 'broken', help: 'Broken', read: () => new Promise<number>(() => {}), timeoutSeconds: 0.001 });
    metrics.gauge({
      name: 'queue_jobs',
      help: 'Jobs that wait',
      labelNames: ['queue'],
      read: () => [{ labels: { queue: 'mail' }, value: 7 }],
    });
    for (const accept of [undefined, 'application/openmetrics-text']) {
      const { body } = await metrics.render({ accept });
      const text = String(body);
      expect(text).toMatch(/^pool_connections 5(\.0)?$/m);
      expect(text).toMatch(/^queue_jobs\{queue="mail"\} 7(\.0)?$/m);
      expect(text).not.toContain('broken');
    }
    expect(String((await metrics.render()).body)).toContain('grpc_vitals_errors_total{stage="metric"} 3\n');
    expect(emitWarning).toHaveBeenCalledTimes(1);
  } finally {
    emitWarning.mockRestore();
  }
});

test('the entries of other frameworks record in the stores of a GrpcMetrics', () => {
  const metrics = new GrpcMetrics();
  partsOf(metrics).server.declare('/a.B/C', 'unary');
  const requests = metrics.collect().find(({ name }) => name === 'grpc_requests_in_flight');
  expect(requests?.series.map(({ labels }) => labels.method)).toContain('/a.B/C');
});

test.each([undefined, null, 'metrics', {}, Object.create(GrpcMetrics.prototype)])('%j is no GrpcMetrics', (given) => {
  expect(() => partsOf(given as GrpcMetrics)).toThrowError(
    expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining('must be a GrpcMetrics') }),
  );
});
