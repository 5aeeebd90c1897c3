import { formatAge } from '../core/seconds.ts';
import { unitOf } from './family-charts.ts';
import { format } from './format.ts';
import type { Series } from './model.ts';

/** Seconds since 1970 of the year 2001: what is less is no time of day. */
const firstTime = 1e9;

/** The value of a constant series in words. Times are also said as how long ago they are: `up 27 min`. */
export function constantText({ family, told }: Pick<Series, 'family' | 'told'>, now: number): string {
  if (Array.isArray(told)) {
    const count = told.slice(0, -1).reduce((sum, bucket) => sum + bucket, 0);
    return count === 0 ? 'no observations' : `${count} observations, none of late`;
  }
  const { name, type, role } = family;
  const value = told as number | null; // of what is no histogram
  if (value === null) return '–';
  if (role === 'runtime.startTime') return `up ${formatAge(now - value)}`;
  if (/_(time|timestamp|created)_seconds$/.test(name) && value > firstTime) {
    return `${formatAge(now - value)} ago`;
  }
  const unit = unitOf(family);
  return type === 'counter' && unit !== 'B' ? format(value, '') : format(value, unit);
}
