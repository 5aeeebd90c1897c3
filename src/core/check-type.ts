import { invalidOption } from './errors.ts';
import { quoted } from './printable.ts';

/** Throws `invalid_option` unless `value` is a boolean or undefined: the text 'no' would count as true. */
export function checkBoolean(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw invalidOption(`${option} must be true or false, not ${quoted(value)}`);
}

/** Throws `invalid_option` unless `value` is a function or undefined. `form` shows what the function takes and returns. */
export function checkFunction(option: string, value: unknown, form: string): void {
  if (value === undefined || typeof value === 'function') return;
  throw invalidOption(`${option} must be a function, ${form}, not ${quoted(value)}`);
}

/** Throws `invalid_option` unless `value` is a number of seconds from 0.001 to 3600. */
export function checkSeconds(option: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0.001 && value <= 3600) return;
  throw invalidOption(`${option} must be a number from 0.001 to 3600, not ${quoted(value)}`);
}
