import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs a command to its end and resolves to all that it printed; fails with the first error that it printed. */
export function run(command, args, { cwd, timeout, env = {} }) {
  const environment = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env };
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, timeout, env: environment, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 },
      (error, out, err) => {
        if (error === null) return resolve(out + err);
        const lines = err.split('\n').filter((line) => line.trim() !== '');
        const said = lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? error.message;
        reject(
          new Error(error.killed ? `${command} did not end in ${Math.ceil(timeout / 1000)} s` : said, { cause: error }),
        );
      },
    );
  });
}

/** Calls a function once for each list of arguments. */
export function memoize(get) {
  const made = new Map();
  return (...args) => {
    const key = args.join(' ');
    if (!made.has(key)) made.set(key, get(...args));
    return made.get(key);
  };
}

/**
 * Tries up to three times, since mirrors and proxies refuse a request now and then. What took longer than `patience`
 * milliseconds to fail is not tried again: there is no network then.
 */
export async function retried(work, patience = 30_000, pause = 1000) {
  for (let tries = 1; ; tries += 1) {
    const began = Date.now();
    try {
      return await work();
    } catch (error) {
      if (tries === 3 || Date.now() - began > patience) throw error;
      await sleep(tries * pause);
    }
  }
}
