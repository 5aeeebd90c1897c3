import { formatSafely } from '../steering.ts';
import type { TargetState } from './poll.ts';
import type { ProcessRow } from './processes.ts';
import type { Row } from './rows.ts';

/**
 * One refresh as a line of JSON: `targets` (url, up, error, windowSeconds) and `methods` (side, method, with `--by target`
 * target, ratePerSecond, errorRatio, faultRatio, p50, p95, p99 in seconds, inFlight). Null where nothing was observed, or the
 * endpoint does not say. Where several processes answer as one, `processes` has each of them.
 */
export function formatJson(
  targets: readonly TargetState[],
  methods: readonly Row[],
  processes: readonly ProcessRow[] = [],
): string {
  return `${formatSafely({ targets, methods, ...(processes.length > 0 && { processes }) })}\n`;
}
