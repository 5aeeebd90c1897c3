/** What steers a terminal, changes the order of what it shows, or cannot be seen. */
const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A line without what steers the terminal: it may be of what an endpoint sent. */
export function replaceSteering(text: string): string {
  return text.replace(steering, '\uFFFD');
}

/** JSON that steers no terminal either: the same value, with more escapes than `JSON.stringify` has. */
export function formatSafely(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(steering, (found) => (found === '\n' ? found : unicode(found)));
}

function unicode(text: string): string {
  return Array.from(
    { length: text.length },
    (_none, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
