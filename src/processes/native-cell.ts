import type { NativeBuckets } from '../core/snapshot.ts';

/** A histogram with classic and native buckets: all that must be read together. */
export interface WholeHistogram {
  /** The classic buckets, and the sum. */
  readonly numbers: Float64Array;
  readonly native: NativeBuckets;
}

/** The slots of a cell for a histogram; `numbers` has the classic buckets, and the sum. */
export function writeHistogram(numbers: ArrayLike<number>, native: NativeBuckets): Float64Array {
  const { schema, zeroThreshold, zeroCount, indexes, counts } = native;
  const slots = new Float64Array(numbers.length + 4 + 2 * indexes.length);
  slots.set(numbers);
  slots.set([schema, zeroThreshold, zeroCount, indexes.length], numbers.length);
  slots.set(indexes, numbers.length + 4);
  slots.set(counts, numbers.length + 4 + indexes.length);
  return slots;
}

/** Reads what `writeHistogram` wrote; `width` is the number of classic buckets, and one. Undefined for anything else. */
export function readHistogram(slots: Float64Array, width: number): WholeHistogram | undefined {
  if (slots.length < width + 4) return undefined;
  const [schema, zeroThreshold, zeroCount, length] = slots.subarray(width, width + 4) as unknown as number[];
  const first = width + 4;
  if (!(Number.isInteger(length) && length! >= 0 && first + 2 * length! <= slots.length)) return undefined;
  return {
    numbers: slots.subarray(0, width),
    native: {
      schema: schema!,
      zeroThreshold: zeroThreshold!,
      zeroCount: zeroCount!,
      indexes: Array.from(slots.subarray(first, first + length!)),
      counts: Array.from(slots.subarray(first + length!, first + 2 * length!)),
    },
  };
}
