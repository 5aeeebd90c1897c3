/** Any value as text. Unlike `String` it takes what JavaScript users can send too: objects whose own text throws. */
export function printable(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** The value as JSON where that is possible, so that a text is in quotes. */
export function quoted(value: unknown): string {
  if (typeof value === 'number') return String(value); // NaN is null in JSON
  try {
    return JSON.stringify(value) ?? printable(value);
  } catch {
    return printable(value);
  }
}
