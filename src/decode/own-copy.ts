/** The same text in memory of its own. A part of a line keeps the whole block of lines in memory. */
export function ownCopy(text: string): string {
  // One byte a character where all are ASCII. What was read as UTF-8 can be written as UTF-8.
  return Buffer.from(text).toString();
}
