/** Any value as text. Unlike `String` it takes what JavaScript users can send too: objects whose own text throws. */
export function printable(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** Longest value in a message, in UTF-16 units. */
const maxLength = 200;

/** The value as JSON where that is possible, so that a text is in quotes. A long value is cut. */
export function quoted(value: unknown): string {
  const text = write(value);
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
}

function write(value: unknown): string {
  if (typeof value === 'number') return String(value); // NaN is null in JSON
  if (typeof value === 'function') return 'a function';
  try {
    return JSON.stringify(value) ?? printable(value);
  } catch {
    return printable(value);
  }
}

/** The value for a warning that runs inside a call: a text in quotes, and never more than about 100 characters. */
export function brief(value: unknown): string {
  return typeof value === 'string' ? quoted(value.slice(0, 100)) : printable(value).slice(0, 100);
}
