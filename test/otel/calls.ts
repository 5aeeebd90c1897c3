import type { GrpcMetrics } from '../../src/metrics.ts';
import { partsOf } from '../../src/metrics.ts';
import { status } from '../../src/rpc/status.ts';

/** Records calls on both sides, of known durations: the server's OK and INTERNAL, the client's UNAVAILABLE. */
export function recordCalls(metrics: GrpcMetrics): void {
  const { server, client } = partsOf(metrics);
  const called = client.towards(client.method('/shop.Orders/Get')!, 'dns:orders:50051');
  for (const [method, code, seconds] of [
    [server.method('/shop.Orders/Get')!, status.OK, 0.02],
    [server.method('/shop.Orders/Get')!, status.OK, 0.3],
    [server.method('/shop.Orders/Get')!, status.INTERNAL, 20],
    [called, status.UNAVAILABLE, 0.004],
  ] as const) {
    method.started += 1;
    method.finish(code, seconds);
  }
}
