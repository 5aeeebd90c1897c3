import { MetricsError } from './errors.ts';
import { quoted } from './printable.ts';

/**
 * Throws `invalid_option` for the first key of `given` that is not in `known`.
 *
 * `where` begins the message. `instead` says what to do about a key, such as one that was renamed or one of another library:
 *
 * ```ts
 * checkKeys('expose()', options, ['host', 'port'], { address: 'use host' });
 * // expose(): unknown option "prot", did you mean "port"?
 * // expose(): unknown option "address", use host
 * ```
 */
export function checkKeys(
  where: string,
  given: object,
  known: readonly string[],
  instead: Readonly<Record<string, string>> = {},
): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    throw new MetricsError('invalid_option', `${where}: unknown option ${quoted(key)}, ${remedy(key, known, instead)}`);
  }
}

/** Returns the names of all options of a type. TypeScript refuses a name that is missing, and one that is not an option. */
export function keysOf<Options>(names: Readonly<Record<keyof Options, true>>): readonly string[] {
  return Object.keys(names);
}

/** What to say of an option that has another name now, for `instead`. */
export function renamedTo(name: string): string {
  return `which is now ${quoted(name)}`;
}

function remedy(key: string, known: readonly string[], instead: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(instead, key)) return instead[key]!;
  const nearest = didYouMean(key, known);
  return nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${quoted(nearest)}?`;
}

/** The name that was probably meant by `given`: the nearest of `names`, or undefined where none is near. */
export function didYouMean(given: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const edits = distance(given.toLowerCase(), name.toLowerCase());
    if (edits < least && (edits <= Math.max(given.length, name.length) * nearEdits || isBeginning(given, name))) {
      [nearest, least] = [name, edits];
    }
  }
  return nearest;
}

/** Most edits to a name, as a share of its length: `labels` is near `labelNames`, `host` is not near `port`. */
const nearEdits = 0.4;

/** Shorter beginnings are alike by chance. */
const leastBeginning = 4;

/** Whether one begins with the other, as `timeout` and `timeoutSeconds`. */
function isBeginning(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= leastBeginning && long.startsWith(short);
}

/**
 * Characters to insert, delete, replace or swap with their neighbour until `from` is `to`.
 * Source: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance (optimal string alignment)
 */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replace = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replace, isSwap ? beforeLast[j - 2]! + 1 : Infinity));
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length]!;
}
