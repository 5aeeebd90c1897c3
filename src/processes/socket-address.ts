import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a path that every system takes for a socket. Source: `sun_path` has 108 on Linux, 104 on macOS, with a zero at the end. */
const mostBytes = 100;

/** Whether sockets are files of a folder. Windows has names of pipes instead, in a space of their own. */
export function hasSocketFiles(platform: NodeJS.Platform = process.platform): boolean {
  return platform !== 'win32';
}

/**
 * Calls `action` with the address of a socket that has this name in this folder.
 *
 * Paths of sockets are short. For a longer one the address goes through an open folder on Linux, and through a link in `/tmp` elsewhere. It
 * holds only during the call. Throws what `fs` throws.
 */
export function atAddress<Result>(
  folder: string,
  name: string,
  action: (path: string) => Result,
  platform: NodeJS.Platform = process.platform,
): Result {
  if (!hasSocketFiles(platform)) return action(`\\\\.\\pipe\\grpc-vitals-${name}`);
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= mostBytes) return action(path);
  if (platform === 'linux') return throughFolder(folder, name, action);
  return throughLink(folder, name, action);
}

function throughFolder<Result>(folder: string, name: string, action: (path: string) => Result): Result {
  const opened = openSync(folder, 'r');
  try {
    return action(`/proc/self/fd/${opened}/${name}`);
  } finally {
    closeSync(opened);
  }
}

function throughLink<Result>(folder: string, name: string, action: (path: string) => Result): Result {
  const link = join('/tmp', `grpc-vitals-${randomBytes(6).toString('hex')}`);
  symlinkSync(folder, link);
  try {
    return action(join(link, name));
  } finally {
    rmSync(link, { force: true });
  }
}
