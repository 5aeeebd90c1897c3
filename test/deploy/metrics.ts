import { occupiedNames } from '../../src/core/names.ts';
import { GrpcMetrics } from '../../src/index.ts';

const families = new GrpcMetrics().collect();

/** Names of all metrics that a server exposes: what rules, alerts and the dashboard may name. */
export const exposedMetrics: readonly string[] = families.map(({ name }) => name);

/** Name of the metric that a series belongs to: a histogram's has three. */
export function metricOf(series: string): string {
  return families.find(({ name, type }) => occupiedNames(name, type).includes(series))?.name ?? series;
}
