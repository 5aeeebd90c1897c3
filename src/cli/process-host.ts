import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, Keyboard, Terminal } from './host.ts';
import { request } from './request.ts';

/** A host that is a whole process. */
export interface ProcessHost extends Host {
  /** Lets the process end with this code; by SIGHUP where that or the loss of its terminal ended the command. */
  readonly end: (code: number) => void;
}

/** This process as the host of a command. The first SIGINT, SIGTERM or SIGHUP interrupts the command, the next ends the process. */
export function processHost(): ProcessHost {
  const { stdin, stdout, stderr, env } = process;
  const interruption = new AbortController();
  let isHungUp = false;
  const hangUp = () => {
    isHungUp = true;
    interruption.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  process.once('SIGHUP', hangUp);
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A terminal that is gone: without SIGHUP for whoever left its session.
      if (error.code === 'EIO') hangUp();
      // `grpc-vitals top URL | head` ends when head does.
      else if (error.code === 'EPIPE') interruption.abort();
      else if (!isHungUp) throw error;
    });
  }
  const setRaw = (isRaw: boolean) => {
    // A terminal that is gone has no mode.
    if (!isHungUp) stdin.setRawMode(isRaw);
  };
  const keyboard: Keyboard = {
    listen: (listener) => {
      stdin.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EIO') hangUp();
        else throw error;
      });
      stdin.setEncoding('utf8').on('data', listener);
      setRaw(true);
      stdin.resume();
      return () => {
        stdin.off('data', listener).pause();
        setRaw(false);
      };
    },
    interrupt: () => interruption.abort(),
    suspend: (resumed) => {
      process.once('SIGCONT', () => {
        setRaw(true);
        resumed();
      });
      setRaw(false);
      // All of the job, as a terminal does.
      process.kill(0, 'SIGTSTP');
    },
  };
  const columns = Number(env.COLUMNS) || undefined;
  const terminal: Terminal = {
    // A shell's COLUMNS is of the time before the last resize.
    size: () => ({ columns: stdout.columns || columns || 80, rows: stdout.rows || 24 }),
    color: !env.NO_COLOR && env.TERM !== 'dumb',
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => void stdout.off('resize', listener);
    },
    keyboard: stdin.isTTY ? keyboard : undefined,
  };
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    request,
    now: () => performance.now() / 1000,
    wallClock: () => Date.now() / 1000,
    sleep: async (seconds, signal) => {
      // Rejects only when it is aborted, which is no failure here.
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
    },
    interrupted: interruption.signal,
    terminal: stdout.isTTY ? terminal : undefined,
    columns,
    end: (code) => {
      process.exitCode = code;
      if (!isHungUp) return;
      // An ordinary end resets the terminal, and Node.js 20 crashes there (SIGSEGV) when it is gone. What was hung up ends by the signal.
      process.removeListener('SIGHUP', hangUp);
      process.kill(process.pid, 'SIGHUP');
    },
  };
}
