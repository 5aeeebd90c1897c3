import type * as newest from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcMetrics, type GrpcMetricsOptions } from '../../src/index.ts';
import { grpcServer } from '../support/backends.ts';
import { type Grpc, type Handler, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';

const { path } = service.Unary;
const identity = (bytes: Buffer) => bytes;
const answer: Handler = (_call, callback) => callback(null, Buffer.from('reply'));

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

function call(client: newest.Client): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, identity, identity, Buffer.from('x'), (error) => resolve(error?.code ?? 0));
  });
}

/** Two servers; three calls to the first, one to the second, by clients that are made with all of this. */
async function callBoth(grpc: Grpc, options: GrpcMetricsOptions) {
  const metrics = new GrpcMetrics(options);
  metrics.preregister(service);
  const ports: string[] = [];
  for (const calls of [3, 1]) {
    const backend = await grpcServer(grpc, { Unary: answer });
    closing.push(() => backend.close());
    const [host, port] = backend.address.split(':') as [string, string];
    ports.push(port);
    const client = new grpc.Client(
      `dns:///${host}:${port}`,
      grpc.credentials.createInsecure(),
      metrics.clientOptions(),
    );
    closing.push(() => client.close());
    for (let made = 0; made < calls; made += 1) expect(await call(client)).toBe(0);
  }
  const text = String((await metrics.render({ naming: ['basic', 'go', 'grpc', 'otel'] })).body);
  /** The values of the samples that begin so, by what is left of their labels. */
  const samples = (name: string) =>
    Array.from(text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm')), ([, labels, count]) => [labels, count]);
  return { metrics, ports, samples };
}

describe.each(versions)('grpc-js %s', (_version, grpc) => {
  test('grpc and otel tell targets apart, basic and go do not', async () => {
    const { metrics, ports, samples } = await callBoth(grpc, {
      naming: ['basic', 'go', 'grpc', 'otel'],
      client: { attempts: true },
    });
    const [one, two] = ports;
    const ofGrpc = (port?: string) => `grpc_method="test.v1.Endings/Unary",grpc_target="dns:///127.0.0.1:${port}"`;
    expect(samples('grpc_client_call_duration_seconds_count')).toEqual([
      [`${ofGrpc(one)},grpc_status="OK"`, '3'],
      [`${ofGrpc(two)},grpc_status="OK"`, '1'],
    ]);
    expect(samples('grpc_client_attempt_started_total').slice(0, 2)).toEqual([
      [ofGrpc(one), '3'],
      [ofGrpc(two), '1'],
    ]);
    expect(samples('grpc_client_attempt_duration_seconds_count')).toEqual([
      [`${ofGrpc(one)},grpc_status="OK"`, '3'],
      [`${ofGrpc(two)},grpc_status="OK"`, '1'],
    ]);
    const ofOtel = (port?: string) =>
      'rpc_method="test.v1.Endings/Unary",rpc_system_name="grpc",' +
      `server_address="127.0.0.1",server_port="${port}",rpc_status_code="OK"`;
    expect(samples('rpc_client_call_duration_seconds_count')).toEqual([
      [ofOtel(one), '3'],
      [ofOtel(two), '1'],
    ]);
    expect(value(metrics, 'grpc_client_requests_total', { method: path, status: 'OK' })).toBe(4);
    expect(samples('grpc_client_started_total')[0]).toEqual([
      'grpc_method="Unary",grpc_service="test.v1.Endings",grpc_type="unary"',
      '4',
    ]);
    expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
  });

  test('targets that have no name of their own are other', async () => {
    const { samples } = await callBoth(grpc, { naming: ['grpc', 'otel'], client: { targets: () => false } });
    expect(samples('grpc_client_call_duration_seconds_count')).toEqual([
      ['grpc_method="test.v1.Endings/Unary",grpc_target="other",grpc_status="OK"', '4'],
    ]);
    expect(samples('rpc_client_call_duration_seconds_count')).toEqual([
      ['rpc_method="test.v1.Endings/Unary",rpc_system_name="grpc",server_address="other",rpc_status_code="OK"', '4'],
    ]);
  });

  test('where neither is chosen, a scrape that asks for them has calls without targets', async () => {
    const { samples } = await callBoth(grpc, {});
    expect(samples('grpc_client_call_duration_seconds_count')).toEqual([
      ['grpc_method="test.v1.Endings/Unary",grpc_status="OK"', '4'],
    ]);
  });
});
