import {
  type CellKind,
  type EntityKey,
  type EntityMeta,
  type Line,
  maxRegions,
  type Rule,
  type Writer,
} from './layout.ts';

/** Most slots of a row. A histogram has as many as bounds, and two more. */
const mostSlots = 1 << 20;

/** Bytes of text that are read at once: what is made of them is short-lived, and should be gone before the next ones. */
const textSlice = 65_536;

const newline = 0x0a;

/** Thrown for a book that this version cannot read, or that somebody spoilt. */
export class UnreadableBook extends Error {}

const rules: readonly string[] = ['sum', 'gauge', 'max', 'min', 'each'] satisfies Rule[];
const cellKinds: readonly string[] = ['native', 'exemplars'] satisfies CellKind[];

/** Reads whole lines of a book's text. Leaves out kinds of lines that a later version may have. Throws `UnreadableBook`. */
export function* readLines(text: Buffer): Generator<Line, void> {
  for (let from = 0; from < text.length; ) {
    const last = text.lastIndexOf(newline, Math.min(from + textSlice, text.length) - 1);
    const end = last >= from ? last : text.indexOf(newline, from);
    for (const one of parse(text.toString('utf8', from, end))) {
      check(Array.isArray(one));
      const line = readLine(one);
      if (line !== undefined) yield line;
    }
    from = end + 1;
  }
}

function readLine(given: readonly unknown[]): Line | undefined {
  if (given[0] === 'row') return readRow(given);
  const [kind, ...rest] = given;
  switch (kind) {
    case 'who':
      return ['who', readWriter(rest[0])];
    case 'entity':
      return ['entity', readKey(rest[0]), readMeta(rest[1])];
    case 'meta':
      return ['meta', natural(rest[0]), readMeta(rest[1])];
    case 'bounds':
      return ['bounds', readNumbers(rest[0])];
    case 'cell':
      check(cellKinds.includes(rest[1] as string));
      return ['cell', natural(rest[0]), rest[1] as CellKind, natural(rest[2]), natural(rest[3])];
    case 'out':
      return ['out', natural(rest[0])];
    case 'free':
      return ['free', natural(rest[0])];
    default:
      return undefined;
  }
}

/** Throws unless these are the sizes of regions. */
export function checkRegions(count: number, sizes: readonly number[]): void {
  check(Number.isInteger(count) && count >= 0 && count <= maxRegions);
  check(sizes.every((size) => Number.isInteger(size) && Math.abs(size) <= mostSlots));
}

/** Throws `UnreadableBook` unless it is so. */
export function check(isRight: boolean): asserts isRight {
  if (!isRight) throw new UnreadableBook('the book is damaged');
}

/** All lines at once: a new book has ten thousand. */
function parse(text: string): readonly unknown[] {
  try {
    return JSON.parse(`[${text.replaceAll('\n', ',')}]`) as unknown[]; // of whatever
  } catch {
    throw new UnreadableBook('the text of the book is damaged');
  }
}

/** The line itself: a book has thousands of rows. */
function readRow(line: readonly unknown[]): Line {
  const [, entity, part, rule, at, width, created, bounds, isPrecise, since = null] = line;
  check(typeof part === 'string' && rules.includes(rule as string) && typeof isPrecise === 'boolean');
  for (const time of [created, since]) check(time === null || Number.isFinite(time));
  for (const number of [entity, at, width, bounds ?? 0]) natural(number);
  return line as unknown as Line; // checked above
}

function readWriter(given: unknown): Writer {
  check(typeof given === 'object' && given !== null);
  const { name, pid, thread, ticks, namespace, worker, created, ports, takes, folded, states } =
    given as Partial<Writer>;
  check(typeof name === 'string' && typeof namespace === 'string');
  check([pid, thread, ticks, worker].every((value) => Number.isInteger(value)) && Number.isFinite(created));
  check(Array.isArray(ports) && (takes === undefined || Array.isArray(takes)));
  for (const names of [folded, states]) {
    check(names === undefined || (Array.isArray(names) && names.every((one) => typeof one === 'string')));
  }
  return given as Writer; // checked above
}

function readKey(given: unknown): EntityKey {
  check(Array.isArray(given) && given.every((text) => typeof text === 'string'));
  return given;
}

function readMeta(given: unknown): EntityMeta {
  check(typeof given === 'object' && given !== null);
  return given as EntityMeta; // who uses a field checks it
}

function readNumbers(given: unknown): readonly number[] {
  check(Array.isArray(given) && given.every((value) => typeof value === 'number'));
  return given;
}

function natural(given: unknown): number {
  check(Number.isInteger(given) && (given as number) >= 0 && (given as number) <= mostSlots * maxRegions);
  return given as number; // checked above
}
