import type { Exemplar } from '../core/snapshot.ts';

/** An exemplar and the bucket that it belongs to; that of a counter belongs to 0. */
export type PlacedExemplar = readonly [bucket: number, exemplar: Exemplar];

/** The slots of a cell for exemplars: the number of bytes, then the bytes of JSON. */
export function writeExemplars(exemplars: readonly PlacedExemplar[]): Float64Array {
  const bytes = Buffer.from(
    JSON.stringify(exemplars.map(([at, { labels, value, timestamp }]) => [at, labels, value, timestamp])),
  );
  const slots = new Float64Array(1 + Math.ceil(bytes.length / 8));
  slots[0] = bytes.length;
  new Uint8Array(slots.buffer).set(bytes, 8);
  return slots;
}

/** Reads what `writeExemplars` wrote; nothing for anything else. */
export function readExemplars(slots: Float64Array): readonly PlacedExemplar[] {
  const length = slots[0] ?? 0;
  if (!(length > 0 && length <= (slots.length - 1) * 8)) return [];
  try {
    const bytes = Buffer.from(slots.buffer, slots.byteOffset + 8, length);
    const read = JSON.parse(bytes.toString()) as [number, Exemplar['labels'], number, number][]; // as it was written
    return read.map(([at, labels, value, timestamp]) => [at, { labels, value, timestamp }]);
  } catch {
    return []; // an exemplar that somebody spoilt costs no scrape
  }
}
