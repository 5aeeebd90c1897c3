import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExposeOptions, GrpcMetricsOptions } from '../../src/index.ts';

const program = fileURLToPath(new URL('./service.mjs', import.meta.url));

interface Said {
  readonly url?: string;
  readonly warning?: string;
  readonly done?: boolean;
}

/** What a service is told. */
interface Told {
  /** Things to count. */
  readonly count?: number;
  /** How long its main thread is blocked afterwards, in milliseconds. */
  readonly block?: number;
  /** Whether it closes its metrics, and lets go of its parent. */
  readonly close?: boolean;
}

/** A service in a process of its own, with an endpoint in a thread. */
export class Threaded {
  readonly warnings: string[] = [];
  readonly child: ChildProcess;
  readonly url: Promise<string>;
  readonly exit: Promise<unknown[]>;
  /** Whether it has done all that it was told. */
  isDone = true;
  #done: () => void = () => {};

  constructor(options: GrpcMetricsOptions, exposeOptions: ExposeOptions, execArgv: string[] = []) {
    const args = [options, exposeOptions].map((one) => JSON.stringify(one));
    this.child = fork(program, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.exit = once(this.child, 'exit');
    this.url = new Promise((resolve, reject) => {
      this.child.on('message', ({ url, warning, done }: Said) => {
        if (url !== undefined) resolve(url);
        if (warning !== undefined) this.warnings.push(warning);
        if (done !== true) return;
        this.isDone = true;
        this.#done();
      });
      void this.exit.then(() => reject(new Error('the service has ended')));
    });
    this.url.catch(() => {}); // who waits for it is told
  }

  /** Resolves when the service has done it. */
  tell(told: Told): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    this.isDone = false;
    this.child.send(told);
    return done;
  }

  async end(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.exit;
  }
}
