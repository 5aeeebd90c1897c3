import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { MetricsError } from '../core/errors.ts';

/** Where a server listens. */
export interface Listening {
  /** Without a scheme: `localhost:8000`. Undefined on a Unix socket. */
  readonly authority: string | undefined;
  /** 0 on a Unix socket. */
  readonly port: number;
}

/** Listens on TCP. Rejects with `port_in_use` or `listen_failed`. */
export async function listenOnPort(server: Server, port: number, host: string | undefined): Promise<Listening> {
  try {
    await listen(server, { port, host });
  } catch (cause) {
    const address = host === undefined ? undefined : `${host}:${port}`;
    if (codeOf(cause) !== 'EADDRINUSE') throw listenFailed(address ?? `port ${port}`, cause);
    throw portInUse(port, host, cause);
  }
  const { port: bound } = server.address() as AddressInfo; // it listens on TCP
  return { authority: `${urlHost(host)}:${bound}`, port: bound };
}

/** The error of an endpoint whose port another one has. */
export function portInUse(port: number, host: string | undefined, cause?: unknown): MetricsError {
  const address = host === undefined ? port : `${host}:${port}`;
  const remedy = 'end the process that has it, choose another port, or take a free one with port 0';
  return new MetricsError('port_in_use', `port ${address} is in use: ${remedy}`, { cause });
}

/**
 * Listens on a Unix socket, and gives its file the mode. Node removes the file when the server closes. A file that a process
 * left behind when it was killed is replaced. Rejects with `port_in_use` or `listen_failed`.
 */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<Listening> {
  try {
    await listen(server, { path }).catch(async (error: unknown) => {
      if (codeOf(error) !== 'EADDRINUSE' || !(await removeStale(path))) throw error;
      await listen(server, { path });
    });
    // Until now the file has what the process's umask leaves, which by default lets nobody else connect.
    await chmod(path, mode);
  } catch (cause) {
    server.close();
    if (codeOf(cause) !== 'EADDRINUSE') throw listenFailed(path, cause);
    const problem = `the socket ${path} is in use, or the file is no socket`;
    throw new MetricsError('port_in_use', `${problem}: end the process that has it, or choose another path`, { cause });
  }
  return { authority: undefined, port: 0 };
}

/** Removes the file of a socket on which nobody listens. Returns whether it did. */
async function removeStale(path: string): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isSocket() || (await isListenedOn(path))) return false;
  // Another process may have replaced it just now.
  if ((await lstat(path)).ino !== found.ino) return false;
  await unlink(path);
  return true;
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // A socket that refuses for another reason, such as its mode, may well have a listener.
    socket.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED'));
  });
}

async function listen(
  server: Server,
  where: { port: number; host: string | undefined } | { path: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenFailed(where: string, cause: unknown): MetricsError {
  const { message } = cause as Error; // what `listen` emits
  return new MetricsError('listen_failed', `cannot listen on ${where}: ${message}`, { cause });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code; // what Node emits and rejects with
}

function urlHost(host: string | undefined): string {
  if (host === undefined || ['', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
