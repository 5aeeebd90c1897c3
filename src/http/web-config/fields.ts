import { didYouMean } from '../../core/check-keys.ts';
import { shownName } from '../shown-name.ts';
import { DocumentError, type DocumentNode, isEmpty } from './document.ts';
import { parseDuration } from './duration.ts';

/** Reads one part of a file. Throws `DocumentError` for a part of the wrong form. `path` is where it is, for messages. */
export type Field<Value> = (node: DocumentNode, path: string) => Value;

type Fields<Values> = { readonly [Key in keyof Values]-?: Field<Exclude<Values[Key], undefined>> };

/** A map with these fields and no others. Fields that are left out or empty are undefined. */
export function structure<Values extends object>(fields: Fields<Values>): Field<Values> {
  return (node, path) => {
    const values: Partial<Values> = {};
    for (const { key, value, line } of entriesOf(node, path)) {
      if (!Object.hasOwn(fields, key)) throw unknownField(key, path, Object.keys(fields), line);
      const name = key as keyof Values & string; // it is one of the fields
      if (!isEmpty(value)) values[name] = fields[name](value, path === '' ? key : `${path}.${key}`);
    }
    return values as Values; // each field has its type, or is not there
  };
}

/** Names with texts. */
export const texts: Field<ReadonlyMap<string, string>> = (node, path) =>
  new Map(entriesOf(node, path).map(({ key, value }) => [key, isEmpty(value) ? '' : text(value, `${path}.${key}`)]));

/** A text; numbers and other words without quotes are texts, too. */
export const text: Field<string> = (node, path) => {
  if (node.kind !== 'scalar') throw new DocumentError(`${path} must be a text`, node.line);
  return node.text;
};

/** One of these texts. */
export function oneOf<Value extends string>(values: readonly Value[]): Field<Value> {
  return (node, path) => {
    const given = text(node, path);
    const found = values.find((value) => value === given);
    if (found === undefined) throw new DocumentError(`${path} must be one of ${values.join(', ')}`, node.line);
    return found;
  };
}

export function listOf<Value>(field: Field<Value>): Field<readonly Value[]> {
  return (node, path) => {
    if (node.kind !== 'list') throw new DocumentError(`${path} must be a list`, node.line);
    return node.items.map((item) => field(item, path));
  };
}

const yes: readonly string[] = ['y', 'yes', 'true', 'on'];
const no: readonly string[] = ['n', 'no', 'false', 'off'];

/** YAML 1.1's booleans, such as `true` and `yes`. A text in quotes is not one. */
export const boolean: Field<boolean> = (node, path) => {
  if (node.kind === 'scalar' && node.isPlain && /^([a-z]+|[A-Z][a-z]*|[A-Z]+)$/.test(node.text)) {
    const word = node.text.toLowerCase();
    if (yes.includes(word)) return true;
    if (no.includes(word)) return false;
  }
  throw new DocumentError(`${path} must be true or false`, node.line);
};

/** A whole number. What is behind its point does not count, as in Prometheus. */
export const integer: Field<number> = (node, path) => {
  const number = node.kind === 'scalar' && node.isPlain ? parseNumber(node.text) : undefined;
  if (number === undefined) throw new DocumentError(`${path} must be a whole number`, node.line);
  return Math.trunc(number);
};

/** A duration in seconds: `1s`, or a number of nanoseconds. */
export const duration: Field<number> = (node, path) => {
  if (node.kind === 'scalar') {
    const nanoseconds = node.isPlain ? parseNumber(node.text) : undefined;
    const seconds = nanoseconds === undefined ? parseDuration(node.text) : Math.trunc(nanoseconds) / 1e9;
    if (seconds !== undefined) return seconds;
  }
  throw new DocumentError(`${path} must be a duration, such as 1s or 500ms`, node.line);
};

/** YAML 1.1's numbers: decimal, hexadecimal, octal, binary, with underscores. */
function parseNumber(written: string): number | undefined {
  const plain = written.replaceAll('_', '');
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(plain) ?? [];
  const factor = sign === '-' ? -1 : 1;
  if (/^0[xX][0-9a-fA-F]+$|^0[bB][01]+$|^0[oO][0-7]+$/.test(digits)) return factor * Number(digits);
  if (/^0[0-7]+$/.test(digits)) return factor * Number.parseInt(digits, 8);
  return /^(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(digits) ? factor * Number(digits) : undefined;
}

function entriesOf(node: DocumentNode, path: string) {
  if (node.kind === 'map') return node.entries;
  throw new DocumentError(`${path === '' ? 'the file' : path} must be a map of fields`, node.line);
}

function unknownField(key: string, path: string, known: readonly string[], line: number): DocumentError {
  const nearest = didYouMean(key, known);
  const remedy = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
  const where = path === '' ? '' : `${path}: `;
  return new DocumentError(`${where}unknown field ${shownName(key)}, ${remedy}`, line);
}
