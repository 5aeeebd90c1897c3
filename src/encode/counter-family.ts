import { counterBase } from '../core/names.ts';
import type { LiveFamily } from '../core/snapshot.ts';

/**
 * The name of a family that is a counter in OpenMetrics, without `_total`.
 *
 * Undefined for other types, and for counters of other libraries that OpenMetrics cannot have as counters.
 */
export function counterFamily({ type, name, isUntyped = false }: LiveFamily): string | undefined {
  return type === 'counter' && !isUntyped ? counterBase(name) : undefined;
}
