import { formatSafely } from '../steering.ts';
import type { TargetState } from './poll.ts';
import type { Row } from './rows.ts';

/**
 * One refresh as a line of JSON: `targets` (url, up, error, windowSeconds) and `methods` (side, method, with `--by target`
 * target, ratePerSecond, errorRatio, faultRatio, p50, p95, p99 in seconds, inFlight). Null where nothing was observed, or the
 * endpoint does not say.
 */
export function formatJson(targets: readonly TargetState[], methods: readonly Row[]): string {
  return `${formatSafely({ targets, methods })}\n`;
}
