import type { LiveFamily } from '../core/snapshot.ts';
import { counterFamily } from './counter-family.ts';

/**
 * The family's unit, undefined unless the family's name in OpenMetrics ends in it:
 * Prometheus fails a scrape in which the two disagree.
 */
export function familyUnit(family: LiveFamily): string | undefined {
  const { name, unit } = family;
  if (unit === undefined || unit === '') return undefined;
  const base = counterFamily(family) ?? name;
  return base.endsWith(`_${unit}`) ? unit : undefined;
}
