import cluster from 'node:cluster';
import { once } from 'node:events';
import { GrpcMetrics } from '../../src/index.ts';

/** A cluster of two workers that both expose the port in the argument, and one more. It ends when its parent is gone. */
if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  process.send!('ready');
  process.once('disconnect', () => process.exit());
} else {
  const metrics = new GrpcMetrics();
  await metrics.expose({ port: process.argv[2], host: '127.0.0.1' });
  await metrics.expose({ port: 0, host: '127.0.0.1' });
  process.send!('ready');
}
