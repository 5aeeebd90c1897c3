import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A server's process, which ends with the test run at the latest. */
export interface ServerProcess {
  hasEnded(): boolean;
  /** The last lines that it wrote to its standard error. */
  log(): string;
  /** Ends it: with SIGKILL where it outlives SIGTERM by `graceMs`. */
  end(graceMs: number): Promise<void>;
}

/** Starts `binary` in `folder`; rejects when there is no such program. */
export async function startProcess(binary: string, args: readonly string[], folder: string): Promise<ServerProcess> {
  const child = spawn(binary, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  // Until its error is emitted, Node's `kill` of a child that did not start signals a stale id or 0, the whole process group.
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-4_000);
  });
  return {
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    log: () => log,
    async end(graceMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, graceMs);
      await ended;
      clearTimeout(timer);
      process.off('exit', kill);
    },
  };
}
