import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { GrpcMetrics } from 'grpc-vitals';

/**
 * A process with a thread that counts, and then waits for its next task in the middle of a turn, as Piscina's do: `waiting-thread.mjs FOLDER`.
 * It sends its parent the scrape while the thread waits, and the one when it has been ended.
 */
const [folder] = process.argv.slice(2);
const metrics = new GrpcMetrics({ processes: isMainThread ? { folder } : true, logger: { warn: () => {} } });
const things = metrics.counter({ name: 'things_total', help: 'Things' });
const scrape = async () => String((await metrics.render()).body);

/** Lets the thread count, and waits until it waits. */
async function count(worker) {
  worker.postMessage('task');
  await once(worker, 'message');
}

/** A task of the thread, which waits for the next one as soon as the promises of this one are over. */
async function run() {
  await Promise.resolve(things.inc(10));
  parentPort.postMessage('done');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await count(worker);
  const waiting = await scrape();
  await worker.terminate();
  process.send([waiting, await scrape()], () => process.exit());
} else parentPort.once('message', () => void run());
