/** The columns that a text takes on a terminal: as many as its characters have by wcwidth(), on which programs in a terminal agree best. */
export function widthOf(text: string): number {
  if (!unusual.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** Filled up with blanks on its left. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(width - widthOf(text), 0)) + text;
}

/** Filled up with blanks on its right. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - widthOf(text), 0));
}

/** Its end, which tells more than its beginning where it is a path. What is one character to a reader is there as a whole, or not. */
export function cutStart(text: string, width: number): string {
  if (text.length > longest) return cutStart(`…${graphemes(text.slice(-longest)).slice(1).join('')}`, width);
  if (widthOf(text) <= width) return text;
  const kept: string[] = [];
  let room = width - 1;
  for (const grapheme of graphemes(text).toReversed()) {
    room -= widthOf(grapheme);
    if (room < 0) break;
    kept.push(grapheme);
  }
  return `…${kept.toReversed().join('')}`;
}

/** Its beginning. What is one character to a reader is there as a whole, or not. */
export function cutEnd(text: string, width: number): string {
  if (!unusual.test(text)) return text.slice(0, width);
  let [end, room] = [0, width];
  for (const { segment } of segmenter.segment(text)) {
    room -= widthOf(segment);
    if (room < 0) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

/** Of a text that is cut at its start, whatever an endpoint calls its methods. */
const longest = 1000;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** What may take other than one column each. */
const unusual = /[^\x20-\x7E…▁-█]/;

/**
 * Characters of two columns: Wide and Fullwidth in Unicode's EastAsianWidth.txt, of which JavaScript's patterns know the emoji. Node.js
 * has this for itself alone, and a package would be the command's first dependency.
 */
const wide =
  /^(?!\p{RI})[\p{Emoji_Presentation}\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18D08}\u{1AFF0}-\u{1B2FB}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]/u;

/** Marks on the character before, and the vowels and ends of Korean syllables that are written in parts. */
const zero = /^[\p{Mn}\p{Me}\u1160-\u11FF\uD7B0-\uD7FB]/u;

function widthOfCharacter(character: string): number {
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
