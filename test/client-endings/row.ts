import type { Backend } from '../support/backends.ts';
import type { MethodName } from '../support/service.ts';
import type { ClientLimits, Serve } from './adapter.ts';
import type { ClientRun } from './run.ts';

/** Starts what a client calls: a real server, a fake one, or an address without a server. */
export type StartBackend = (serve: Serve, method: MethodName) => Promise<Backend>;

/** Makes calls, and resolves when they have ended. */
export type Drive = (run: ClientRun) => Promise<unknown>;

/** One way in which a client's call can end, in words that are true of every framework. */
export interface Row {
  readonly name: string;
  readonly method: MethodName;
  readonly backend: StartBackend;
  readonly limits?: ClientLimits;
  readonly drive: Drive;
  /** What the application sees and the library records: the status of the only call, or the number of each `Method STATUS`. */
  readonly seen: string | Readonly<Record<string, number>>;
  /** What the application may see instead, if two events of the framework race. */
  readonly orSeen?: string;
  /** Retries of calls that have ended; 0 by default. */
  readonly retries?: number;
  /** Attempts by their own status, if they differ from `seen`. */
  readonly attempts?: Readonly<Record<string, number>>;
  /** Responses that the library must count, if the application gets fewer. */
  readonly received?: number;
  readonly atLeastSeconds?: number;
}

/** The number of calls that the application may see, by `Method STATUS`: one or two possibilities. */
export function expectedCalls({ method, seen, orSeen }: Row): readonly Readonly<Record<string, number>>[] {
  const first = typeof seen === 'string' ? { [`${method} ${seen}`]: 1 } : seen;
  return orSeen === undefined ? [first] : [first, { [`${method} ${orSeen}`]: 1 }];
}
