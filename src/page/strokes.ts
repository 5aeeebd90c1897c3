import type { StatusFamily } from '../live/protocol.ts';

/** A line's colour, by the name of its CSS variable, and its dashes. */
export interface Stroke {
  readonly color: string;
  readonly dash: readonly number[];
}

/** Statuses of one family have one colour, and are told apart by dashes. */
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

/** The stroke of the line at an index: eight colours, of which none is a status's. */
export function strokeAt(index: number): Stroke {
  return { color: `c${index % 8}`, dash: [] };
}

/** The stroke of a status: the same wherever it is shown. */
export function statusStroke(status: string, families: Readonly<Record<string, StatusFamily>>): Stroke {
  const color = familyOf(status, families);
  const place = Object.keys(families)
    .filter((name) => families[name] === color)
    .indexOf(status);
  return { color, dash: dashes[Math.max(0, place) % dashes.length]! };
}

/** The family of a status. A status that gRPC does not define is its caller's. */
export function familyOf(status: string, families: Readonly<Record<string, StatusFamily>>): StatusFamily {
  return Object.hasOwn(families, status) ? families[status]! : 'caller';
}
