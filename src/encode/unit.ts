import type { LiveFamily } from '../core/snapshot.ts';

/**
 * The family's unit, undefined unless the family's name in OpenMetrics ends in it:
 * Prometheus fails a scrape in which the two disagree.
 */
export function familyUnit({ type, name, unit }: LiveFamily): string | undefined {
  if (unit === undefined || unit === '') return undefined;
  const base = type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  return base.endsWith(`_${unit}`) ? unit : undefined;
}
