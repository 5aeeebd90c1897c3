import { escapeQuoted } from '../labels.ts';
import { printable } from '../printable.ts';
import type { Labels } from '../snapshot.ts';

/**
 * The value of each label, as the user gives it.
 *
 * A number becomes the text that JavaScript makes of it. `null` and `undefined` become the empty string.
 */
export type LabelValues<Name extends string> = Readonly<Record<Name, string | number>>;

const other = 'other';

/**
 * Translates label values to the key of their series (`labelsKey`), and a key back to labels.
 *
 * The key is all that a family keeps of the labels of a series. Scrapes in a text format write it as it is.
 */
export class SeriesKeys<Name extends string> {
  readonly names: readonly Name[];
  /** The key of the series that counts what does not fit: each of its labels is `other`. */
  readonly others: string;
  /** The text before each value in a key: `a="`, then `",b="`. */
  readonly #beforeValue: readonly string[];

  constructor(names: readonly Name[]) {
    this.names = names;
    this.#beforeValue = names.map((name, index) => `${index === 0 ? '' : '",'}${name}="`);
    this.others = this.write(names.map(() => other));
  }

  /**
   * The key of the labels that the user gives, in any order; undefined where one of them is not declared.
   * A missing label is empty. `reject` is called with what is wrong with them. Never throws.
   */
  keyOf(labels: LabelValues<Name>, reject: (problem: string) => void): string | undefined {
    const given: Partial<Record<string, string | number | null>> = labels ?? {};
    let own = 0;
    let isMissing = false;
    const values = this.names.map((name) => {
      const isOwn = Object.hasOwn(given, name); // a label may be called `constructor`
      if (isOwn) own += 1;
      const value = isOwn ? given[name] : undefined;
      if (value === undefined || value === null) {
        isMissing = true;
        return '';
      }
      // As encoders will write it, so that values that UTF-8 cannot tell apart (lone surrogates) are one series.
      return printable(value).toWellFormed();
    });
    const isUndeclared = Object.keys(given).length > own;
    if (isUndeclared || isMissing) reject(problemOf(given, this.names, isUndeclared));
    return isUndeclared ? undefined : this.write(values);
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

function problemOf(given: object, names: readonly string[], isUndeclared: boolean): string {
  const keys = Object.keys(given).join(', ').slice(0, 200);
  const consequence = isUndeclared ? 'dropped' : 'the missing ones are empty';
  return `labels {${keys}} given where {${names.join(', ')}} were declared: ${consequence}`;
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
