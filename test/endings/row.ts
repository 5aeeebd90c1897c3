import type { ServerSetup } from './adapter.ts';
import type { Run } from './run.ts';

/** Makes a call end in some way, and returns what the client's side of the wire saw. */
export type Drive = (run: Run) => Promise<unknown>;

/** One way in which a call can end, in words that are true of every framework. */
export interface Row extends ServerSetup {
  readonly name: string;
  readonly drive: Drive;
  /** What `drive` must return. */
  readonly wire: unknown;
  /** Calls that the library must record: the status of the only call, or the number of each `Method STATUS`. */
  readonly recorded: string | Readonly<Record<string, number>>;
  /** The `error_type` that the library must record, if it is not the status. */
  readonly errorType?: string;
  /** Rejected promises of handlers that the library must count; 0 by default. */
  readonly rejections?: number;
  /** Messages that the library must count. Without it they are not compared. */
  readonly messages?: { readonly received: number; readonly sent: number };
  /** Why the order of two events can differ on a busy machine. Such a row gets more tries. */
  readonly race?: string;
}

/** The number of calls that the library must record, by `Method STATUS`. */
export function expectedCalls({ method, recorded }: Row): Readonly<Record<string, number>> {
  return typeof recorded === 'string' ? { [`${method} ${recorded}`]: 1 } : recorded;
}

/** The number of errors that the library must record, by `Method TYPE`. */
export function expectedErrors(row: Row, seesExceptions: boolean): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const [key, count] of Object.entries(expectedCalls(row))) {
    const [method, status] = key.split(' ');
    if (status === 'OK') continue;
    const type = seesExceptions && method === row.method ? (row.errorType ?? status) : status;
    errors[`${method} ${type}`] = count;
  }
  return errors;
}
