import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { startOf } from './identity.ts';

/** Every field has a default; the default is in the signature of `siblingsOf`. */
export interface ProcessEnvironment {
  /** Whether the process is a worker of node:cluster. */
  readonly isWorker?: boolean;
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/**
 * Whose process this is where others probably serve the same clients: `'PM2'` or `'node:cluster'`, undefined otherwise.
 *
 * PM2 sets `pm_id`, `NODE_APP_INSTANCE` and the number of `instances`, and its cluster mode is node:cluster's. A worker
 * of node:cluster does not know how many there are.
 */
export function siblingsOf({
  isWorker = cluster.isWorker,
  variables = process.env,
}: ProcessEnvironment = {}): 'PM2' | 'node:cluster' | undefined {
  const isOfPm2 = variables.pm_id !== undefined || variables.NODE_APP_INSTANCE !== undefined;
  if (isOfPm2) return variables.instances === '1' ? undefined : 'PM2';
  return isWorker ? 'node:cluster' : undefined;
}

/** What says which processes belong together. Every field has a default; the default is in the signature of `groupOf`. */
export interface GroupEnvironment extends ProcessEnvironment {
  /** The process that started this one, so that no other process can be taken for it. */
  readonly parent?: string;
  /** The program. */
  readonly mainFile?: string;
  /** The folder of the process that this worker thread belongs to. */
  readonly inherited?: unknown;
}

/** A folder for the books, or the name of a group that gets one. */
export type Group = { readonly folder: string } | { readonly name: string };

/**
 * The group of this process: that of its thread's process, systemd's runtime directory, PM2's application, the workers of one primary, or
 * all processes of this user that run the same program.
 */
export function groupOf({
  isWorker = cluster.isWorker,
  variables = process.env,
  parent = parentProcess(),
  mainFile = process.argv[1] ?? process.execPath,
  inherited = getEnvironmentData(inheritedKey),
}: GroupEnvironment = {}): Group {
  if (typeof inherited === 'string') return { folder: inherited };
  // systemd separates several by colons.
  const [runtime] = variables.RUNTIME_DIRECTORY?.split(':') ?? [];
  if (runtime !== undefined && runtime !== '') return { folder: join(runtime, 'grpc-vitals') };
  if (variables.pm_id !== undefined) return { name: nameOf('pm2', [variables.PM2_HOME ?? '', variables.name ?? '']) };
  if (isWorker) return { name: nameOf('cluster', [parent]) };
  return { name: nameOf('program', [mainFile]) };
}

/** From now on the worker threads of this process have this group. */
export function passGroup(folder: string): void {
  setEnvironmentData(inheritedKey, folder);
}

const inheritedKey = 'grpc-vitals books';

function nameOf(kind: string, parts: readonly string[]): string {
  return `${kind}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)}`;
}

/** The parent's number, and when it began: its number may come again. */
function parentProcess(): string {
  return `${process.ppid} ${startOf(process.ppid)}`;
}
