import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { partsOf } from '../../src/metrics.ts';
import { describeEndings } from '../endings/contract.ts';
import { importSpecifiers, resolveImport } from '../layers/imports.ts';
import { value } from '../support/metric-value.ts';
import { frame, RawClient } from '../support/raw-client.ts';
import { RecordedCalls } from '../support/recorded-calls.ts';
import { until } from '../support/wait.ts';
import { madeUp } from './adapter.ts';
import type { Context, Handler } from './framework/routes.ts';
import { Server } from './framework/server.ts';
import { instrument } from './instrument.ts';

describeEndings(madeUp);

describe('the adapter', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const imports = (path: string) => importSpecifiers(read(path)).map((one) => resolveImport(path, one));
  const files = ['call-state', 'call', 'handler', 'methods/method-type', 'server-store'];
  const port = files.map((file) => `src/rpc/${file}.ts`);

  test('has 150 lines at most', () => {
    expect(read('test/made-up/instrument.ts').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  test('imports the port, connections and its framework', () => {
    const library = imports('test/made-up/instrument.ts').filter((one) => one.startsWith('src/'));
    expect(library.toSorted()).toEqual(['src/adapters/http-call.ts', 'src/adapters/http2-server.ts', ...port]);
  });

  const framework = readdirSync(new URL('./framework', import.meta.url)).map(
    (file) => `test/made-up/framework/${file}`,
  );
  test.each(framework)('%s knows nothing of the library', (path) => {
    expect(imports(path).filter((one) => one.startsWith('src/') || one.includes('grpc-'))).toEqual([]);
  });
});

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const path = '/a.B/C';
const answer: Handler = () => Buffer.from('reply');

/** Makes a unary call with the metadata `x-tenant: acme` and a message of 7 bytes; the answer has 5. */
async function recordCall(options: GrpcMetricsOptions, handler: (metrics: GrpcMetrics) => Handler = () => answer) {
  const metrics = new GrpcMetrics(options);
  const server = new Server();
  closing.push(() => server.kill());
  server.routes.set(path, { path, requestStream: false, responseStream: false, handler: handler(metrics) });
  instrument(server, partsOf(metrics).server);
  const client = await RawClient.connect(await server.listen());
  closing.push(() => client.close());
  expect(await client.call(path, frame('request'), { 'x-tenant': 'acme' })).toEqual({ status: 0 });
  await until(
    () => new RecordedCalls(metrics, 'grpc').inFlight() === 0,
    () => 'the call has not ended',
  );
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  return metrics;
}

const labelLater = (metrics: GrpcMetrics): Handler => {
  return (request, context: Context) => {
    metrics.labelCall(context, { tenant: 'later' });
    return answer(request, context);
  };
};

const rows: readonly {
  name: string;
  options?: GrpcMetricsOptions;
  handler?: (metrics: GrpcMetrics) => Handler;
  metric: string;
  labels?: Record<string, string>;
  expected: number;
}[] = [
  { name: 'the bytes of a request', metric: 'grpc_messages_received_bytes_total', expected: 7 },
  { name: 'the bytes of a response', metric: 'grpc_messages_sent_bytes_total', expected: 5 },
  { name: 'the connection', metric: 'grpc_active_connections', expected: 1 },
  { name: 'no excluded call', options: { exclude: ['a.B'] }, metric: 'grpc_requests_total', expected: 0 },
  { name: 'a count of it', options: { exclude: ['a.B'] }, metric: 'grpc_vitals_calls_excluded_total', expected: 1 },
  {
    name: 'a label from the metadata',
    options: { callLabels: { tenant: { from: ({ metadata }) => metadata.get('X-Tenant') } } },
    metric: 'grpc_requests_total',
    labels: { tenant: 'acme', status: 'OK' },
    expected: 1,
  },
  {
    name: 'a label that the handler sets',
    options: { callLabels: { tenant: { late: true } } },
    handler: labelLater,
    metric: 'grpc_requests_total',
    labels: { tenant: 'later', status: 'OK' },
    expected: 1,
  },
];
test.each(rows)('the adapter records $name', async ({ options = {}, handler, metric, labels, expected }) => {
  expect(value(await recordCall(options, handler), metric, labels)).toBe(expected);
});

test('the adapter records the trace in which the handler is called', async () => {
  const traces = ['handler', 'arrival'];
  const metrics = await recordCall({ exemplars: () => ({ trace_id: traces.pop() ?? 'neither' }) });
  const requests = metrics.collect().find(({ name }) => name === 'grpc_requests_total');
  const found = requests?.series.flatMap((one) => ('exemplar' in one && one.exemplar ? [one.exemplar.labels] : []));
  expect(found).toEqual([{ trace_id: 'handler' }]);
});
