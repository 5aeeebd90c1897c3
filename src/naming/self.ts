import { type Faults, stages } from '../core/faults.ts';
import type { Collector } from '../core/registry.ts';
import type { NumberSeries } from '../core/snapshot.ts';

const vitalsErrors = {
  name: 'grpc_vitals_errors_total',
  type: 'counter',
  help: 'Faults inside the metrics library by stage; none of them touched a call',
} as const;

/** What the library says of itself. */
export function self(faults: Faults): Collector {
  return {
    families: [vitalsErrors],
    collect: () => [{ ...vitalsErrors, series: series(faults) }],
  };
}

/** Read when it is written down: what is included is written before and may have had faults. */
function* series({ counts }: Faults): Generator<NumberSeries, void> {
  for (const stage of stages) yield { labels: { stage }, value: counts[stage] };
}
