import type { GrpcMetrics } from '../../src/index.ts';
import { partsOf } from '../../src/metrics.ts';
import type { Method } from '../../src/rpc/methods/method.ts';

/** Reproducible numbers in [0, 1) (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Something that a process records. */
export type Event = (metrics: GrpcMetrics) => void;

const paths = ['/shop.Orders/Get', '/shop.Orders/List', '/shop.Feed/Watch'] as const;
const targets = ['dns:orders:50051', 'dns:stock:50051'] as const;

/** Any event, of calls of both sides and of the user's metrics. */
export function anyEvent(random: () => number): Event {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
  const path = pick(paths);
  const target = pick(targets);
  const code = pick([0, 0, 0, 1, 13, 14]);
  const seconds = Math.floor(random() * 4096) / 1024;
  const errorType = pick([undefined, 'TypeError', 'RangeError']);
  const label = pick(['a', 'b "c"', 'd\\e\nf']);
  const events: readonly Event[] = [
    (metrics) => endCall(serverMethod(metrics, path), code, seconds, errorType),
    (metrics) => endCall(serverMethod(metrics, path), code, seconds, undefined),
    (metrics) => endCall(clientMethod(metrics, path, target), code, seconds, undefined),
    (metrics) => change(serverMethod(metrics, path), (method) => (method.started += 1)),
    (metrics) => change(serverMethod(metrics, path), (method) => method.received(7)),
    (metrics) => change(clientMethod(metrics, path, target), (method) => method.retried(2)),
    (metrics) => change(serverMethod(metrics, path), (method) => (method.abandoned += 1)),
    (metrics) => partsOf(metrics).server.reject('protocol'),
    (metrics) => partsOf(metrics).server.changeConnections(1),
    (metrics) => orders(metrics).labels({ kind: label }).inc(Math.floor(seconds)),
    (metrics) => sizes(metrics).labels({ kind: label }).observe(seconds),
    (metrics) => metrics.gauge({ name: 'queue_jobs', help: 'Jobs' }).inc(Math.floor(seconds)),
  ];
  return pick(events);
}

/** Declares what every process has from the start. */
export function declareAll(metrics: GrpcMetrics): void {
  const { server } = partsOf(metrics);
  server.declare('/shop.Orders/Get', 'unary');
  server.declare('/shop.Orders/List', 'unary');
  server.declare('/shop.Feed/Watch', 'server_stream');
  orders(metrics);
  sizes(metrics);
  metrics.gauge({ name: 'queue_jobs', help: 'Jobs' });
}

/** Lines of a scrape that are not about the library, the process, or since when: sorted. */
export async function linesOf(metrics: GrpcMetrics, naming?: 'basic' | 'go' | 'grpc' | 'otel'): Promise<string[]> {
  const { body } = await metrics.render(naming === undefined ? {} : { naming: [naming] });
  const lines = String(body)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.filter((line) => !/^(grpc_vitals|promhttp|process|nodejs)_/.test(line)).sort();
}

function orders(metrics: GrpcMetrics) {
  return metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['kind'] });
}

function sizes(metrics: GrpcMetrics) {
  return metrics.histogram({ name: 'sizes', help: 'Sizes', labelNames: ['kind'], buckets: [1, 2, 3] });
}

function serverMethod(metrics: GrpcMetrics, path: string): Method {
  return partsOf(metrics).server.method(path)!;
}

function clientMethod(metrics: GrpcMetrics, path: string, target: string): Method {
  const { client } = partsOf(metrics);
  client.channels.target(target);
  return client.methodTo(path, client.targetOf({ getTarget: () => target }), 'unary')!;
}

function endCall(method: Method, code: number, seconds: number, errorType: string | undefined): void {
  change(method, () => {
    method.started += 1;
    method.sent(5);
    method.finish(code, seconds, errorType);
  });
}

function change(method: Method, action: (method: Method) => void): void {
  action(method);
  method.watcher?.changed(method);
}
