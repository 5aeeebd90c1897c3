import { checkKeys, keysOf } from '../core/check-keys.ts';
import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { type GrpcMetrics, partsOf } from '../metrics.ts';
import type { CallStore } from '../rpc/store.ts';
import { assertionError } from './assertion-error.ts';
import { retry } from './retry.ts';

export interface WaitOptions {
  /** Seconds until the waiting fails; 5 by default. */
  readonly timeoutSeconds?: number | undefined;
  /** Calls that may stay in flight, such as a stream that the test keeps open: one on its client, and one on its server. 0 by default. */
  readonly inFlight?: number | undefined;
}

/**
 * Resolves when no call is in flight, on the servers and clients of these metrics.
 *
 * A client has its answer a moment before the server has recorded the call. Wait for this before you read a metric.
 *
 * Rejects with an `AssertionError` that names the calls in flight, and with `invalid_option` for an option that cannot be right.
 */
export async function whenIdle(metrics: GrpcMetrics, options: WaitOptions = {}): Promise<void> {
  const { timeoutSeconds, inFlight } = checkWait('whenIdle()', options);
  const open = () => openCalls(metrics);
  if (await retry(() => open().reduce((sum, { calls }) => sum + calls, 0) <= inFlight, timeoutSeconds)) return;
  const actual = open().map(({ calls, path, side }) => `${calls} x ${path} of ${side}`);
  const message = `still in flight after ${timeoutSeconds} s: ${actual.join(', ')}`;
  throw await assertionError(message, actual, []);
}

/** The options with their defaults. Throws `invalid_option`. */
export function checkWait(where: string, options: WaitOptions): { timeoutSeconds: number; inFlight: number } {
  checkKeys(where, options, keysOf<WaitOptions>({ timeoutSeconds: true, inFlight: true }));
  const { timeoutSeconds = 5, inFlight = 0 } = options;
  for (const [name, value] of Object.entries({ timeoutSeconds, inFlight })) {
    if (typeof value === 'number' && value >= 0) continue;
    throw invalidOption(`${where}: ${name} must be a number from 0, not ${quoted(value)}`);
  }
  return { timeoutSeconds, inFlight };
}

interface OpenCalls {
  readonly calls: number;
  readonly path: string;
  readonly side: 'the server' | 'the client';
}

function openCalls(metrics: GrpcMetrics): OpenCalls[] {
  const { server, client } = partsOf(metrics);
  return [...openOf(server, 'the server'), ...openOf(client, 'the client')];
}

function openOf(store: CallStore, side: OpenCalls['side']): OpenCalls[] {
  const all = Array.from(store.methods(), ({ path, inFlight }) => ({ calls: inFlight, path, side }));
  return all.filter(({ calls }) => calls > 0);
}
