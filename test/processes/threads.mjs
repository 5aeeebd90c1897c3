import { isMainThread, Worker } from 'node:worker_threads';
import { GrpcMetrics } from 'grpc-vitals';

/**
 * A process with two threads, each of which counts: `threads.mjs FOLDER`. The library is not given the `Worker` objects. Its parent
 * asks for a scrape, and before that it may let it terminate a thread.
 */
const [folder] = process.argv.slice(2);
const logger = { warn: () => {} };
const metrics = new GrpcMetrics({ processes: isMainThread ? { folder } : true, runtime: true, logger });
metrics.counter({ name: 'things_total', help: 'Things' }).inc(isMainThread ? 1 : 10);
metrics.gauge({ name: 'level', help: 'Level' }).set(isMainThread ? 1 : 10);
if (isMainThread) {
  const workers = [new Worker(new URL(import.meta.url)), new Worker(new URL(import.meta.url))];
  const answer = async (message) => {
    if (message === 'terminate') await workers[0].terminate();
    process.send((await metrics.render()).body);
  };
  process.on('message', (message) => void answer(message));
  process.once('disconnect', () => process.exit());
} else setInterval(() => {}, 1000);
