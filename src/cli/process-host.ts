import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, Terminal } from './host.ts';

/** This process as the host of a command. The first SIGINT, SIGTERM or SIGHUP interrupts the command, the next ends the process. */
export function processHost(): Host {
  const { stdout, stderr, env } = process;
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  // `grpc-vitals top URL | head` ends when head does.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      interruption.abort();
    });
  }
  const columns = Number(env.COLUMNS) || undefined;
  const terminal: Terminal = {
    // A shell's COLUMNS is of the time before the last resize.
    size: () => ({ columns: stdout.columns || columns || 80, rows: stdout.rows || 24 }),
    color: !env.NO_COLOR && env.TERM !== 'dumb',
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => void stdout.off('resize', listener);
    },
  };
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    fetch,
    now: () => performance.now() / 1000,
    sleep: async (seconds, signal) => {
      // Rejects only when it is aborted, which is no failure here.
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
    },
    interrupted: interruption.signal,
    terminal: stdout.isTTY ? terminal : undefined,
    columns,
  };
}
