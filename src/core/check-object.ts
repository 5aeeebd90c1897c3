import { MetricsError } from './errors.ts';
import { quoted } from './printable.ts';

/** Throws `invalid_option` unless `value` is an object. Options that are no object would be ignored. */
export function checkObject(rule: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new MetricsError('invalid_option', `${rule}, not ${quoted(value)}`);
}
