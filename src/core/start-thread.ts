import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread of this code. It does not keep the process alive. Throws where the process may have no threads.
 *
 * It is without the flags and the environment of the process: `--import` would run its modules in the thread, too.
 */
export function startThread(code: string, name: string, options: Pick<WorkerOptions, 'workerData'> = {}): Worker {
  const worker = new Worker(code, { ...options, eval: true, execArgv: [], env: {}, name: `grpc-vitals ${name}` });
  worker.unref();
  return worker;
}
