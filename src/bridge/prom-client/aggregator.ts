import { checkObject } from '../../core/check-object.ts';
import { MetricsError } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';
import type { MetricType } from '../../core/snapshot.ts';

const aggregators = ['sum', 'first', 'min', 'max', 'average', 'omit'] as const;

/** How prom-client and its successor make one value of those of several processes; `omit` leaves the metric out. */
export type PromClientAggregator = (typeof aggregators)[number];

/**
 * What suits a metric, by its type and its name's ending.
 *
 * Counts and sizes add up. Facts (`_info`) are the same everywhere, or the first stands for all. Times do not add up: of a start
 * the earliest tells, of a lag the longest.
 */
export function aggregatorOf(name: string, type: MetricType): PromClientAggregator {
  if (type !== 'gauge') return 'sum';
  if (name.endsWith('_info')) return 'first';
  if (name.endsWith('_start_time_seconds')) return 'min';
  if (name.endsWith('_seconds')) return 'max';
  return name.endsWith('_ratio') ? 'average' : 'sum';
}

/** Throws `invalid_option` for an aggregator that does not exist. */
export function checkAggregators(given: Readonly<Record<string, unknown>>): void {
  checkObject("aggregators must be an object, such as { queue_length: 'max' }", given);
  for (const [name, aggregator] of Object.entries(given)) {
    if (aggregators.some((known) => known === aggregator)) continue;
    throw new MetricsError(
      'invalid_option',
      `aggregator of "${name}" must be one of ${aggregators.join(', ')}, not ${quoted(aggregator)}`,
    );
  }
}
