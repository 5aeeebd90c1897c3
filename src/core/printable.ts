/** Any value as text. Unlike `String` it takes what JavaScript users can send too: objects whose own text throws. */
export function printable(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** As JSON where it can be, so that texts are in quotes. */
export function quoted(value: unknown): string {
  try {
    return JSON.stringify(value) ?? printable(value);
  } catch {
    return printable(value);
  }
}
