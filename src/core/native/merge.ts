import type { NativeBuckets } from '../snapshot.ts';
import { bucketIndex, halved, upperBound } from './bucket-index.ts';

/**
 * All observations of the parts, as one histogram would have them whose schema is the coarsest of theirs.
 * Exact: nothing is estimated.
 *
 * Its zero threshold is the largest of theirs, or the next bound above it: were a bucket of the merged histogram
 * counted as zero only in part, Prometheus would see a restart (`DetectReset` in its `float_histogram.go`).
 * For the same reason merges of the same growing parts only ever become coarser.
 */
export function mergeNative(parts: readonly [NativeBuckets, ...NativeBuckets[]]): NativeBuckets {
  const schema = Math.min(...parts.map((part) => part.schema));
  const zeroThreshold = boundNotBelow(Math.max(...parts.map((part) => part.zeroThreshold)), schema);
  let zeroCount = 0;
  const merged = new Map<number, number>();
  for (const part of parts) {
    zeroCount += part.zeroCount;
    for (const [position, index] of part.indexes.entries()) {
      const count = part.counts[position]!;
      if (upperBound(index, part.schema) <= zeroThreshold) {
        zeroCount += count;
        continue;
      }
      const into = coarsened(index, part.schema - schema);
      merged.set(into, (merged.get(into) ?? 0) + count);
    }
  }
  const indexes = [...merged.keys()].sort((left, right) => left - right);
  return { schema, zeroThreshold, zeroCount, indexes, counts: indexes.map((index) => merged.get(index)!) };
}

function boundNotBelow(threshold: number, schema: number): number {
  return threshold === 0 ? 0 : upperBound(bucketIndex(threshold, schema), schema);
}

function coarsened(index: number, halvings: number): number {
  let coarser = index;
  for (let done = 0; done < halvings; done += 1) coarser = halved(coarser);
  return coarser;
}
