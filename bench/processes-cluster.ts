import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import successor from '@prometheus-io/client';
import promClient from 'prom-client';

/** A cluster of four with so many lines in each worker: `processes-cluster.js LIBRARY LINES PORT`. */
const [library = '', lines = '', port = ''] = process.argv.slice(2);
const others: Readonly<Record<string, typeof promClient>> = {
  'prom-client': promClient,
  '@prometheus-io/client': successor as unknown as typeof promClient, // the same API
};
const other = others[library];
const spec = { name: 'jobs_total', help: 'Jobs', labelNames: ['kind', 'result'] as const };
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** Asked by the bench: to count in every so many-th series, or for how long an event loop was held since this was asked last. */
export type Order = { readonly countEvery: number } | 'report';

if (cluster.isPrimary) {
  const workers = Array.from({ length: 4 }, () => cluster.fork());
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  if (other !== undefined) {
    const aggregator = new other.AggregatorRegistry();
    const answer = async (): Promise<string> => aggregator.clusterMetrics();
    createServer((_request, response) => void answer().then((text) => response.end(text))).listen(Number(port));
  }
  process.on('message', (order: Order) => void obey(workers, order).then((block) => process.send!(block)));
  process.send!('ready');
} else {
  const count = await counter();
  const series = Array.from({ length: Number(lines) }, (_, line) => {
    return count({ kind: `kind-${line >> 3}`, result: `result-${line & 7}` });
  });
  const countEvery = (step: number) => {
    for (let line = 0; line < series.length; line += step) series[line]!.inc();
  };
  countEvery(1);
  process.on('message', (order: Order) => {
    if (order === 'report') process.send!(readDelay());
    else {
      countEvery(order.countEvery);
      // A book is written at the end of the turn.
      setImmediate(() => setImmediate(() => process.send!(0)));
    }
  });
  process.send!('ready');
}

/** Makes the counter, and what answers a scrape. Returns a function that makes series. */
async function counter(): Promise<(labels: { kind: string; result: string }) => { inc(): void }> {
  if (other !== undefined) {
    Object(new other.AggregatorRegistry()); // a worker needs one to answer
    const counted = new other.Counter(spec);
    return (labels) => counted.labels(labels);
  }
  // What is shipped: the sources look for the code of the endpoint's thread elsewhere.
  const shipped: string = new URL('../../dist/index.mjs', import.meta.url).href;
  const { GrpcMetrics } = (await import(shipped)) as typeof import('../src/index.ts');
  const metrics = new GrpcMetrics({ processes: true, naming: ['go'] });
  const counted = metrics.counter({ ...spec, maxSeries: Infinity });
  await metrics.expose({ port: Number(port), page: false });
  return (labels) => counted.labels(labels);
}

/** What the workers report: the longest of them, or of this process. */
async function obey(workers: readonly Worker[], order: Order): Promise<number> {
  const told = await Promise.all(
    workers.map(async (worker) => {
      const answer = once(worker, 'message');
      worker.send(order);
      return (await answer)[0] as number;
    }),
  );
  return Math.max(readDelay(), ...told);
}

function readDelay(): number {
  const milliseconds = delay.max / 1e6;
  delay.reset();
  return milliseconds;
}
