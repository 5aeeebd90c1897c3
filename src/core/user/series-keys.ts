import { escapeQuoted } from '../labels.ts';
import type { Labels } from '../snapshot.ts';

/**
 * The value of each label, as the user gives it.
 *
 * A number becomes the text that JavaScript makes of it. `null` and `undefined` become the empty string.
 */
export type LabelValues<Name extends string> = Readonly<Record<Name, string | number>>;

/**
 * Translates label values to the key of their series (`labelsKey`), and a key back to labels.
 *
 * The key is all that a family keeps of the labels of a series. Scrapes in a text format write it as it is.
 */
export class SeriesKeys<Name extends string> {
  readonly names: readonly Name[];
  /** The text before each value in a key: `a="`, then `",b="`. */
  readonly #beforeValue: readonly string[];

  constructor(names: readonly Name[]) {
    this.names = names;
    this.#beforeValue = names.map((name, index) => `${index === 0 ? '' : '",'}${name}="`);
  }

  /** The key of the labels with these values, in the order of their names. */
  write(values: readonly string[]): string {
    if (values.length === 0) return '';
    let key = '';
    for (let index = 0; index < values.length; index += 1)
      key += this.#beforeValue[index]! + escapeQuoted(values[index]!);
    return flat(`${key}"`);
  }

  /** The labels of a key that `write` returned. */
  read(key: string): Labels {
    const labels: Record<string, string> = {};
    const hasEscapes = key.includes('\\');
    let end = 0;
    for (let index = 0; index < this.names.length; index += 1) {
      const start = end + this.#beforeValue[index]!.length;
      end = hasEscapes ? closingQuote(key, start) : key.indexOf('"', start);
      const value = key.slice(start, end);
      labels[this.names[index]!] = hasEscapes ? withoutEscapes(value) : value;
    }
    return labels;
  }
}

function closingQuote(key: string, start: number): number {
  let index = start;
  while (key[index] !== '"') index += key[index] === '\\' ? 2 : 1;
  return index;
}

function withoutEscapes(value: string): string {
  return value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
}

/**
 * The same text in one piece. V8 keeps a concatenated text as a tree of its parts, several times as large, until something
 * reads all of it, as a regular expression does (`bench/memory.ts`).
 */
function flat(text: string): string {
  lineEnd.test(text);
  return text;
}

const lineEnd = /\n/;
