import { afterEach, expect, test } from 'vitest';
import { GrpcMetrics } from '../../src/index.ts';
import { type Grpc, versions } from '../support/grpc-js/fixture.ts';
import { value } from '../support/metric-value.ts';
import { service } from '../support/service.ts';

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

// biome-ignore lint/suspicious/noExplicitAny: the calls of two versions of grpc-js
type Any = any;

/** A unary call from a client to a server of this version; what both sides were told of it where the version has it. */
async function call(grpc: Grpc, metrics: GrpcMetrics): Promise<unknown[]> {
  const server = new grpc.Server();
  closing.push(() => server.forceShutdown());
  let host: unknown;
  const Unary = (of: Any, callback: Any) => {
    host = of.getHost?.();
    callback(null, Buffer.from('reply'));
  };
  server.addService(service, { Unary });
  metrics.instrument(server);
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
  });
  const Client = grpc.makeGenericClientConstructor(service, 'Endings');
  const client: Any = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), metrics.clientOptions());
  closing.push(() => client.close());
  return new Promise((resolve) => {
    const of: Any = client.Unary(Buffer.from('x'), (error: unknown) => {
      resolve([error, host === `127.0.0.1:${port}`, of.getAuthContext?.()]);
    });
  });
}

test('two versions of grpc-js in one process, with the same metrics: each has all of its methods', async () => {
  const metrics = new GrpcMetrics();
  const [[, oldest], [, newest]] = versions as [(typeof versions)[0], (typeof versions)[0]];
  expect(await call(oldest, metrics)).toEqual([null, false, undefined]);
  expect(await call(newest, metrics)).toEqual([null, true, {}]);
  expect(await call(oldest, metrics)).toEqual([null, false, undefined]);
  expect(value(metrics, 'grpc_requests_total')).toBe(3);
  expect(value(metrics, 'grpc_vitals_errors_total')).toBe(0);
});
