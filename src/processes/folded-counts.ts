import { mergeNative } from '../core/native/merge.ts';
import type { NativeBuckets } from '../core/snapshot.ts';
import type { BookFile } from './book-file.ts';
import { addExactly } from './exact.ts';
import type { EntityKey } from './layout.ts';
import { PartSum } from './part-sum.ts';

/** The counts of one row that the retired sum has. A value is the sum of its two floats. */
export type FoldedRow = Pick<PartSum, 'values' | 'low' | 'native'>;

/** Counts of a living process that are in the retired sum. Its book has only what came after them. */
export class FoldedCounts {
  readonly #parts = new Map<string, PartSum>();

  /** Adds the counts of a book that was folded. */
  add({ rows }: BookFile): void {
    for (const row of rows) {
      if (row.rule !== 'sum') continue;
      const key = JSON.stringify([row.entity.key, row.part]);
      let part = this.#parts.get(key);
      // A series that was removed and made again has begun at 0.
      if (part === undefined || part.created !== row.created) part = new PartSum(row);
      part.include(row);
      part.add(row, -1);
      this.#parts.set(key, part);
    }
  }

  /** The folded counts of a row; undefined if the retired sum has none of this series. */
  get(key: EntityKey, part: string, created: number | undefined): FoldedRow | undefined {
    const sum = this.#parts.get(JSON.stringify([key, part]));
    if (sum === undefined || sum.created !== created) return undefined;
    const { values, low, native } = sum;
    return { values, low, native };
  }
}

/**
 * The part of `numbers` that is not folded, as pairs of floats: first the values, then what they are too small by.
 *
 * Undefined if one of the first `counts` numbers is below its folded one: then they belong to a series that has begun again.
 */
export function subtractFolded(
  numbers: readonly number[],
  folded: FoldedRow,
  counts: number,
): readonly number[] | undefined {
  if (folded.values.length !== numbers.length) return undefined;
  const high = Float64Array.from(numbers);
  const low = new Float64Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    addExactly(high, low, index, -folded.values[index]!);
    addExactly(high, low, index, -folded.low[index]!);
    if (index < counts && high[index]! + low[index]! < 0) return undefined;
  }
  return [...high, ...low];
}

/**
 * The native buckets of `now` without those of `before`, which the same histogram had earlier.
 *
 * A histogram only becomes coarser. So both are first brought to the coarser of their resolutions.
 */
export function subtractNative(now: NativeBuckets, before: NativeBuckets | undefined): NativeBuckets {
  if (before === undefined) return now;
  const { indexes, counts, zeroCount, ...resolution } = mergeNative([now, emptied(before)]);
  const earlier = mergeNative([before, emptied(now)]);
  const earlierCounts = new Map(earlier.indexes.map((index, position) => [index, earlier.counts[position]!]));
  const rest = indexes
    .map((index, position) => [index, counts[position]! - (earlierCounts.get(index) ?? 0)] as const)
    .filter(([, count]) => count !== 0);
  return {
    ...resolution,
    zeroCount: zeroCount - earlier.zeroCount,
    indexes: rest.map(([index]) => index),
    counts: rest.map(([, count]) => count),
  };
}

function emptied(native: NativeBuckets): NativeBuckets {
  return { ...native, zeroCount: 0, indexes: [], counts: [] };
}
