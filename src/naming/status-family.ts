import { serverFaults, status, statusNames } from '../rpc/status.ts';

/**
 * What a status says about whom to ask: nobody, the caller, the caller who left, or the people who run the server.
 *
 * A server fault is one of the statuses that page somebody: the recording rules and the alerts count the same ones.
 */
export type StatusFamily = 'ok' | 'caller' | 'cancelled' | 'fault';

function statusFamily(code: number): StatusFamily {
  if (code === status.OK) return 'ok';
  if (code === status.CANCELLED) return 'cancelled';
  return serverFaults.includes(code) ? 'fault' : 'caller';
}

/** The family of every status, by the status's name. */
export const statusFamilies: Readonly<Record<string, StatusFamily>> = Object.fromEntries(
  statusNames.map((name, code) => [name, statusFamily(code)]),
);
