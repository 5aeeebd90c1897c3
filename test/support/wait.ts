import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** Resolves when `condition` is true. Rejects after 15 seconds; `what` says why. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const patience = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > patience) throw new Error(`waited in vain: ${what()}`);
    await sleep(5);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Resolves when the socket is closed, with or without an error, also if it was before. */
export async function untilClosed(socket: Duplex): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** Resolves when the process has ended, also if it had before. */
export async function untilExit(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

/** A promise, and the function that resolves it. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
