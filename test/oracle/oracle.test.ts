import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { describeWith } from '../support/servers/binaries.ts';
import { type GoProgram, startGoProgram } from './program.ts';
import { make, oracle, oracleDefinition, type Plan } from './service.ts';

/** Each kind of method with each code, messages in both directions, and what ends a call otherwise. */
const plans: readonly Plan[] = [
  ...Array.from({ length: 17 }, (_, code): Plan[] => [
    { method: 'Unary', requests: [code] },
    { method: 'ServerStream', requests: [300 + code] },
    { method: 'ClientStream', requests: [0, 100, code] },
    { method: 'Bidi', requests: [0, code] },
  ]).flat(),
  { method: 'Unary', requests: [0] },
  { method: 'ServerStream', requests: [0] },
  { method: 'ClientStream', requests: [] },
  { method: 'Bidi', requests: [] },
];

/** These only grpc-js's client makes, as `main.go` cannot. */
const more: readonly Plan[] = [
  { method: 'Bidi', requests: [-1], cutOff: 'cancel' },
  { method: 'Bidi', requests: [-1], cutOff: 'deadline' },
  { method: 'Unknown', requests: [0] },
];

const unaryReceived =
  'grpc_client_msg_received_total{grpc_method="Unary",grpc_service="oracle.v1.Oracle",grpc_type="unary"}';

/** A scrape: types by family, and values by series; a duration's size is left out, its bounds and count are not. */
function read(scrape: string): { types: Record<string, string>; series: Record<string, string | undefined> } {
  const types: Record<string, string> = {};
  const series: Record<string, string | undefined> = {};
  for (const line of scrape.split('\n')) {
    const [, family, type] = /^# TYPE (grpc_(?:server_(?!draining|certificate)|client_)\S+) (\S+)$/.exec(line) ?? [];
    if (family !== undefined) types[family] = type!;
    const [, name, value] = /^(grpc_(?:server|client)_\S+\{.*\}) (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const isSize = /^\w+_sum\{/.test(name) || (/^\w+_bucket\{/.test(name) && !name.includes('le="+Inf"'));
    series[name] = isSize ? 'about time' : value;
  }
  return { types, series };
}

describeWith(['go-grpc-prometheus'], 'go-grpc-prometheus and the vocabulary go', (paths) => {
  const metrics = new GrpcMetrics({ naming: ['go'], exclude: [] });
  const server = new grpc.Server();
  const clients: grpc.Client[] = [];
  let go: GoProgram;
  let target: string;
  const clientOf = (address: string, options: grpc.ClientOptions = {}): grpc.Client => {
    const client = new grpc.Client(address, grpc.credentials.createInsecure(), options);
    clients.push(client);
    return client;
  };
  const scrapes = async () => ({ ours: read(String((await metrics.render()).body)), theirs: read(await go.scrape()) });

  beforeAll(async () => {
    go = await startGoProgram(paths['go-grpc-prometheus']);
    metrics.instrument(server);
    server.addService(oracleDefinition, oracle);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    target = `127.0.0.1:${port}`;
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    server.forceShutdown();
    await go.stop();
  });

  test('have the same zeros before the first call', async () => {
    const { ours, theirs } = await scrapes();
    expect(Object.keys(theirs.series)).toHaveLength(5 * (3 + 17 + 14));
    expect(ours.series).toEqual(theirs.series);
  });

  test('have the same families, series and counts after the same calls, on both sides', async () => {
    const toOurs = clientOf(target);
    const toTheirs = clientOf(go.target);
    const observed = clientOf(target, metrics.clientOptions());
    for (const plan of [...plans, ...more]) {
      const code = await make(toOurs, plan);
      expect(await make(toTheirs, plan), JSON.stringify(plan)).toBe(code);
    }
    for (const plan of plans) {
      const code = await make(observed, plan);
      expect(await go.call(go.target, plan.method, plan.requests), JSON.stringify(plan)).toBe(code);
    }
    await vi.waitFor(async () => {
      const { ours, theirs } = await scrapes();
      // 1.2 counts a response of its client's unary calls when there is an error, and none when there is a response.
      expect([theirs.series[unaryReceived], ours.series[unaryReceived]]).toEqual(['16', '2']);
      theirs.series[unaryReceived] = '2';
      expect(ours).toEqual(theirs);
      expect(theirs.types).toEqual({
        grpc_server_started_total: 'counter',
        grpc_server_handled_total: 'counter',
        grpc_server_msg_received_total: 'counter',
        grpc_server_msg_sent_total: 'counter',
        grpc_server_handling_seconds: 'histogram',
        grpc_client_started_total: 'counter',
        grpc_client_handled_total: 'counter',
        grpc_client_msg_received_total: 'counter',
        grpc_client_msg_sent_total: 'counter',
        grpc_client_handling_seconds: 'histogram',
      });
    });
  });

  test('are written with their labels in the same order', async () => {
    const lines = (scrape: string) => scrape.match(/^grpc_server_handled_total\{.*\}/gm)!.sort();
    expect(lines(String((await metrics.render()).body))).toEqual(lines(await go.scrape()));
  });
});
