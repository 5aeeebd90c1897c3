/** Any value as text. Unlike `String` it takes what JavaScript users can send too: objects whose own text throws. */
export function printable(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}
