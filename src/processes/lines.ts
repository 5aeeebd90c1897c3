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

/** Thrown for a book that this version cannot read, or that somebody spoilt. */
export class UnreadableBook extends Error {}

const rules: readonly string[] = ['sum', 'gauge', 'max', 'min', 'each'] satisfies Rule[];
const cellKinds: readonly string[] = ['native', 'exemplars'] satisfies CellKind[];

/** Reads one line of a book's text. Returns undefined for a kind of line that a later version may have. Throws `UnreadableBook`. */
export function readLine(text: string): Line | undefined {
  const [kind, ...rest] = parse(text);
  switch (kind) {
    case 'who':
      return ['who', readWriter(rest[0])];
    case 'entity':
      return ['entity', readKey(rest[0]), readMeta(rest[1])];
    case 'meta':
      return ['meta', natural(rest[0]), readMeta(rest[1])];
    case 'bounds':
      return ['bounds', readNumbers(rest[0])];
    case 'row':
      return readRow(rest);
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

function parse(text: string): readonly unknown[] {
  try {
    const line: unknown = JSON.parse(text);
    if (Array.isArray(line)) return line;
  } catch {
    // Reported below.
  }
  throw new UnreadableBook('the text of the book is damaged');
}

function readRow([entity, part, rule, at, width, created, bounds, isPrecise, since = null]: readonly unknown[]): Line {
  check(typeof part === 'string' && rules.includes(rule as string));
  for (const time of [created, since]) check(time === null || Number.isFinite(time));
  return [
    'row',
    natural(entity),
    part,
    rule as Rule, // checked above
    natural(at),
    natural(width),
    created as number | null,
    bounds === null ? null : natural(bounds),
    isPrecise === true,
    since as number | null, // checked above
  ];
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
