import type { Worker } from 'node:worker_threads';
import { startThread } from '../../core/start-thread.ts';
import { readThreadCode } from './password-thread-code.ts';
import type { Comparison } from './password-thread-program.ts';

/** How long an idle thread lives on, in milliseconds. */
const idleTime = 30_000;

/**
 * Compares passwords with bcrypt hashes in a thread of its own: a comparison takes about 100 ms of processor time.
 *
 * The thread starts with the first comparison and ends when it is idle. It does not keep the process alive.
 */
export class PasswordThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Whether the password is right. Call it again only when it has resolved. Rejects if the thread fails. */
  compare(comparison: Comparison): Promise<boolean> {
    clearTimeout(this.#idle);
    return new Promise<boolean>((resolve, reject) => {
      this.#worker ??= this.#start();
      const worker = this.#worker;
      const settle = () => {
        worker.off('message', answered);
        worker.off('error', failed);
        worker.off('exit', ended);
        this.#idle = setTimeout(() => void this.close(), idleTime).unref();
      };
      const answered = (isRight: boolean) => {
        settle();
        resolve(isRight);
      };
      const failed = (error: Error) => {
        settle();
        reject(error);
      };
      const ended = () => failed(new Error('the password thread has ended'));
      worker.on('message', answered).on('error', failed).on('exit', ended);
      worker.postMessage(comparison);
    });
  }

  /** Ends the thread. A comparison under way rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = startThread(readThreadCode(), 'passwords');
    const forget = () => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    worker.once('error', forget).once('exit', forget);
    return worker;
  }
}
