import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { grpc } from '../../src/naming/vocabularies/grpc.ts';
import { otel } from '../../src/naming/vocabularies/otel.ts';
import { ClientStore } from '../../src/rpc/client-store.ts';
import { Faults } from '../../src/rpc/faults.ts';
import { MethodBounds } from '../../src/rpc/methods/method-bounds.ts';
import { ServerStore } from '../../src/rpc/server-store.ts';
import { status } from '../../src/rpc/status.ts';
import { collected } from '../support/collected.ts';
import { encodeText } from '../support/exposition/encode-text.ts';

/** The instruments as their conventions name them, with the attributes of one failed call of 0 s that was retried twice. */
const grpcAttributes = { 'grpc.method': 'a.B/C', 'grpc.status': 'INTERNAL' };
const target = { 'grpc.target': 'dns:///orders:50051' };
const rpcAttributes = {
  'error.type': 'INTERNAL',
  'rpc.method': 'a.B/C',
  'rpc.status_code': 'INTERNAL',
  'rpc.system.name': 'grpc',
};
const server = { 'server.address': 'orders', 'server.port': 50051 };
const histograms: [
  name: string,
  unit: string,
  attributes: Record<string, string | number>,
  bounds: readonly number[],
  value: number,
][] = [
  ['grpc.server.call.duration', 's', grpcAttributes, grpc.bounds, 0],
  ['grpc.client.call.duration', 's', { ...grpcAttributes, ...target }, grpc.bounds, 0],
  ['grpc.client.attempt.duration', 's', { ...grpcAttributes, ...target }, grpc.bounds, 0],
  ['grpc.client.call.retries', '{retry}', { 'grpc.method': 'a.B/C', ...target }, [1, 2, 3, 4, 5], 2],
  ['rpc.server.call.duration', 's', rpcAttributes, otel.bounds, 0],
  ['rpc.client.call.duration', 's', { ...rpcAttributes, ...server }, otel.bounds, 0],
];

/** What OpenTelemetry's own exporter writes of them. */
async function theirs(): Promise<string> {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('grpc');
  meter.createCounter('grpc.server.call.started', { unit: '{call}' }).add(1, { 'grpc.method': 'a.B/C' });
  meter
    .createCounter('grpc.client.attempt.started', { unit: '{attempt}' })
    .add(1, { 'grpc.method': 'a.B/C', ...target });
  for (const [name, unit, attributes, bounds, value] of histograms) {
    const advice = { explicitBucketBoundaries: [...bounds] };
    meter.createHistogram(name, { unit, advice }).record(value, attributes);
  }
  const { resourceMetrics } = await reader.collect();
  return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
}

function ours(): string {
  const options = { buckets: [...new Set([...grpc.bounds, ...otel.bounds])].sort((a, b) => a - b), clock: () => 0 };
  const servers = new ServerStore(new Faults(), options);
  const clients = new ClientStore(new Faults(), { ...options, byTarget: true, attempts: true });
  const called = clients.towards(clients.method('/a.B/C')!, 'dns:orders:50051');
  for (const method of [servers.method('/a.B/C')!, called]) {
    method.started += 1;
    method.finish(status.INTERNAL, 0);
  }
  called.retried(2);
  called.attemptsStarted += 1;
  called.attempted(status.INTERNAL, 0);
  const collectors = [
    grpc.server.project(servers, { bounds: new MethodBounds(grpc.bounds) }),
    grpc.client.project(clients, { bounds: new MethodBounds(grpc.bounds) }),
    otel.server.project(servers, { bounds: new MethodBounds(otel.bounds) }),
    otel.client.project(clients, { bounds: new MethodBounds(otel.bounds) }),
  ];
  return encodeText(collectors.flatMap(collected));
}

/** Types and samples, each with its labels sorted; without help texts, the scope of an instrument, and what describes the process. */
function read(text: string): string[] {
  // Bounds by their value: ours writes 0.00001 as Go does, 1e-05.
  const plain = text.replaceAll(/le="([\d.e-]+)"/g, (_, bound: string) => `le="${Number(bound)}"`);
  const lines = plain.split('\n').filter((line) => /^(# TYPE )?(grpc|rpc)_/.test(line));
  return lines
    .map((line) =>
      line.replace(/\{(.*)\}/, (_, labels: string) => {
        const pairs = labels.match(/\w+="[^"]*"/g)!.filter((pair) => !pair.startsWith('otel_scope_'));
        return `{${pairs.sort().join(',')}}`;
      }),
    )
    .sort();
}

test('grpc and otel are named, typed and labelled as OpenTelemetry exports the instruments', async () => {
  // JavaScript's exporter leaves the unit out, which the others append, as the specification has it:
  // https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
  const expected = read((await theirs()).replaceAll(/(call|attempt)_duration/g, '$1_duration_seconds'));
  expect(expected).toHaveLength(8 + 2 + 3 * 44 + 8 + 2 * 17);
  expect(read(ours())).toEqual(expected);
});
