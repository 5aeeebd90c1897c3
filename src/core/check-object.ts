import { MetricsError } from './errors.ts';
import { quoted } from './printable.ts';

/** Throws `invalid_option` for what is no object: what it was meant to say would be left out without a word. */
export function checkObject(rule: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw new MetricsError('invalid_option', `${rule}, not ${quoted(value)}`);
}
