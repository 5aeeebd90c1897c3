import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import successor from '@prometheus-io/client';
import promClient from 'prom-client';
import { GrpcMetrics } from '../src/index.ts';

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

if (cluster.isPrimary) {
  const workers = Array.from({ length: 4 }, () => cluster.fork());
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  if (other !== undefined) {
    const aggregator = new other.AggregatorRegistry();
    const answer = async (): Promise<string> => aggregator.clusterMetrics();
    createServer((_request, response) => void answer().then((text) => response.end(text))).listen(Number(port));
  }
  process.on('message', () => void longestBlock(workers).then((block) => process.send!(block)));
  process.send!('ready');
} else {
  const inc = counter();
  for (let line = 0; line < Number(lines); line += 1) inc({ kind: `kind-${line >> 3}`, result: `result-${line & 7}` });
  process.on('message', () => process.send!(readDelay()));
  process.send!('ready');
}

/** Makes the counter, and what answers a scrape. Returns the function that counts. */
function counter(): (labels: { kind: string; result: string }) => void {
  if (other !== undefined) {
    Object(new other.AggregatorRegistry()); // a worker needs one to answer
    const counted = new other.Counter(spec);
    return (labels) => counted.inc(labels);
  }
  const metrics = new GrpcMetrics({ processes: true, naming: ['go'] });
  const counted = metrics.counter({ ...spec, maxSeries: Infinity });
  void metrics.expose({ port: Number(port), page: false });
  return (labels) => counted.labels(labels).inc();
}

/** Milliseconds for which an event loop was held, in any of the processes, since this was asked last. */
async function longestBlock(workers: readonly Worker[]): Promise<number> {
  const told = await Promise.all(
    workers.map(async (worker) => {
      const answer = once(worker, 'message');
      worker.send('report');
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
