import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import type { Writer } from './layout.ts';

/** What tells this thread from every other one, also from those that had its number before. */
export type Identity = Pick<Writer, 'name' | 'pid' | 'thread' | 'ticks' | 'namespace'>;

/** What is known of another thread's life. */
export type Life = 'alive' | 'dead' | 'unknown';

/** Where the kernel tells of processes. */
const kernel = '/proc';

/**
 * Identifies the calling thread. Without Linux's `/proc` the thread is the process, and it has no time of its beginning. A Linux without
 * `/proc` can have pid namespaces all the same: then no other thread is known to share its own.
 */
export function identify(proc: string = kernel, platform: NodeJS.Platform = process.platform): Identity {
  const random = randomBytes(6).toString('hex');
  try {
    const [pid, , thread] = readlinkSync(`${proc}/thread-self`).split('/').map(Number) as [number, number, number];
    const ticks = statOf(pid, thread, proc)!.ticks;
    const namespace = readlinkSync(`${proc}/self/ns/pid`);
    return { name: `${pid}-${thread}-${random}`, pid, thread, ticks, namespace };
  } catch {
    const name = `${process.pid}-${threadId}-${random}`;
    return { name, pid: process.pid, thread: threadId, ticks: 0, namespace: platform === 'linux' ? name : '' };
  }
}

/**
 * Whether a thread lives, as the system says. A process of another pid namespace is `unknown`, because `/proc` says nothing about it.
 * Without `/proc` a process that is there is `unknown` too: it may have got the number of another one, or have lost the thread.
 */
export function lifeOf(other: Identity, own: Identity): Life {
  if (other.namespace !== own.namespace) return 'unknown';
  if (other.pid === own.pid && other.thread === own.thread && other.ticks === own.ticks) return 'alive';
  if (own.namespace === '') return hasProcess(other.pid) ? 'unknown' : 'dead';
  const stat = statOf(other.pid, other.thread);
  const isSame = stat !== undefined && stat.ticks === other.ticks;
  return isSame && stat.state !== 'Z' && stat.state !== 'X' ? 'alive' : 'dead';
}

/** When a process began, in ticks since boot; 0 where the system does not say. */
export function startOf(pid: number): number {
  try {
    return statOf(pid, pid)?.ticks ?? 0;
  } catch {
    return 0;
  }
}

/** Milliseconds since boot: a clock that all processes of a machine share, and that nobody sets. */
export function bootMilliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** State and start of a thread; undefined where there is none. Source: proc_pid_stat(5), fields 3 and 22. */
function statOf(
  pid: number,
  thread: number,
  proc = kernel,
): { readonly state: string; readonly ticks: number } | undefined {
  try {
    const stat = readFileSync(`${proc}/${pid}/task/${thread}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, ticks: Number(fields[19]) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // what `fs` throws
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
