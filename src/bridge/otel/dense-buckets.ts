import { halved, minSchema } from '../../core/native/bucket-index.ts';
import type { NativeBuckets } from '../../core/snapshot.ts';
import type { DenseBuckets } from './metric-data.ts';

/** More neighbouring buckets than this become coarser: a few far apart would be a long list of zeros. */
const maxLength = 1024;

/**
 * The buckets as OpenTelemetry has them: one list without gaps. Its bucket `i` is (2^(i/2^scale), 2^((i+1)/2^scale)], and
 * so has the index of Prometheus's less one. Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export function denseBuckets({ schema, indexes, counts }: NativeBuckets): {
  readonly scale: number;
  readonly positive: DenseBuckets;
} {
  let scale = schema;
  let places = indexes;
  while (lengthOf(places) > maxLength && scale > minSchema) {
    places = places.map(halved);
    scale -= 1;
  }
  const first = places[0] ?? 1;
  const bucketCounts = Array.from({ length: lengthOf(places) }, () => 0);
  for (const [i, place] of places.entries()) bucketCounts[place - first]! += counts[i]!;
  return { scale, positive: { offset: first - 1, bucketCounts } };
}

/** The indexes increase. */
function lengthOf(indexes: readonly number[]): number {
  const last = indexes.at(-1);
  return last === undefined ? 0 : last - indexes[0]! + 1;
}
