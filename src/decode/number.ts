import { LineError } from './line-error.ts';

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const infinite = /^[+-]?inf(?:inity)?$/i;

/** A sample's value or the bound in `le`; NaN as a result is NaN in the text. Throws `LineError`. */
export function readValue(text: string): number {
  // The common case first: digits alone.
  if (text.length < 16 && /^\d+$/.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  if (infinite.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  // Go calls a number that is too large an error, not infinite.
  if (Number.isFinite(value)) return value;
  throw new LineError(`${quote(text)} is no number`, 'write a decimal number, NaN, +Inf or -Inf');
}

/** The bound in `le`; NaN where it is no number. */
export function numberOrNaN(text: string): number {
  try {
    return readValue(text);
  } catch {
    return Number.NaN;
  }
}

/** A time in seconds, as OpenMetrics has it. Throws `LineError`. */
export function readSeconds(text: string): number {
  if (decimal.test(text) && Number.isFinite(Number(text))) return Number(text);
  throw new LineError(`${quote(text)} is no timestamp`, 'write seconds since 1970, or nothing');
}

/** The beginning of a text in quotes. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
