import { accessSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, type Stats, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isOurs } from './ours.ts';

/** Most bytes of all books together: half of what `/dev/shm` has in a container by default. */
export const defaultMaxBytes: number = 32 * 2 ** 20;

/** Where Linux has memory as files. */
const memory = '/dev/shm';

/** Thrown for a folder that others could write to, or that is no folder. */
class UnsafeFolder extends Error {}

/** Where books are by default. */
export interface Base {
  readonly path: string;
  /** Whether what is written stays in memory. */
  readonly isMemory: boolean;
}

/** The folder for files in memory, or else the system's temporary one. */
export function findBase(path: string = memory): Base {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return { path, isMemory: true };
  } catch {
    return { path: tmpdir(), isMemory: false };
  }
}

/** The folder of this user below `base`, made if it is not there. Throws `UnsafeFolder`, or what `fs` throws. */
export function userFolder(base: string): string {
  const path = join(base, `grpc-vitals-${process.getuid?.() ?? 'user'}`);
  return privateFolder(path);
}

/**
 * Makes a folder that only this user can read and write, or checks the one that is there: names in `/dev/shm` can be guessed, so another
 * user may have made it. Throws `UnsafeFolder`, or what `fs` throws.
 */
export function privateFolder(path: string): string {
  makeFolder(path);
  checkOwn(path, lstatSync(path));
  return path;
}

/**
 * Makes a folder, and those that it is in, unless they are there. Not with `recursive: true`: Node 20 never returns where a parent is there
 * and the system says `ENOENT` all the same, as `/proc` does, which takes no folders.
 */
function makeFolder(path: string): void {
  try {
    makeLastFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (existsSync(parent)) throw new Error(`${parent} takes no folders`, { cause: error });
    makeFolder(parent);
    makeLastFolder(path);
  }
}

function makeLastFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whether files of this folder stay in memory. Source of the numbers: statfs(2), TMPFS_MAGIC and RAMFS_MAGIC. */
export function isInMemory(path: string): boolean {
  try {
    return [0x01021994, 0x858458f6].includes(statfsSync(path).type);
  } catch {
    return false;
  }
}

/** The names of folders in a folder, without links; none if it is not there. */
export function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** Bytes of the files in a folder. */
export function bytesIn(path: string): number {
  let bytes = 0;
  for (const name of readdirSync(path)) bytes += lstatSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

function checkOwn(path: string, stats: Stats): void {
  if (!stats.isDirectory()) throw new UnsafeFolder(`${path} is not a folder`);
  if (!isOurs(stats)) throw new UnsafeFolder(`${path} belongs to the user ${stats.uid}`);
  if (process.getuid !== undefined && (stats.mode & 0o077) !== 0) {
    throw new UnsafeFolder(
      `${path} can be read by others (mode ${(stats.mode & 0o777).toString(8)}): its mode must be 700`,
    );
  }
}
