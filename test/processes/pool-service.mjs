import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { status } from '@grpc/grpc-js';
import { GrpcMetrics } from 'grpc-vitals';
import { logger, serveEcho } from './echo-server.mjs';

/**
 * A service whose calls four worker threads answer, each of which counts: `pool-service.mjs METRICS_PORT GRPC_PORT FOLDER`. The program
 * says the number of each thread that works, and the port. It ends, blocks and terminates threads as messages say.
 *
 * The server is in the main thread: Node aborts the process where a thread with HTTP/2 connections is terminated.
 */
const [metricsPort, grpcPort, folder] = process.argv.slice(2);

function work() {
  const metrics = new GrpcMetrics({ processes: true, logger });
  const tasks = metrics.counter({ name: 'tasks_total', help: 'Tasks' });
  parentPort.on('message', ({ task, block, end }) => {
    if (task !== undefined) {
      tasks.inc();
      parentPort.postMessage({ task });
    }
    if (block !== undefined) {
      const until = Date.now() + block;
      while (Date.now() < until);
    }
    if (end === true) parentPort.close();
  });
  parentPort.postMessage({ works: true });
}

async function serve() {
  const threads = new Map();
  const tellParent = (message) => process.connected && process.send(message, () => {});

  function start() {
    const worker = new Worker(new URL(import.meta.url));
    const { threadId } = worker;
    const callbacks = new Map();
    worker.on('message', ({ task, works }) => {
      if (works === true) {
        threads.set(threadId, { worker, callbacks });
        tellParent({ serves: threadId, port });
      } else {
        callbacks.get(task)(null, Buffer.from('x'));
        callbacks.delete(task);
      }
    });
    worker.once('exit', () => {
      threads.delete(threadId);
      tellParent({ gone: threadId });
      for (const answer of callbacks.values()) answer({ code: status.UNAVAILABLE, details: 'the thread is gone' });
      start();
    });
  }

  let calls = 0;
  const say = (_call, callback) => {
    const free = [...threads.values()];
    const { worker, callbacks } = free[calls % free.length];
    calls += 1;
    callbacks.set(calls, callback);
    worker.postMessage({ task: calls });
  };
  const { port, metrics } = await serveEcho({ folder }, grpcPort, say);
  await metrics.expose({ port: metricsPort, host: '127.0.0.1' });
  process.on('message', ({ pid, kill, ...message }) => {
    const thread = threads.get(pid);
    if (kill === true || message.end === true) threads.delete(pid); // no more calls for it
    if (kill === true) void thread?.worker.terminate();
    else thread?.worker.postMessage(message);
  });
  process.once('disconnect', () => process.exit());
  for (let started = 0; started < 4; started += 1) start();
}

if (isMainThread) await serve();
else work();
