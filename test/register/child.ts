import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  readonly folder: string;
  readonly node?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the child can talk with the test. */
  readonly hasChannel?: boolean;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longer than any program needs, in milliseconds. */
const patience = 60_000;

/** A process of Node.js that a test starts. It is killed after a minute. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { folder, node, environment, hasChannel = false }: ChildOptions) {
    // What vitest sets for its workers is not the user's.
    const { NODE_ENV: _mode, NODE_OPTIONS: _options, VITEST: _vitest, ...own } = process.env;
    this.process = spawn(node ?? process.execPath, args, {
      cwd: folder,
      env: { ...own, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    this.process.stdout!.on('data', (chunk: Buffer) => (this.stdout += String(chunk)));
    this.process.stderr!.on('data', (chunk: Buffer) => (this.stderr += String(chunk)));
    // Where the channel was disconnected, Node.js emits no `close`.
    const { stdout, stderr } = this.process;
    const over = [once(this.process, 'exit'), once(stdout!, 'close'), once(stderr!, 'close')] as const;
    this.ended = Promise.all(over).then(([[code, signal]]): Ending => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** Resolves with the first match in what the process has printed. Rejects when it has ended without one. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    void this.ended.then(() => (hasEnded = true));
    for (;;) {
      const match = pattern.exec(this.stdout + this.stderr);
      if (match !== null) return match;
      if (hasEnded) throw new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Resolves with the URL of the endpoint, which is printed where GRPC_VITALS_LOG is `info`. */
  async url(): Promise<string> {
    const [, url] = await this.printed(/the metrics are at (http\S+)\/metrics/);
    return url!.replace('localhost', '127.0.0.1');
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
