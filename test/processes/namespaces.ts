import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { skipLoudly } from '../support/skip.ts';
import { untilExit } from '../support/wait.ts';
import { numbersIn, type Scraped } from './watch.ts';

const program = fileURLToPath(new URL('./namespaced.mjs', import.meta.url));

/** Whoever is not root needs a user namespace first. */
const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const pidNamespace = [...asRoot, '--pid', '--fork', '--mount-proc', '--kill-child'];

const mountNamespace = [...asRoot, '--mount'];

/**
 * Runs a program with a tmpfs of so many bytes in `folder`, which nobody else sees. Resolves with what it prints.
 */
export async function runOnTmpfs(path: string, folder: string, bytes: number): Promise<string> {
  const mount = `mount -t tmpfs -o size=${bytes},mode=700 tmpfs "$0" && exec "$@"`;
  const args = [...mountNamespace, 'sh', '-c', mount, folder, process.execPath, path, folder];
  return (await promisify(execFile)('unshare', args, { timeout: 120_000 })).stdout;
}

/** `describe` for a suite that mounts. Where that is not allowed it is skipped loudly, and fails with `CI=true`. */
export function describeWithMounts(name: string, suite: () => void): void {
  const mount = 'mount -t tmpfs tmpfs /tmp';
  if (spawnSync('unshare', [...mountNamespace, 'sh', '-c', mount]).status === 0) describe(name, suite);
  else skipLoudly(name, 'needs `unshare` of util-linux, and the right to mount in a namespace');
}

/** `describe` for a suite that needs pid namespaces. Where there are none it is skipped loudly, and fails with `CI=true`. */
export function describeWithNamespaces(name: string, suite: () => void): void {
  if (spawnSync('unshare', [...pidNamespace, 'true']).status === 0) describe(name, suite);
  else skipLoudly(name, 'needs `unshare` of util-linux, and the right to make a pid namespace');
}

/** A process that is the first one of a pid namespace of its own. */
export class Namespaced {
  readonly #outer: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(folder: string, count: number) {
    const args = [...pidNamespace, process.execPath, program, folder, `${count}`];
    this.#outer = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#outer.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a process that counts so many things, and has a gauge of the same value. */
  static async start(folder: string, count: number): Promise<Namespaced> {
    const started = new Namespaced(folder, count);
    const pid = await started.#answer();
    if (pid !== 1) throw new Error(`the process has the pid ${String(pid)} in a namespace of its own`);
    return started;
  }

  async scrape(): Promise<Scraped> {
    this.#outer.stdin!.write('\n');
    return numbersIn(String(await this.#answer()));
  }

  /** Sends a signal to the process itself. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#outer;
    process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()), signal);
  }

  async kill(): Promise<void> {
    const ended = untilExit(this.#outer);
    this.signal('SIGKILL');
    await ended;
  }

  /** Ends the process in order. */
  async end(): Promise<void> {
    const ended = untilExit(this.#outer);
    this.#outer.stdin!.end();
    await ended;
  }

  async #answer(): Promise<unknown> {
    const { value } = await this.#answers.next();
    return JSON.parse(value as string);
  }
}
