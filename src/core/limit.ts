import { MetricsError } from './errors.ts';
import { quoted } from './printable.ts';

/** The number, if it can be one of series: an integer of at least 1, or Infinity. Throws `invalid_option` otherwise. */
export function checkMaxSeries(option: string, max: number): number {
  if (max === Infinity || (Number.isSafeInteger(max) && max > 0)) return max;
  throw new MetricsError('invalid_option', `${option} must be an integer of at least 1, not ${quoted(max)}`);
}
