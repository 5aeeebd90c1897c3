import type { IncludedRegistries } from './bridge/prom-client/include.ts';
import type { ConstantLabels } from './core/constant-labels.ts';
import { copyFamily } from './core/copy-family.ts';
import type { Registry } from './core/registry.ts';
import type { MainReads } from './thread/endpoint-thread.ts';

/** What only the main thread can read: it runs functions of the user's. */
export function mainReads(registry: Registry, included: IncludedRegistries, constant: ConstantLabels): MainReads {
  return {
    kinds: () => ({ hasIncluded: !included.isEmpty, hasGauges: registry.hasReadGauges }),
    read: async ({ names, without, inOpenMetrics }) => {
      const labels = constant.labels({});
      const [foreign, gauges] = await Promise.all([
        included.read(names, { without, labels, inOpenMetrics }),
        registry.read(names),
      ]);
      return {
        // It may be a function, which threads cannot share.
        included: foreign.map((family) => ({ ...copyFamily(family), aggregator: undefined })),
        gauges: [...gauges.values()].map(copyFamily),
      };
    },
  };
}
