import { occupiedNames } from '../../../src/core/names.ts';
import { type CallDetailsOptions, GrpcMetrics } from '../../../src/index.ts';

/** All that can be recorded of each call besides. */
export const allDetails: CallDetailsOptions = {
  messageSizes: true,
  streamMessages: true,
  streamDurations: true,
  deadlines: true,
};

const families = new GrpcMetrics({ details: allDetails }).collect();
const byDefault = new Set(new GrpcMetrics().collect().map(({ name }) => name));

/** Names of all metrics that a server exposes by default: what rules and alerts may name. */
export const exposedMetrics: readonly string[] = [...byDefault];

/** Names of those that `details` add: the dashboard may name them too. */
export const detailMetrics: readonly string[] = families.map(({ name }) => name).filter((name) => !byDefault.has(name));

/** Name of the metric that a series belongs to: a histogram's has three. */
export function metricOf(series: string): string {
  return families.find(({ name, type }) => occupiedNames(name, type).includes(series))?.name ?? series;
}
