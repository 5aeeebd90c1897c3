import type { Collector } from '../../core/registry.ts';
import type { NumberSeries } from '../../core/snapshot.ts';
import { type Faults, limits, stages } from '../../rpc/faults.ts';

const vitalsErrors = {
  name: 'grpc_vitals_errors_total',
  type: 'counter',
  help: 'Faults inside the metrics library, by stage; no call was affected',
} as const;

/** Each time that something was counted under `other`, by the limit that it was beyond. */
const seriesDropped = {
  name: 'grpc_vitals_series_dropped_total',
  type: 'counter',
  help: 'Observations counted under "other" because a series limit was reached',
} as const;

/** Calls of methods that are excluded, or not included, all as one. */
const callsExcluded = {
  name: 'grpc_vitals_calls_excluded_total',
  type: 'counter',
  help: 'Calls not recorded because of the options only and exclude, by side',
} as const;

/** The counter of the library's own faults: every endpoint of ours has it. */
export const faultsName: string = vitalsErrors.name;

/** Each side's excluded calls. */
export type Excluded = Readonly<Record<'server' | 'client', { readonly excluded: number }>>;

/** What the library says of itself. */
export function self(faults: Faults, { server, client }: Excluded): Collector {
  return {
    families: [vitalsErrors, seriesDropped, callsExcluded],
    collect: () => [
      { ...vitalsErrors, series: series(faults) },
      { ...seriesDropped, series: limits.map((limit) => ({ labels: { limit }, value: faults.folded[limit] })) },
      {
        ...callsExcluded,
        series: [
          { labels: { side: 'server' }, value: server.excluded },
          { labels: { side: 'client' }, value: client.excluded },
        ],
      },
    ],
  };
}

/** Read when it is written down: what is included is written before and may have had faults. */
function* series({ counts }: Faults): Generator<NumberSeries, void> {
  for (const stage of stages) yield { labels: { stage }, value: counts[stage] };
}
