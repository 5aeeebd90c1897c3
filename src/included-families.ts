import type { IncludedMetric, IncludedRegistries } from './bridge/prom-client/include.ts';
import { isOfProcess } from './naming/own/runtime.ts';
import type { IncludedFamily, IncludedMerge } from './processes/included-rows.ts';

/** How each aggregator of prom-client makes one value, as books do. */
const merges: Readonly<Record<string, IncludedMerge>> = {
  sum: 'sum',
  max: 'max',
  min: 'min',
  average: 'average',
  first: 'first',
};

/** Reads the included registries for the books of several processes: in any format the scrape can be. Never rejects. */
export async function readIncluded(included: IncludedRegistries): Promise<IncludedFamily[]> {
  const families = await included.read([], { inOpenMetrics: true });
  return families.flatMap((family) => mergeable(family));
}

/** `omit` leaves a gauge out. Counts add up, whatever they say. */
function mergeable({ aggregator, ...family }: IncludedMetric): IncludedFamily[] {
  // Each process has its own, whatever prom-client does with it.
  if (isOfProcess(family.name)) return [{ ...family, merge: 'each' }];
  if (aggregator === 'omit') return [];
  if (family.type !== 'gauge') return [{ ...family, merge: 'sum' }];
  return [{ ...family, merge: merges[String(aggregator)] ?? 'sum' }];
}
