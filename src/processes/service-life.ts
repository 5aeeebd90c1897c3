import type { ServerState } from '../rpc/servers.ts';
import type { BookFile } from './book-file.ts';
import { type BookState, bookStates, header } from './layout.ts';
import { isLate, type KnownProcess } from './shelf.ts';

/** The state that decides, where no process serves. */
const precedence: readonly BookState[] = ['starting', 'draining', 'closed'];

/**
 * What the servers of all processes do, as one: they serve as long as those of one process do that is at work. `blocked` where no
 * process with servers is at work.
 *
 * Processes without servers count only where no process has one: then nobody waits for a server.
 */
export function stateOfService(
  processes: readonly KnownProcess[],
  isAtWork: (process: KnownProcess) => boolean = (one) => !isLate(one),
): ServerState | 'blocked' {
  const living = processes.filter(({ life }) => life !== 'dead');
  const withServers = living.filter(({ file }) => serversOf(file) !== 'none');
  const all = withServers.length > 0 ? withServers : living;
  const states = new Set(all.filter(isAtWork).map(({ file }) => serversOf(file)));
  if (states.size === 0 && all.length > 0) return 'blocked';
  return (precedence.find((state) => states.has(state) && !states.has('serving')) ?? 'serving') as ServerState; // not `none`
}

/** What a process that ends needs to know of the others. */
export interface Farewell {
  /** Whether another process answers scrapes when this one has gone. */
  readonly mayLeave: boolean;
  /** Whether others end that leave the last scrape to this one, and that have not gone yet. */
  readonly mustWait: boolean;
}

/**
 * Who of the processes that take this port stays for the last scrape: one that goes on, before those that end. Of these it is the one that has
 * the port, which knows who scrapes it. All processes come to the same result.
 */
export function farewellOf(processes: readonly KnownProcess[], own: OwnProcess, port: number): Farewell {
  const isOwn = ({ file: { writer } }: KnownProcess) => isBookOf(own, writer.name);
  // What runs in the same process ends with it.
  const others = processes.filter(({ life, file: { writer } }) => {
    return life !== 'dead' && (writer.pid !== own.pid || writer.namespace !== own.namespace);
  });
  const takers = others.filter(({ file: { writer } }) => writer.takes?.includes(port) === true);
  const able = takers.filter((one) => !isLate(one) || hasPort(one, port));
  const candidates = [...able, ...processes.filter(isOwn)];
  const first = candidates.toSorted((one, other) => {
    return (
      one.file.at(header.ending) - other.file.at(header.ending) ||
      Number(hasPort(other, port)) - Number(hasPort(one, port)) ||
      (one.file.writer.name < other.file.writer.name ? -1 : 1)
    );
  })[0];
  const leaving = others.filter(
    (one) => one.file.at(header.ending) === 1 && (takers.includes(one) || one.file.writer.takes === undefined),
  );
  return { mayLeave: first !== undefined && !isOwn(first), mustWait: leaving.length > 0 };
}

/** What tells a process from the others. */
export interface OwnProcess {
  readonly name: string;
  readonly pid: number;
  /** The namespace that `pid` belongs to: each container has a process 1. */
  readonly namespace: string;
}

/** Whether a book of this name is one of the process. It has other names where it was folded. */
export function isBookOf(own: OwnProcess, name: string): boolean {
  return name === own.name || name.startsWith(`${own.name}-`);
}

function serversOf(file: BookFile): BookState {
  return bookStates[file.at(header.servers)] ?? 'none';
}

function hasPort({ file: { writer } }: KnownProcess, port: number): boolean {
  return writer.ports.includes(port);
}
