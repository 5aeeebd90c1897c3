import { invalidOption } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { GrpcMetrics } from '../metrics.ts';
import { assertionError } from './assertion-error.ts';
import { checkWait, type WaitOptions, whenIdle } from './idle.ts';
import { metricValue } from './metric-value.ts';
import { retry } from './retry.ts';

/** How much a metric is to change. Name and labels are those of `metricValue`. */
export interface MetricChange {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The value after the action less the value before it. */
  readonly by: number;
}

/**
 * Runs the action, and checks how much metrics have changed. Returns what the action returns.
 *
 * ```ts
 * await expectMetricChanges(metrics, () => rejects(getOrder('missing')), [
 *   { name: 'grpc_requests_total', labels: { method: '/shop.Orders/Get', status: 'NOT_FOUND' }, by: 1 },
 *   { name: 'orders_created_total', by: 0 },
 * ]);
 * ```
 *
 * Waits before the action and after it until no call is in flight, and then until the changes are as wanted. Rejects with an
 * `AssertionError`, whose `actual` and `expected` test runners show; with what the action throws; with `unknown_metric`
 * as `metricValue`, and with `invalid_option`.
 */
export async function expectMetricChanges<Result>(
  metrics: GrpcMetrics,
  action: () => Result | PromiseLike<Result>,
  changes: readonly MetricChange[],
  options: WaitOptions = {},
): Promise<Result> {
  const { timeoutSeconds } = checkWait('expectMetricChanges()', options);
  for (const change of changes) checkChange(change);
  const read = () => changes.map(({ name, labels }) => metricValue(metrics, name, labels));
  await whenIdle(metrics, options);
  const before = read();
  const result = await action();
  await whenIdle(metrics, options);
  const found = () => read().map((after, index) => ({ ...changes[index]!, by: after - before[index]! }));
  const isExpected = () => found().every(({ by }, index) => isNear(by, changes[index]!.by));
  if (await retry(isExpected, timeoutSeconds)) return result;
  throw await assertionError(`${words(found())}, expected ${words(changes)}`, found(), changes);
}

function checkChange({ name, by }: MetricChange): void {
  if (Number.isFinite(by)) return;
  throw invalidOption(`expectMetricChanges(): by of ${quoted(name)} must be a finite number, not ${quoted(by)}`);
}

/** Sums of seconds have rounding errors. */
function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other));
}

function words(changes: readonly MetricChange[]): string {
  return changes
    .map(({ name, labels = {}, by }) => {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}=${quoted(value)}`);
      return `${name}{${pairs.join(',')}} changed by ${by}`;
    })
    .join(', ');
}
